#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace eventbus {

// The spellings of a setting's name, and near misses of names.

std::string flag_name(std::string_view key);                               // data_dir → --data-dir
std::string variable_name(std::string_view prefix, std::string_view key);  // data_dir → EVENTBUS_DATA_DIR

// The known name that is nearest to `name`, if any is near enough to be what was meant.
std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> known);

}  // namespace eventbus
