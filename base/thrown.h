#pragma once

#include <exception>
#include <string>

namespace eventbus {

// What an exception says of itself, for a log. `thrown` is one, not empty.
std::string reason_of(const std::exception_ptr& thrown);

}  // namespace eventbus
