#pragma once

#include <string_view>

namespace eventbus::schemas {

bool is_hostname(std::string_view text);  // RFC 1123: labels of 1–63 letters, digits and hyphens, 253 in all
bool is_ipv4(std::string_view text);      // four decimals without leading zeros
bool is_ipv6(std::string_view text);      // RFC 4291, without a zone

}  // namespace eventbus::schemas
