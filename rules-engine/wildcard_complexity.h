#pragma once

#include <cstddef>
#include <string_view>

namespace eventbus::rules {

// How many places inside of a wildcard pattern a value may be at once, at most, while it is read byte by byte: what an
// automaton pays for each byte, and the measure behind AWS's "Rule is too complex". Every star counts one, for it may
// go on; the literal piece behind it counts as often as it can overlap itself: "abc" once, "abab" twice, "aaaa" four
// times. A piece before the first star counts one. So "img/*.png" is 3, and "*a*aa*" is 6.
// `text` as the user wrote it, valid. Linear in its length.
std::size_t wildcard_complexity(std::string_view text);

// The wildcards of one field of one pattern together may be so complex: `anything-but`, alternatives and `$or` branches
// count all. AWS publishes no threshold. Its documented examples stay below 10, and a field with a hundred
// alternatives like "*word*" at 300. It bounds what one pattern may cost on each byte of a value, not what we can bear.
constexpr std::size_t kWildcardComplexityMax = 512;

}  // namespace eventbus::rules
