#include "adapters/aws/targets/dynamic_value.h"
#include "adapters/aws/targets/forward_target.h"
#include "base/digest.h"

#include <boost/json/array.hpp>

#include <utility>

namespace eventbus::aws {

namespace json = boost::json;

namespace {

std::size_t base64_bytes(const std::string& text) { return (text.size() + 2) / 3 * 4; }

// PutRecord, or PutRecords when several wait. Data = input; the partition key is `<event id>_<uuid>`, or with
// KinesisParameters.PartitionKeyPath the JSON text of that value (behaviour §11).
class ForwardStream final : public ForwardTarget {
 public:
  using ForwardTarget::ForwardTarget;
  std::size_t batch_max() const override { return 100; }  // AWS: 500

 protected:
  std::size_t batch_bytes_max() const override { return 4 << 20; }  // AWS: 5 MiB, keys included

  asio::awaitable<Outcomes> send(Attempts attempts, TimePoint deadline) override {
    if (attempts.size() == 1) {
      json::object input = record_of(attempts.front().delivery);
      input["StreamARN"] = arn().to_string();
      auto answer = co_await call(AwsCall::json("Kinesis_20131202.PutRecord", "1.1", input), deadline, 1);
      if (!answer) co_return std::move(answer).error();
      co_return Outcomes(1, AttemptOutcome::delivered());
    }
    json::array records;
    for (const DeliveryAttempt& attempt : attempts) records.push_back(record_of(attempt.delivery));
    const json::object input = {{"Records", std::move(records)}, {"StreamARN", arn().to_string()}};
    AwsCall put = AwsCall::json("Kinesis_20131202.PutRecords", "1.1", input);
    auto answer = co_await call(std::move(put), deadline, attempts.size());
    if (!answer) co_return std::move(answer).error();
    co_return outcomes_of(*answer, "Records");
  }

 private:
  json::object record_of(const Delivery& delivery) const {
    std::string key;
    const json::value* block = parameters().if_contains("KinesisParameters");
    const std::string path = block && block->is_object() ? text_member(block->get_object(), "PartitionKeyPath") : "";
    if (path.empty()) {
      key = delivery.event_id + "_" + rng().uuid();
    } else {
      key = json_text_at(path, delivery.original_event());
    }
    return {{"Data", base64_encode(delivery.input)}, {"PartitionKey", std::move(key)}};
  }
};

// PutRecord, or PutRecordBatch when several wait. Data = input, no newline added (behaviour §11).
class ForwardDeliveryStream final : public ForwardTarget {
 public:
  using ForwardTarget::ForwardTarget;
  std::size_t batch_max() const override { return 100; }  // AWS: 500

 protected:
  std::size_t batch_bytes_max() const override { return 3 << 20; }  // AWS: 4 MiB
  std::size_t bytes_of(const DeliveryAttempt& attempt) const override { return base64_bytes(attempt.delivery.input); }

  asio::awaitable<Outcomes> send(Attempts attempts, TimePoint deadline) override {
    const std::string name = arn().resource.substr(arn().resource.find('/') + 1);
    if (attempts.size() == 1) {
      const json::object input = {{"DeliveryStreamName", name}, {"Record", record_of(attempts.front().delivery)}};
      auto answer = co_await call(AwsCall::json("Firehose_20150804.PutRecord", "1.1", input), deadline, 1);
      if (!answer) co_return std::move(answer).error();
      co_return Outcomes(1, AttemptOutcome::delivered());
    }
    json::array records;
    for (const DeliveryAttempt& attempt : attempts) records.push_back(record_of(attempt.delivery));
    const json::object input = {{"DeliveryStreamName", name}, {"Records", std::move(records)}};
    AwsCall put = AwsCall::json("Firehose_20150804.PutRecordBatch", "1.1", input);
    auto answer = co_await call(std::move(put), deadline, attempts.size());
    if (!answer) co_return std::move(answer).error();
    co_return outcomes_of(*answer, "RequestResponses");
  }

 private:
  static json::object record_of(const Delivery& delivery) { return {{"Data", base64_encode(delivery.input)}}; }
};

}  // namespace

std::shared_ptr<DeliveryTarget> forward_to_stream(ForwardTarget::Parts parts) {
  return std::make_shared<ForwardStream>(std::move(parts));
}

std::shared_ptr<DeliveryTarget> forward_to_delivery_stream(ForwardTarget::Parts parts) {
  return std::make_shared<ForwardDeliveryStream>(std::move(parts));
}

}  // namespace eventbus::aws
