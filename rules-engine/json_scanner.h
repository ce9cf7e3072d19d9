#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace eventbus::rules {

// Unescapes into `out`, which has room for raw.size() bytes; returns the length. A lone surrogate becomes U+FFFD.
// `raw` has valid escapes.
std::size_t unescape(std::string_view raw, char* out);

}  // namespace eventbus::rules
