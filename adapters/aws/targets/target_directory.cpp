#include "adapters/aws/targets/target_directory.h"

namespace eventbus::aws {

std::shared_ptr<DeliveryTarget> TargetDirectory::find(const Target& target, const Scope& bus_scope) {
  const std::optional<Arn> arn = Arn::parse(target.arn);
  const TargetQuery query{target, bus_scope, arn};
  for (const std::unique_ptr<TargetFactory>& factory : factories_)
    if (std::shared_ptr<DeliveryTarget> delivery = factory->make(query)) return delivery;
  return nullptr;
}

}  // namespace eventbus::aws
