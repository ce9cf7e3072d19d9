#pragma once

#include "bus/arn.h"
#include "bus/delivery_target.h"

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace eventbus::aws {

// What a factory is asked about.
struct TargetQuery {
  const Target& target;
  const Scope& bus_scope;
  // target.arn taken apart; nullopt when it is no ARN: a URL.
  const std::optional<Arn>& arn;
};

// Makes the deliveries of one kind of target: api-destination, another bus, a forwarded service, a plain URL.
class TargetFactory {
 public:
  virtual ~TargetFactory() = default;

  // nullptr: not of this kind, or not deliverable as the daemon is configured now; the next factory is asked. Asked for
  // each lease of a lane, from any thread: a factory keeps what is expensive to make (connections, tokens) and looks at
  // its configuration anew.
  virtual std::shared_ptr<DeliveryTarget> make(const TargetQuery& query) = 0;
};

// Finds the delivery of a target: asks its factories in order, the first that has one wins. So what is configured
// explicitly (endpoint overrides, `forward`) stands before what is local, and the catch-alls come last.
class TargetDirectory final : public DeliveryTargets {
 public:
  explicit TargetDirectory(std::vector<std::unique_ptr<TargetFactory>> factories) : factories_(std::move(factories)) {}

  std::shared_ptr<DeliveryTarget> find(const Target& target, const Scope& bus_scope) override;

 private:
  std::vector<std::unique_ptr<TargetFactory>> factories_;
};

}  // namespace eventbus::aws
