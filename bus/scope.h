#pragma once

#include <compare>
#include <string>

namespace eventbus {

// Everything is namespaced by account and region from the first line: Terraform in us-east-2 and a CLI in us-east-1 see
// two different default buses.
struct Scope {
  std::string account;  // 12 digits
  std::string region;   // "us-east-1"

  friend auto operator<=>(const Scope&, const Scope&) = default;
};

}  // namespace eventbus
