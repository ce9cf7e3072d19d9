#pragma once

#include <string_view>

namespace eventbus::schemas {

bool is_uri(std::string_view text);            // RFC 3986, with a scheme
bool is_uri_reference(std::string_view text);  // the same, or relative
bool is_uri_template(std::string_view text);   // RFC 6570

}  // namespace eventbus::schemas
