#pragma once

#include "bus/scope.h"

#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// arn:partition:service:region:account:resource, the resource with all its ':' and '/'.
struct Arn {
  std::string partition, service, region, account, resource;

  // nullopt unless there are six parts, the first is "arn", and partition, service and resource are not empty.
  static std::optional<Arn> parse(std::string_view text);
  std::string to_string() const;
  Scope scope() const { return {account, region}; }
};

std::string bus_arn(const Scope& scope, std::string_view bus);
// On the default bus rule/NAME, elsewhere rule/BUS/NAME.
std::string rule_arn(const Scope& scope, std::string_view bus, std::string_view rule);
std::string queue_arn(const Scope& scope, std::string_view queue);

}  // namespace eventbus
