#pragma once

#include "daemon/setting_value.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace eventbus {

// What a setting may be set to, beyond what the type of its value says: of numbers and times (milliseconds) the range,
// of texts a check and its description.
struct AllowedValues {
  enum class Unit { kNumber, kBytes };
  using TextCheck = bool (*)(std::string_view text);

  std::uint64_t min = 0, max = UINT64_MAX;
  Unit unit = Unit::kNumber;
  std::string_view text;
  TextCheck check = nullptr;
};

// Four functions, each with an overload for every type of value; the pointers only pick one, and are null.

// nullopt: not such a value, or not allowed.
std::optional<ListenAddress> parse_value(const AllowedValues& allowed, std::string_view text, const ListenAddress*);
std::optional<std::string> parse_value(const AllowedValues& allowed, std::string_view text, const std::string*);
std::optional<bool> parse_value(const AllowedValues& allowed, std::string_view text, const bool*);
std::optional<std::size_t> parse_value(const AllowedValues& allowed, std::string_view text, const std::size_t*);
std::optional<std::chrono::milliseconds> parse_value(const AllowedValues& allowed, std::string_view text,
                                                     const std::chrono::milliseconds*);

// As it would be written; empty where there is none.
std::string show_value(const AllowedValues& allowed, const ListenAddress& value);
std::string show_value(const AllowedValues& allowed, const std::string& value);
std::string show_value(const AllowedValues& allowed, bool value);
std::string show_value(const AllowedValues& allowed, std::size_t value);
std::string show_value(const AllowedValues& allowed, std::chrono::milliseconds value);

// "1 to 100000", "sync, async or memory".
std::string describe(const AllowedValues& allowed, const ListenAddress*);
std::string describe(const AllowedValues& allowed, const std::string*);
std::string describe(const AllowedValues& allowed, const bool*);
std::string describe(const AllowedValues& allowed, const std::size_t*);
std::string describe(const AllowedValues& allowed, const std::chrono::milliseconds*);

// In help: "HOST:PORT".
std::string_view placeholder_of(const ListenAddress*);
std::string_view placeholder_of(const bool*);
std::string_view placeholder_of(const std::chrono::milliseconds*);
std::string_view placeholder_of(const std::size_t*);
std::string_view placeholder_of(const void*);

// Enumerations, by their choices().
template <typename Enum>
  requires std::is_enum_v<Enum>
std::optional<Enum> parse_value(const AllowedValues&, std::string_view text, const Enum*) {
  return parse_choice<Enum>(text);
}
template <typename Enum>
  requires std::is_enum_v<Enum>
std::string show_value(const AllowedValues&, Enum value) {
  return std::string(name_of(value));
}
template <typename Enum>
  requires std::is_enum_v<Enum>
std::string describe(const AllowedValues&, const Enum*) {
  std::string names;
  const auto known = choices(Enum{});
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (i > 0) names += i + 1 == known.size() ? " or " : ", ";
    names += known[i].first;
  }
  return names;
}

// What need not be set at all.
template <typename Value>
std::optional<std::optional<Value>> parse_value(const AllowedValues& allowed, std::string_view text,
                                                const std::optional<Value>*) {
  std::optional<Value> value = parse_value(allowed, text, static_cast<const Value*>(nullptr));
  if (!value) return std::nullopt;
  return std::optional<std::optional<Value>>(std::in_place, std::move(value));
}
template <typename Value>
std::string show_value(const AllowedValues& allowed, const std::optional<Value>& value) {
  return value ? show_value(allowed, *value) : "";
}
template <typename Value>
std::string describe(const AllowedValues& allowed, const std::optional<Value>*) {
  return describe(allowed, static_cast<const Value*>(nullptr));
}

}  // namespace eventbus
