#pragma once

#include <string>
#include <string_view>

namespace eventbus {

// A value for a log line of the form "Sentence. key=value key=value". One word stays as it is; anything else is put in
// double quotes, with '"' and '\' escaped by '\', so that nothing a client sent can be taken for another pair.
std::string log_value(std::string_view text);

}  // namespace eventbus
