#include "adapters/aws/targets/forward_target.h"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace eventbus::aws {

namespace json = boost::json;

namespace {

// AWS's names of services in messages (behaviour §15).
std::string_view java_name(std::string_view service) {
  if (service == "sqs") return "AmazonSQS";
  if (service == "sns") return "AmazonSNS";
  if (service == "lambda") return "AWSLambda";
  if (service == "logs") return "AWSLogs";
  if (service == "kinesis") return "AmazonKinesis";
  if (service == "firehose") return "AmazonKinesisFirehose";
  if (service == "states") return "AWSStepFunctions";
  return "EventBridge";
}

struct Meaning {
  std::string_view code;
  std::string_view error_code;
};
// What is final (behaviour §14: missing permission, missing target, bad parameters), and its ERROR_CODE (§15).
constexpr auto kPermanent = std::to_array<Meaning>({
    {"AccessDenied", "NO_PERMISSIONS"},
    {"AccessDeniedException", "NO_PERMISSIONS"},
    {"AuthorizationError", "NO_PERMISSIONS"},
    {"AuthorizationErrorException", "NO_PERMISSIONS"},
    {"InvalidClientTokenId", "NO_PERMISSIONS"},
    {"UnrecognizedClientException", "NO_PERMISSIONS"},
    {"InvalidSignatureException", "NO_PERMISSIONS"},
    {"SignatureDoesNotMatch", "NO_PERMISSIONS"},
    {"MissingAuthenticationToken", "NO_PERMISSIONS"},
    {"MissingAuthenticationTokenException", "NO_PERMISSIONS"},
    {"IncompleteSignature", "NO_PERMISSIONS"},
    {"IncompleteSignatureException", "NO_PERMISSIONS"},
    {"NotAuthorizedForSourceException", "NO_PERMISSIONS"},
    {"NotAuthorizedForDetailTypeException", "NO_PERMISSIONS"},
    {"KMSAccessDeniedException", "NO_PERMISSIONS"},
    {"KmsDisabled", "NO_PERMISSIONS"},
    {"AWS.SimpleQueueService.NonExistentQueue", "NO_RESOURCE"},
    {"QueueDoesNotExist", "NO_RESOURCE"},
    {"NotFound", "NO_RESOURCE"},
    {"NotFoundException", "NO_RESOURCE"},
    {"ResourceNotFoundException", "NO_RESOURCE"},
    {"StateMachineDoesNotExist", "NO_RESOURCE"},
    {"StateMachineDeleting", "NO_RESOURCE"},
    {"ResourceAlreadyExistsException", "RESOURCE_ALREADY_EXISTS"},
    {"ExecutionAlreadyExists", "RESOURCE_ALREADY_EXISTS"},
});

// Where the trouble lies in how we are set up: the operator can mend it while deliveries wait.
bool is_ours(std::string_view code) {
  return code == "InvalidClientTokenId" || code == "UnrecognizedClientException" ||
         code == "InvalidSignatureException" || code == "SignatureDoesNotMatch";
}

AttemptOutcome retried(std::string_view error_code, std::string message, const AwsCallError& error, TimePoint now) {
  AttemptOutcome outcome = AttemptOutcome::retry(error_code, std::move(message));
  outcome.throttled = error.throttling;
  if (error.not_before) outcome.retry_after = std::max(Duration(0), *error.not_before - now);
  return outcome;
}

}  // namespace

json::object object_of(const net::Response& response) {
  boost::system::error_code failure;
  json::value parsed = json::parse(response.body, failure);
  if (failure || !parsed.is_object()) return {};
  return std::move(parsed.get_object());
}

std::vector<json::object> entries_of(const json::object& object, std::string_view name) {
  std::vector<json::object> entries;
  const json::value* list = object.if_contains(name);
  if (!list || !list->is_array()) return entries;
  for (const json::value& entry : list->get_array())
    entries.push_back(entry.is_object() ? entry.get_object() : json::object());
  return entries;
}

std::string text_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

