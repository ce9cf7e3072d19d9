#include "daemon/setting_value.h"

#include "net/url.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace eventbus {
namespace {

struct ByteUnit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array kByteUnits = {ByteUnit{"TiB", 1ULL << 40}, ByteUnit{"GiB", 1ULL << 30},
                                   ByteUnit{"MiB", 1ULL << 20}, ByteUnit{"KiB", 1ULL << 10}};

struct TimeUnit {
  std::string_view name;
  std::uint64_t milliseconds;
};
// Longest first when showing; "ms" before "m" and "s" when parsing, since "500ms" ends in both.
constexpr std::array kTimeUnits = {TimeUnit{"h", 3'600'000}, TimeUnit{"m", 60'000}, TimeUnit{"s", 1'000},
                                   TimeUnit{"ms", 1}};

constexpr std::uint64_t kTimeMax = 366ULL * 86'400'000;  // a year: longer is a mistake, and never overflows

std::optional<std::uint64_t> scaled(std::string_view digits, std::uint64_t scale) {
  const std::optional<std::uint64_t> number = parse_number(digits);
  if (!number || *number > UINT64_MAX / scale) return std::nullopt;
  return *number * scale;
}

bool all_of(std::string_view text, bool (*predicate)(char)) { return std::ranges::all_of(text, predicate); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  for (const ByteUnit& unit : kByteUnits) {
    if (text.ends_with(unit.name)) return scaled(text.substr(0, text.size() - unit.name.size()), unit.bytes);
  }
  return parse_number(text);
}

std::string show_bytes(std::uint64_t bytes) {
  for (const ByteUnit& unit : kByteUnits) {
    if (bytes != 0 && bytes % unit.bytes == 0) return std::to_string(bytes / unit.bytes) + std::string(unit.name);
  }
  return std::to_string(bytes);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const std::size_t digits = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  for (const TimeUnit& unit : kTimeUnits) {
    if (text.substr(digits) != unit.name) continue;
    const auto milliseconds = scaled(text.substr(0, digits), unit.milliseconds);
    if (!milliseconds || *milliseconds > kTimeMax) return std::nullopt;
    return std::chrono::milliseconds(*milliseconds);
  }
  return std::nullopt;
}

std::string show_duration(std::chrono::milliseconds duration) {
  const auto milliseconds = static_cast<std::uint64_t>(duration.count());
  for (const TimeUnit& unit : kTimeUnits) {
    if (milliseconds != 0 && milliseconds % unit.milliseconds == 0) {
      return std::to_string(milliseconds / unit.milliseconds) + std::string(unit.name);
    }
  }
  return "0s";
}

std::optional<bool> parse_switch(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // an IPv6 address without brackets: which colon begins the port?
  }
  const std::optional<std::uint64_t> port = parse_number(text.substr(colon + 1));
  if (host.empty() || !port || *port > 65'535) return std::nullopt;
  return ListenAddress{std::string(host), static_cast<std::uint16_t>(*port)};
}

bool is_account(std::string_view text) { return text.size() == 12 && all_of(text, is_digit); }

bool is_region(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
  return !text.empty() && text.size() <= 32 && all_of(text, allowed);
}

bool is_http_endpoint(std::string_view text) { return net::parse_url(text).has_value(); }

bool is_not_empty(std::string_view text) { return !text.empty(); }

std::span<const Choice<Durability>> choices(Durability) {
  static constexpr std::array kChoices = {Choice<Durability>{"sync", Durability::kSync},
                                          Choice<Durability>{"async", Durability::kAsync},
                                          Choice<Durability>{"memory", Durability::kMemory}};
  return kChoices;
}

std::span<const Choice<Authentication>> choices(Authentication) {
  static constexpr std::array kChoices = {Choice<Authentication>{"none", Authentication::kNone},
                                          Choice<Authentication>{"sigv4", Authentication::kSigV4}};
  return kChoices;
}

std::span<const Choice<LogFormat>> choices(LogFormat) {
  static constexpr std::array kChoices = {Choice<LogFormat>{"text", LogFormat::kText},
                                          Choice<LogFormat>{"json", LogFormat::kJson}};
  return kChoices;
}

std::span<const Choice<LogLevel>> choices(LogLevel) {
  static constexpr std::array kChoices = {
      Choice<LogLevel>{"trace", LogLevel::kTrace}, Choice<LogLevel>{"debug", LogLevel::kDebug},
      Choice<LogLevel>{"info", LogLevel::kInfo}, Choice<LogLevel>{"warn", LogLevel::kWarn},
      Choice<LogLevel>{"error", LogLevel::kError}};
  return kChoices;
}

}  // namespace eventbus
