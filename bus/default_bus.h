#pragma once

#include <string_view>

namespace eventbus {

// The bus that every account has in every region, without ever having made it.
inline constexpr std::string_view kDefaultBus = "default";

}  // namespace eventbus
