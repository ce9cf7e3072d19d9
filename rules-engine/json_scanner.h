#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace eventbus::rules {

// The pieces of JSON's grammar that simdjson's structural index leaves to its readers: what stands in a string and in a
// number. We read the index ourselves because both of simdjson's front ends refuse valid JSON that EventBridge takes
// (integers beyond 64 bits, huge exponents, lone surrogates), and because On-Demand compares keys as they are written.

// The length of the number that begins at `at`, or 0. Reads no further than one byte behind it.
std::size_t scan_number(const char* at, const char* end);

// Are all escapes of this text between quotes valid?
bool valid_escapes(std::string_view raw);

// Unescapes into `out`, which has room for raw.size() bytes; returns the length. A lone surrogate becomes U+FFFD.
// `raw` has valid escapes.
std::size_t unescape(std::string_view raw, char* out);

}  // namespace eventbus::rules
