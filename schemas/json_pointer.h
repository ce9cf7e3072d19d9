#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus::schemas {

// RFC 6901.

// "/a~1b" for the member "a/b".
void append_pointer_token(std::string& pointer, std::string_view token);
std::string joined(std::string_view pointer, std::string_view token);
std::string joined(std::string_view pointer, std::size_t index);

// nullptr when nothing stands there, or `pointer` is none.
const boost::json::value* find_at(const boost::json::value& document, std::string_view pointer);

// "%25" → "%"; nullopt when a '%' is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace eventbus::schemas
