#pragma once

#include <optional>
#include <string_view>

namespace eventbus::rules {

// The value of a JSON number if it is comparable: finite, and its decimal value equal to the shortest decimal form of
// its nearest double. 300, 300.0 and 3.0e2 are 300; -0 is 0. None for 9007199254740993, 12345678901234567890, 1e400,
// 1e-400 and 0.1000000000000000055511151231257827: such a number has no place among the doubles and equals only its own
// spelling. `text` is a number by the JSON grammar.
std::optional<double> comparable_number(std::string_view text);

}  // namespace eventbus::rules
