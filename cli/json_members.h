#pragma once

#include <string>
#include <string_view>

namespace eventbus::cli {

// Of an object that the daemon answered with: the value of a member as it stands, empty if it is not there.
std::string_view value_in(std::string_view object, std::string_view name);
// What a member holds that is a string, else empty.
std::string text_in(std::string_view object, std::string_view name);

}  // namespace eventbus::cli
