#pragma once

#include <string>
#include <string_view>

namespace eventbus::aws {

// A target's parameter that may be a JSON path into the original event (behaviour §9): the text itself unless it is
// wholly a path; else what stands there: a string's content, anything else as JSON text, nothing as "".
std::string dynamic_text(std::string_view parameter, const std::string& event);

// The JSON text at a path, strings with their quotes; "{}" when there is nothing, or null (behaviour §11: Kinesis
// PartitionKeyPath).
std::string json_text_at(std::string_view path, const std::string& event);

}  // namespace eventbus::aws
