#include "adapters/aws/targets/dynamic_value.h"
#include "adapters/aws/targets/forward_target.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace eventbus::aws {

namespace json = boost::json;

namespace {

// SendMessageBatch: MessageBody = input, no user attributes, AWSTraceHeader when traced, MessageGroupId from
// SqsParameters, never a deduplication id (behaviour §11).
class ForwardQueue final : public ForwardTarget {
 public:
  using ForwardTarget::ForwardTarget;
  std::size_t batch_max() const override { return 10; }
  // FIFO: one batch after the other, or groups would get out of order.
  std::size_t concurrency_max() const override { return arn().resource.ends_with(".fifo") ? 1 : 8; }

 protected:
  std::size_t batch_bytes_max() const override { return 1'048'576; }  // AWS: the sum of a batch

  asio::awaitable<Outcomes> send(Attempts attempts, TimePoint deadline) override {
    json::array entries;
    for (std::size_t i = 0; i < attempts.size(); ++i) entries.push_back(entry_of(i, attempts[i].delivery));
    const json::object input = {{"QueueUrl", client().options().endpoint + "/" + arn().account + "/" + arn().resource},
                                {"Entries", std::move(entries)}};
    AwsCall batch = AwsCall::json("AmazonSQS.SendMessageBatch", "1.0", input);
    batch.headers.push_back({"x-amzn-query-mode", "true"});
    auto answer = co_await call(std::move(batch), deadline, attempts.size());
    if (!answer) co_return std::move(answer).error();
    const json::object document = object_of(*answer);
    Outcomes outcomes(attempts.size(),
                      AttemptOutcome::retry("INTERNAL_ERROR", "the answer says nothing of this message"));
    for (const json::object& entry : entries_of(document, "Successful")) {
      if (AttemptOutcome* outcome = outcome_named(outcomes, text_member(entry, "Id")))
        *outcome = AttemptOutcome::delivered();
    }
    for (const json::object& entry : entries_of(document, "Failed")) {
      if (AttemptOutcome* outcome = outcome_named(outcomes, text_member(entry, "Id")))
        *outcome = outcome_of_entry(text_member(entry, "Code"), text_member(entry, "Message"));
    }
    co_return outcomes;
  }

 private:
  json::object entry_of(std::size_t index, const Delivery& delivery) const {
    json::object entry = {{"Id", std::to_string(index)}, {"MessageBody", delivery.input}};
    if (!delivery.message_group.empty())
      entry["MessageGroupId"] = delivery.message_group;
    else if (!message_group_id().empty())
      entry["MessageGroupId"] = dynamic_text(message_group_id(), delivery.original_event());
    if (!delivery.trace_header.empty()) {
      entry["MessageSystemAttributes"] = {
          {"AWSTraceHeader", {{"DataType", "String"}, {"StringValue", delivery.trace_header}}}};
    }
    return entry;
  }

  static AttemptOutcome* outcome_named(Outcomes& outcomes, const std::string& id) {
    for (std::size_t i = 0; i < outcomes.size(); ++i)
      if (std::to_string(i) == id) return &outcomes[i];
    return nullptr;
  }
};

}  // namespace

std::shared_ptr<DeliveryTarget> forward_to_queue(ForwardTarget::Parts parts) {
  return std::make_shared<ForwardQueue>(std::move(parts));
}

}  // namespace eventbus::aws
