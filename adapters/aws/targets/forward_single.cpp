#include "adapters/aws/credentials/credential_document.h"
#include "adapters/aws/sigv4.h"
#include "adapters/aws/targets/forward_target.h"
#include "bus/json_text.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <utility>

namespace eventbus::aws {

namespace json = boost::json;

namespace {

// Targets that take one event a call (behaviour §11).

// Publish: Message = input, no Subject, no attributes.
class ForwardTopic final : public ForwardTarget {
 public:
  using ForwardTarget::ForwardTarget;

 protected:
  asio::awaitable<Outcomes> send(Attempts attempts, TimePoint deadline) override {
    std::string form = "Action=Publish&Version=2010-03-31&TopicArn=" + uri_encode(arn().to_string(), false);
    form += "&Message=" + uri_encode(attempts.front().delivery.input, false);
    auto answer = co_await call(AwsCall::query(std::move(form)), deadline, 1);
    if (!answer) co_return std::move(answer).error();
    co_return Outcomes(1, AttemptOutcome::delivered());
  }
};

// Invoke, asynchronously: what becomes of the function is Lambda's business.
class ForwardFunction final : public ForwardTarget {
 public:
  using ForwardTarget::ForwardTarget;

 protected:
  asio::awaitable<Outcomes> send(Attempts attempts, TimePoint deadline) override {
    const Delivery& delivery = attempts.front().delivery;
    AwsCall invoke;
    invoke.path = "/2015-03-31/functions/" + uri_encode(arn().to_string(), false) + "/invocations";
    invoke.headers = {{"X-Amz-Invocation-Type", "Event"}};
    if (!delivery.trace_header.empty()) invoke.headers.push_back({"X-Amzn-Trace-Id", delivery.trace_header});
    invoke.body = delivery.input;
    auto answer = co_await call(std::move(invoke), deadline, 1);
    if (!answer) co_return std::move(answer).error();
    co_return Outcomes(1, AttemptOutcome::delivered());
  }
};

// StartExecution. The name is made from event, rule and target, so that a repeated delivery starts nothing twice.
class ForwardStateMachine final : public ForwardTarget {
 public:
  using ForwardTarget::ForwardTarget;

 protected:
  asio::awaitable<Outcomes> send(Attempts attempts, TimePoint deadline) override {
    const Delivery& delivery = attempts.front().delivery;
    const std::string of_target = hex(sha256(delivery.rule_arn + "\n" + delivery.target_id)).substr(0, 16);
    const json::object input = {{"stateMachineArn", arn().to_string()},
                                {"name", delivery.event_id + "_" + of_target},
                                {"input", delivery.input}};
    auto answer = co_await call(AwsCall::json("AWSStepFunctions.StartExecution", "1.0", input), deadline, 1);
    if (answer) co_return Outcomes(1, AttemptOutcome::delivered());
    Outcomes outcomes = std::move(answer).error();
    // Its answer to an attempt before this one has not reached us.
    if (outcomes.front().failure.code == "RESOURCE_ALREADY_EXISTS") outcomes.front() = AttemptOutcome::delivered();
    co_return outcomes;
  }
};

// PutLogEvents into a stream of its own: the event's JSON at the event's time, or what a transformer made of it,
// {"timestamp", "message"} (behaviour §10, rule 11).
class ForwardLogGroup final : public ForwardTarget {
 public:
  using ForwardTarget::ForwardTarget;

 protected:
  asio::awaitable<Outcomes> send(Attempts attempts, TimePoint deadline) override {
    const json::object event = log_event(attempts.front().delivery);
    const std::string stream = rng().uuid();
    const json::object where = {{"logGroupName", group_name()}, {"logStreamName", stream}};
    auto created = co_await call(AwsCall::json("Logs_20140328.CreateLogStream", "1.1", where), deadline, 1);
    if (!created) co_return std::move(created).error();
    const json::object input = {
        {"logGroupName", group_name()}, {"logStreamName", stream}, {"logEvents", json::array{event}}};
    auto answer = co_await call(AwsCall::json("Logs_20140328.PutLogEvents", "1.1", input), deadline, 1);
    if (!answer) co_return std::move(answer).error();
    const json::object document = object_of(*answer);
    if (document.contains("rejectedLogEventsInfo")) {
      co_return Outcomes(1, outcome_of_code("InvalidParameterException",
                                            "The log event is too old, or too far in the future, for the log group."));
    }
    co_return Outcomes(1, AttemptOutcome::delivered());
  }

 private:
  // log-group:/aws/events/x, or that with ":*" behind it.
  std::string group_name() const {
    std::string name = arn().resource.substr(arn().resource.find(':') + 1);
    if (name.ends_with(":*")) name.resize(name.size() - 2);
    return name;
  }

  json::object log_event(const Delivery& delivery) const {
    std::string message = delivery.input;
    std::optional<TimePoint> at;
    std::optional<std::int64_t> milliseconds;
    const bool transformed = !delivery.event.empty();
    for_each_member(transformed ? delivery.input : delivery.original_event(),
                    [&](std::string_view key, std::string_view value) {
                      const bool text = value.starts_with('"');
                      if (key == (transformed ? "timestamp" : "time") && text)
                        at = parse_expiration(unescaped(value.substr(1, value.size() - 2)));
                      if (transformed && key == "timestamp" && !text)
                        milliseconds = std::strtoll(std::string(value).c_str(), nullptr, 10);
                      if (transformed && key == "message")
                        message = text ? unescaped(value.substr(1, value.size() - 2)) : std::string(value);
                    });
    if (!milliseconds) milliseconds = at.value_or(delivery.accepted_at).time_since_epoch().count();
    return {{"timestamp", *milliseconds}, {"message", std::move(message)}};
  }
};

}  // namespace

std::shared_ptr<DeliveryTarget> forward_to_topic(ForwardTarget::Parts parts) {
  return std::make_shared<ForwardTopic>(std::move(parts));
}
std::shared_ptr<DeliveryTarget> forward_to_function(ForwardTarget::Parts parts) {
  return std::make_shared<ForwardFunction>(std::move(parts));
}
std::shared_ptr<DeliveryTarget> forward_to_state_machine(ForwardTarget::Parts parts) {
  return std::make_shared<ForwardStateMachine>(std::move(parts));
}
std::shared_ptr<DeliveryTarget> forward_to_log_group(ForwardTarget::Parts parts) {
  return std::make_shared<ForwardLogGroup>(std::move(parts));
}

}  // namespace eventbus::aws
