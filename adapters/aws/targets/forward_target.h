#pragma once

#include "adapters/aws/client/aws_client.h"
#include "adapters/aws/targets/forward_metrics.h"
#include "base/rng.h"
#include "bus/arn.h"
#include "bus/delivery_target.h"

#include <boost/json/object.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::aws {

// A target in an account that is forwarded (behaviour §11): what the services have in common. A concrete one says how a
// part of the attempts becomes a call, and what the answer means for each.
class ForwardTarget : public DeliveryTarget {
 public:
  struct Parts {
    std::shared_ptr<AwsClient> client;
    Arn arn;                         // as it is called there
    boost::json::object parameters;  // the target's own blocks: KinesisParameters, …
    std::string message_group_id;    // SqsParameters
    ForwardMetrics::Series metrics;
    Rng& rng;
  };
  explicit ForwardTarget(Parts parts) : parts_(std::move(parts)) {}

  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) final;
  Duration timeout() const override { return Duration{10'000}; }

 protected:
  using Attempts = std::vector<DeliveryAttempt>;
  using Outcomes = std::vector<AttemptOutcome>;

  // One call for some of the attempts, in their order; as many outcomes.
  virtual asio::awaitable<Outcomes> send(Attempts attempts, TimePoint deadline) = 0;
  // Of a batch: how many bytes one call takes, and how many an attempt has in it.
  virtual std::size_t batch_bytes_max() const { return SIZE_MAX; }
  virtual std::size_t bytes_of(const DeliveryAttempt& attempt) const { return attempt.delivery.input.size(); }

  // Calls, and gives the call's error to each of `count` attempts.
  asio::awaitable<Result<net::Response, Outcomes>> call(AwsCall call, TimePoint deadline, std::size_t count);
  // What an error of the call, or of one entry of a batch, comes to (behaviour §14–15).
  AttemptOutcome outcome_of(const AwsCallError& error) const;
  AttemptOutcome outcome_of_code(std::string_view code, std::string message) const;
  // An entry of a batch that failed by itself, within a call that succeeded.
  AttemptOutcome outcome_of_entry(std::string_view code, std::string_view message) const;

  // The same of a whole batch: one outcome for each object of the answer's list, with ErrorCode and ErrorMessage in
  // those that failed.
  Outcomes outcomes_of(const net::Response& answer, std::string_view list) const;

  const AwsClient& client() const { return *parts_.client; }
  const Arn& arn() const { return parts_.arn; }
  const boost::json::object& parameters() const { return parts_.parameters; }
  const std::string& message_group_id() const { return parts_.message_group_id; }
  Rng& rng() const { return parts_.rng; }

 private:
  Parts parts_;
};

// The JSON object an answer is; empty when it is none.
boost::json::object object_of(const net::Response& response);
// The objects of a member that is an array.
std::vector<boost::json::object> entries_of(const boost::json::object& object, std::string_view name);
std::string text_member(const boost::json::object& object, std::string_view name);

// One for each kind of target.
std::shared_ptr<DeliveryTarget> forward_to_event_bus(ForwardTarget::Parts parts);
std::shared_ptr<DeliveryTarget> forward_to_queue(ForwardTarget::Parts parts);
std::shared_ptr<DeliveryTarget> forward_to_topic(ForwardTarget::Parts parts);
std::shared_ptr<DeliveryTarget> forward_to_function(ForwardTarget::Parts parts);
std::shared_ptr<DeliveryTarget> forward_to_log_group(ForwardTarget::Parts parts);
std::shared_ptr<DeliveryTarget> forward_to_stream(ForwardTarget::Parts parts);
std::shared_ptr<DeliveryTarget> forward_to_delivery_stream(ForwardTarget::Parts parts);
std::shared_ptr<DeliveryTarget> forward_to_rest_api(ForwardTarget::Parts parts);
std::shared_ptr<DeliveryTarget> forward_to_state_machine(ForwardTarget::Parts parts);

}  // namespace eventbus::aws
