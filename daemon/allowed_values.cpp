#include "daemon/allowed_values.h"

namespace eventbus {
namespace {

using Unit = AllowedValues::Unit;

bool in_range(const AllowedValues& allowed, std::uint64_t value) {
  return value >= allowed.min && value <= allowed.max;
}

std::string range(const std::string& min, const std::string& max) { return min + " to " + max; }

}  // namespace

std::optional<ListenAddress> parse_value(const AllowedValues&, std::string_view text, const ListenAddress*) {
  return parse_listen_address(text);
}

std::optional<std::string> parse_value(const AllowedValues& allowed, std::string_view text, const std::string*) {
  if (!allowed.check(text)) return std::nullopt;
  return std::string(text);
}

std::optional<bool> parse_value(const AllowedValues&, std::string_view text, const bool*) { return parse_switch(text); }

std::optional<std::size_t> parse_value(const AllowedValues& allowed, std::string_view text, const std::size_t*) {
  const auto number = allowed.unit == Unit::kBytes ? parse_bytes(text) : parse_number(text);
  if (!number || !in_range(allowed, *number)) return std::nullopt;
  return *number;
}

std::optional<std::chrono::milliseconds> parse_value(const AllowedValues& allowed, std::string_view text,
                                                     const std::chrono::milliseconds*) {
  const auto duration = parse_duration(text);
  if (!duration || !in_range(allowed, static_cast<std::uint64_t>(duration->count()))) return std::nullopt;
  return duration;
}

std::string show_value(const AllowedValues&, const ListenAddress& value) { return value.to_string(); }
std::string show_value(const AllowedValues&, const std::string& value) { return value; }
std::string show_value(const AllowedValues&, bool value) { return value ? "true" : "false"; }
std::string show_value(const AllowedValues& allowed, std::size_t value) {
  return allowed.unit == Unit::kBytes ? show_bytes(value) : std::to_string(value);
}
std::string show_value(const AllowedValues&, std::chrono::milliseconds value) { return show_duration(value); }

std::string describe(const AllowedValues&, const ListenAddress*) {
  return "HOST:PORT, as 127.0.0.1:4566 or [::1]:4566";
}
std::string describe(const AllowedValues& allowed, const std::string*) { return std::string(allowed.text); }
std::string describe(const AllowedValues&, const bool*) { return "true or false"; }
std::string describe(const AllowedValues& allowed, const std::size_t*) {
  if (allowed.unit == Unit::kBytes)
    return range(show_bytes(allowed.min), show_bytes(allowed.max)) + " (bytes, or with KiB, MiB, GiB)";
  if (allowed.max == UINT64_MAX) return "a number from " + std::to_string(allowed.min);
  return range(std::to_string(allowed.min), std::to_string(allowed.max));
}
std::string describe(const AllowedValues& allowed, const std::chrono::milliseconds*) {
  const auto shown = [](std::uint64_t milliseconds) { return show_duration(std::chrono::milliseconds(milliseconds)); };
  return range(shown(allowed.min), shown(allowed.max)) + " (a number with ms, s, m or h)";
}

std::string_view placeholder_of(const ListenAddress*) { return "HOST:PORT"; }
std::string_view placeholder_of(const bool*) { return ""; }
std::string_view placeholder_of(const std::chrono::milliseconds*) { return "TIME"; }
std::string_view placeholder_of(const std::size_t*) { return "N"; }
std::string_view placeholder_of(const void*) { return "VALUE"; }

}  // namespace eventbus
