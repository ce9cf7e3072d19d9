#include "adapters/aws/credentials/credential_document.h"
#include "adapters/aws/targets/forward_target.h"
#include "bus/json_text.h"

namespace eventbus::aws {

namespace json = boost::json;

namespace {

// PutEvents: the event as it is but for its id, which the other side gives anew, as AWS does across regions (behaviour
// §12). AWS refuses `aws.*` sources from others: such an event fails for good there.
class ForwardEventBus final : public ForwardTarget {
 public:
  using ForwardTarget::ForwardTarget;
  std::size_t batch_max() const override { return 10; }

 protected:
  // AWS: 1 MiB for a request, and room for the names around the members.
  std::size_t batch_bytes_max() const override { return 1'000'000; }

  asio::awaitable<Outcomes> send(Attempts attempts, TimePoint deadline) override {
    std::string body = R"({"Entries":[)";
    for (const DeliveryAttempt& attempt : attempts) {
      if (body.back() == '}') body += ',';
      append_entry(body, attempt.delivery);
    }
    body += "]}";
    AwsCall put = AwsCall::json("AWSEvents.PutEvents", "1.1", {});
    put.body = std::move(body);
    auto answer = co_await call(std::move(put), deadline, attempts.size());
    if (!answer) co_return std::move(answer).error();
    const json::object document = object_of(*answer);
    Outcomes outcomes;
    for (const json::object& entry : entries_of(document, "Entries")) {
      const std::string code = text_member(entry, "ErrorCode");
      outcomes.push_back(code.empty() ? AttemptOutcome::delivered()
                                      : outcome_of_entry(code, text_member(entry, "ErrorMessage")));
    }
    co_return outcomes;
  }

 private:
  // The members' texts as they stand, so that what was put arrives to the letter.
  void append_entry(std::string& body, const Delivery& delivery) const {
    body += R"({"EventBusName":)";
    append_json_string(body, arn().to_string());
    const std::string& event = delivery.scheduled_at ? delivery.original_event() : delivery.input;
    for_each_member(event, [&body](std::string_view key, std::string_view value) {
      if (key == "source") body.append(R"(,"Source":)").append(value);
      if (key == "detail-type") body.append(R"(,"DetailType":)").append(value);
      if (key == "resources") body.append(R"(,"Resources":)").append(value);
      if (key == "time") append_time(body, value);
      if (key == "detail") {
        body += R"(,"Detail":)";
        append_json_string(body, value);
      }
    });
    if (!delivery.trace_header.empty()) {
      body += R"(,"TraceHeader":)";
      append_json_string(body, delivery.trace_header);
    }
    body += '}';
  }

  // "2026-01-02T03:04:05Z" → epoch seconds, as the JSON protocol has times.
  static void append_time(std::string& body, std::string_view value) {
    const std::optional<TimePoint> time = parse_expiration(unescaped(value.substr(1, value.size() - 2)));
    if (!time) return;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count();
    body.append(R"(,"Time":)").append(std::to_string(seconds));
  }
};

}  // namespace

std::shared_ptr<DeliveryTarget> forward_to_event_bus(ForwardTarget::Parts parts) {
  return std::make_shared<ForwardEventBus>(std::move(parts));
}

}  // namespace eventbus::aws
