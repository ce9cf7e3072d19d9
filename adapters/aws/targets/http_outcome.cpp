#include "adapters/aws/targets/http_outcome.h"

#include "net/http_date.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>

namespace eventbus::aws {

namespace {

constexpr unsigned kUnauthorized = 401;
constexpr unsigned kProxyAuthenticationRequired = 407;
constexpr unsigned kConflict = 409;
constexpr unsigned kTooManyRequests = 429;
constexpr unsigned kServiceUnavailable = 503;

// Far beyond every event's age; keeps arithmetic on absurd numbers in range.
constexpr std::chrono::seconds kLongestDelay = std::chrono::hours(24 * 7);

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

Duration clamped(std::chrono::seconds delay) { return std::clamp(delay, std::chrono::seconds(0), kLongestDelay); }

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

RetryAfter parse_retry_after(std::string_view text, TimePoint now) {
  text = trimmed(text);
  RetryAfter result;
  if (text.starts_with('-') && all_digits(text.substr(1))) {
    result.never = true;
  } else if (all_digits(text)) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    result.delay =
        error == std::errc() ? clamped(std::chrono::seconds(std::min(seconds, kLongestDelay.count()))) : kLongestDelay;
  } else {
    const auto now_seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
    if (const auto date = net::parse_http_date(text, now_seconds.count())) {
      result.delay = clamped(std::chrono::seconds(*date) - now_seconds);
    }
  }
  return result;
}

bool is_retried_status(unsigned status) {
  return status == kUnauthorized || status == kProxyAuthenticationRequired || status == kConflict ||
         status == kTooManyRequests || (status >= 500 && status < 600);
}

void keep_answer(AttemptOutcome& outcome, const net::Response& response) {
  outcome.http_status = response.status;
  outcome.response_body = response.body.substr(0, kKeptBodyBytes);
}

AttemptOutcome http_outcome(const Result<net::Response, net::ClientError>& answer, TimePoint now) {
  if (!answer) return outcome_of_error(answer.error());
  if (answer->status < 200 || answer->status >= 300) return outcome_of_status(*answer, now);
  AttemptOutcome outcome = AttemptOutcome::delivered();
  keep_answer(outcome, *answer);
  return outcome;
}

AttemptOutcome outcome_of_status(const net::Response& response, TimePoint now) {
  const RetryAfter retry_after = parse_retry_after(find_header(response.headers, "Retry-After"), now);
  const bool asks_for_less =
      response.status == kTooManyRequests || (response.status == kServiceUnavailable && retry_after.delay);
  const std::string_view code = response.status == kTooManyRequests ? "THROTTLING" : "ERROR_FROM_TARGET";
  std::string message = "The target answered with HTTP status " + std::to_string(response.status) + ".";
  AttemptOutcome outcome;
  if (is_retried_status(response.status) && !retry_after.never) {
    outcome = AttemptOutcome::retry(code, std::move(message));
    outcome.retry_after = retry_after.delay;
    outcome.throttled = asks_for_less;
  } else {
    outcome = AttemptOutcome::failed(code, std::move(message));
  }
  keep_answer(outcome, response);
  return outcome;
}

AttemptOutcome outcome_of_error(const net::ClientError& error) {
  using net::ClientError;
  std::string message = error.message;
  switch (error.kind) {
    case ClientError::kBadUrl:
      return AttemptOutcome::failed("INVALID_PARAMETER", std::move(message));
    case ClientError::kTimeout:
      return AttemptOutcome::retry("TIMEOUT", std::move(message));
    case ClientError::kCancelled:
      return AttemptOutcome::retry("INTERNAL_ERROR", std::move(message));
    case ClientError::kMalformed:
    case ClientError::kTooLarge:
      return AttemptOutcome::retry("ERROR_FROM_TARGET", std::move(message));
    case ClientError::kResolve:
    case ClientError::kConnect:
    case ClientError::kTls:
    case ClientError::kClosed:
      return AttemptOutcome::retry("CONNECTION_FAILURE", std::move(message));
  }
  return AttemptOutcome::retry("UNKNOWN", std::move(message));
}

}  // namespace eventbus::aws
