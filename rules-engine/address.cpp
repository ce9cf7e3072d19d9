#include "rules-engine/address.h"

#include <algorithm>
#include <cstddef>

namespace eventbus::rules {
namespace {

constexpr std::size_t kV4LengthMax = 15;  // AWS: java.net.InetAddress takes no longer text for four parts
constexpr std::size_t kV6Groups = 8;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool looks_like_v4(std::string_view text) {
  int dots = 0;
  bool digit_before = false;
  for (char c : text) {
    if (c == '.') {
      if (!digit_before || ++dots > 3) return false;
      digit_before = false;
    } else if (is_digit(c)) {
      digit_before = true;
    } else {
      return false;
    }
  }
  return dots == 3 && digit_before;
}

bool looks_like_v6(std::string_view text) {
  bool colon = false;
  for (char c : text) {
    if (c == ':') {
      colon = true;
    } else if (hex_value(c) < 0) {
      return false;
    }
  }
  return colon;
}

std::optional<Address> parse_v4(std::string_view text) {
  if (text.size() > kV4LengthMax || !looks_like_v4(text)) return std::nullopt;
  std::uint32_t number = 0;
  std::uint32_t part = 0;
  for (char c : text) {
    if (c == '.') {
      number = number << 8 | part;
      part = 0;
    } else {
      part = part * 10 + static_cast<std::uint32_t>(c - '0');
      if (part > 255) return std::nullopt;
    }
  }
  return Address{false, number << 8 | part};
}

std::optional<Address> parse_v6(std::string_view text) {
  std::array<std::uint16_t, kV6Groups> groups{};
  std::size_t count = 0;
  std::size_t gap = kV6Groups + 1;  // how many groups stand before "::"
  std::size_t at = 0;
  if (text.starts_with(':')) {
    if (!text.starts_with("::")) return std::nullopt;
    at = 1;
  }
  std::uint32_t group = 0;
  bool digits = false;
  for (; at < text.size(); ++at) {
    if (text[at] != ':') {
      const int digit = hex_value(text[at]);
      if (digit < 0) return std::nullopt;
      group = group << 4 | static_cast<std::uint32_t>(digit);
      if (group > 0xFFFF) return std::nullopt;
      digits = true;
      continue;
    }
    if (!digits) {
      if (gap <= kV6Groups) return std::nullopt;
      gap = count;
      continue;
    }
    if (at + 1 == text.size() || count == kV6Groups) return std::nullopt;
    groups[count++] = static_cast<std::uint16_t>(group);
    group = 0;
    digits = false;
  }
  if (digits) {
    if (count == kV6Groups) return std::nullopt;
    groups[count++] = static_cast<std::uint16_t>(group);
  }
  if (gap <= kV6Groups) {
    if (count == kV6Groups) return std::nullopt;
    std::move_backward(groups.begin() + static_cast<std::ptrdiff_t>(gap),
                       groups.begin() + static_cast<std::ptrdiff_t>(count), groups.end());
    std::fill(groups.begin() + static_cast<std::ptrdiff_t>(gap),
              groups.end() - static_cast<std::ptrdiff_t>(count - gap), std::uint16_t{0});
  } else if (count != kV6Groups) {
    return std::nullopt;
  }
  unsigned __int128 number = 0;
  for (std::uint16_t part : groups) number = number << 16 | part;
  constexpr unsigned __int128 kMappedPrefix = 0xFFFF;
  if (number >> 32 == kMappedPrefix) return Address{false, number & 0xFFFFFFFF};
  return Address{true, number};
}

}  // namespace

bool looks_like_address(std::string_view text) { return looks_like_v4(text) || looks_like_v6(text); }

std::optional<Address> parse_address(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text.find(':') == std::string_view::npos) return parse_v4(text);
  return parse_v6(text);
}

}  // namespace eventbus::rules
