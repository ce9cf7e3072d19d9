#pragma once

#include "adapters/aws/targets/target_directory.h"
#include "bus/delivery_target.h"
#include "bus/target_rules.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace eventbus::aws {

// A target of this daemon, which takes one event after another.
class LocalTarget : public DeliveryTarget {
 public:
  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) final {
    std::vector<AttemptOutcome> outcomes;
    for (const DeliveryAttempt& attempt : attempts) outcomes.push_back(co_await deliver_one(attempt));
    co_return outcomes;
  }

 protected:
  virtual asio::awaitable<AttemptOutcome> deliver_one(DeliveryAttempt attempt) = 0;
};

// Makes those of one kind: Target(Dependencies, LocalName).
template <typename Target, typename Dependencies>
class LocalTargets final : public TargetFactory {
 public:
  // What an ARN names, if it is of the kind.
  using NameOf = std::optional<LocalName> (*)(const Arn&);
  LocalTargets(Dependencies dependencies, NameOf name_of) : dependencies_(dependencies), name_of_(name_of) {}

  std::shared_ptr<DeliveryTarget> make(const TargetQuery& query) override {
    std::optional<LocalName> name = query.arn ? name_of_(*query.arn) : std::nullopt;
    if (!name) return nullptr;
    return std::make_shared<Target>(dependencies_, *std::move(name));
  }

 private:
  const Dependencies dependencies_;
  const NameOf name_of_;
};

}  // namespace eventbus::aws
