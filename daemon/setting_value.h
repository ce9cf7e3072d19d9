#pragma once

#include "daemon/config.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace eventbus {

// The texts of setting values, in files, variables and flags alike. Parsers yield nullopt for what is not such a value.

std::optional<std::uint64_t> parse_number(std::string_view text);
// "1048576", "64KiB", "16MiB", "4GiB".
std::optional<std::uint64_t> parse_bytes(std::string_view text);
std::string show_bytes(std::uint64_t bytes);
// A number and a unit: "500ms", "10s", "5m", "1h".
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
std::string show_duration(std::chrono::milliseconds duration);
std::optional<bool> parse_switch(std::string_view text);  // true, false
std::optional<ListenAddress> parse_listen_address(std::string_view text);

bool is_account(std::string_view text);  // 12 digits
bool is_region(std::string_view text);   // lower-case letters, digits and '-'
bool is_not_empty(std::string_view text);
bool is_http_endpoint(std::string_view text);  // an absolute http:// or https:// URL

// The names of an enumeration's values, in the order of declaration.
template <typename Enum>
using Choice = std::pair<std::string_view, Enum>;
std::span<const Choice<Durability>> choices(Durability);
std::span<const Choice<Authentication>> choices(Authentication);
std::span<const Choice<LogFormat>> choices(LogFormat);
std::span<const Choice<LogLevel>> choices(LogLevel);

template <typename Enum>
std::optional<Enum> parse_choice(std::string_view text) {
  for (const auto& [name, value] : choices(Enum{})) {
    if (name == text) return value;
  }
  return std::nullopt;
}

template <typename Enum>
std::string_view name_of(Enum wanted) {
  for (const auto& [name, value] : choices(Enum{})) {
    if (value == wanted) return name;
  }
  return "";
}

}  // namespace eventbus
