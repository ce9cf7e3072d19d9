#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eventbus::cli {

// Reading an answer of the daemon's own API: JSON, as text.

// The text of a member; empty if there is none.
std::string_view value_in(std::string_view object, std::string_view name);
// The content of a member that is a string; else empty.
std::string text_in(std::string_view object, std::string_view name);
// A member that is a number without sign and fraction; else 0.
std::size_t number_in(std::string_view object, std::string_view name);

}  // namespace eventbus::cli