AttemptOutcome ForwardTarget::outcome_of(const AwsCallError& error) const {
  const TimePoint now = client().clock().now();
  AttemptOutcome outcome;
  std::string message = error.describe(java_name(arn().service));
  if (error.kind == AwsCallError::kCredentials) {
    // Nothing is wrong with the delivery, and much may be mended meanwhile.
    outcome = retried("FAILED_TO_ASSUME_ROLE", std::move(message), error, now);
  } else if (error.kind != AwsCallError::kService) {
    outcome = retried(error.timed_out ? "TIMEOUT" : "CONNECTION_FAILURE", std::move(message), error, now);
  } else if (error.throttling) {
    outcome = retried("THROTTLING", std::move(message), error, now);
  } else if (error.transient || error.status >= 500) {
    outcome = retried("ERROR_FROM_TARGET", std::move(message), error, now);
  } else {
    outcome = outcome_of_code(error.code, std::move(message));
  }
  if (error.kind == AwsCallError::kService) {
    outcome.http_status = error.status;
    outcome.response_body = error.body;
  }
  return outcome;
}

AttemptOutcome ForwardTarget::outcome_of_entry(std::string_view code, std::string_view message) const {
  AwsCallError error{.code = std::string(code), .message = std::string(message), .status = 200};
  classify(error);
  std::string text = std::string(message) + " (Service: " + std::string(java_name(arn().service)) +
                     "; Error Code: " + std::string(code) + ")";
  if (error.throttling) {
    AttemptOutcome outcome = AttemptOutcome::retry("THROTTLING", std::move(text));
    outcome.throttled = true;
    return outcome;
  }
  if (error.transient) return AttemptOutcome::retry("ERROR_FROM_TARGET", std::move(text));
  return outcome_of_code(code, std::move(text));
}

ForwardTarget::Outcomes ForwardTarget::outcomes_of(const net::Response& answer, std::string_view list) const {
  Outcomes outcomes;
  for (const json::object& entry : entries_of(object_of(answer), list)) {
    const std::string code = text_member(entry, "ErrorCode");
    outcomes.push_back(code.empty() ? AttemptOutcome::delivered()
                                    : outcome_of_entry(code, text_member(entry, "ErrorMessage")));
  }
  return outcomes;
}

AttemptOutcome ForwardTarget::outcome_of_code(std::string_view code, std::string message) const {
  if (is_ours(code)) return AttemptOutcome::retry("NO_PERMISSIONS", std::move(message));
  const auto known = std::ranges::find(kPermanent, code, &Meaning::code);
  if (known != kPermanent.end()) return AttemptOutcome::failed(known->error_code, std::move(message));
  // Every other answer of 4xx is about what we sent, and it will be the same the next time.
  return AttemptOutcome::failed("INVALID_PARAMETER", std::move(message));
}

asio::awaitable<Result<net::Response, ForwardTarget::Outcomes>> ForwardTarget::call(AwsCall call, TimePoint deadline,
                                                                                    std::size_t count) {
  Result<net::Response, AwsCallError> answer = co_await parts_.client->call(std::move(call), deadline);
  if (answer) co_return std::move(*answer);
  co_return Outcomes(count, outcome_of(answer.error()));
}

asio::awaitable<std::vector<AttemptOutcome>> ForwardTarget::deliver(std::vector<DeliveryAttempt> attempts) {
  const TimePoint now = client().clock().now();
  Outcomes outcomes;
  outcomes.reserve(attempts.size());
  TimePoint deadline = now + timeout();
  for (const DeliveryAttempt& attempt : attempts) {
    parts_.metrics.tried(now - attempt.delivery.accepted_at);
    deadline = std::min(deadline, attempt.deadline);
  }
  for (std::size_t begin = 0; begin < attempts.size();) {
    // As many as one call takes.
    std::size_t end = begin + 1;
    std::size_t bytes = bytes_of(attempts[begin]);
    while (end < attempts.size()) {
      bytes += bytes_of(attempts[end]);
      if (bytes > batch_bytes_max()) break;
      ++end;
    }
    Attempts part(attempts.begin() + static_cast<std::ptrdiff_t>(begin),
                  attempts.begin() + static_cast<std::ptrdiff_t>(end));
    Outcomes some = co_await send(std::move(part), deadline);
    some.resize(end - begin, AttemptOutcome::retry("INTERNAL_ERROR", "the answer says nothing of this delivery"));
    std::ranges::move(some, std::back_inserter(outcomes));
    begin = end;
  }
  const auto count = [&outcomes](AttemptOutcome::Kind kind) {
    return static_cast<std::size_t>(std::ranges::count(outcomes, kind, &AttemptOutcome::kind));
  };
  parts_.metrics.settled(count(AttemptOutcome::kDelivered), count(AttemptOutcome::kRetry),
                         count(AttemptOutcome::kFailed));
  co_return outcomes;
}

}  // namespace eventbus::aws
