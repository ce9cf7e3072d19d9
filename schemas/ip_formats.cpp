#include "schemas/ip_formats.h"

#include <algorithm>
#include <cstddef>

namespace eventbus::schemas {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_label(std::string_view label) {
  constexpr std::size_t kLabelMax = 63;
  if (label.empty() || label.size() > kLabelMax || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return is_digit(c) || is_letter(c) || c == '-'; });
}

// Calls `each` with the parts between separators; false as soon as it says so.
template <typename Each>
bool every_part(std::string_view text, char separator, const Each& each) {
  while (true) {
    const std::size_t end = text.find(separator);
    if (!each(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_group(std::string_view group) {
  return !group.empty() && group.size() <= 4 && std::ranges::all_of(group, is_hex);
}

// Groups of 16 bits in `text`, which may be empty; -1 if it is wrong. An IPv4 address may stand at its end.
int count_groups(std::string_view text, bool ipv4_may_end) {
  if (text.empty()) return 0;
  int groups = 0;
  while (true) {
    const std::size_t end = text.find(':');
    const std::string_view part = text.substr(0, end);
    if (end == std::string_view::npos && ipv4_may_end && part.find('.') != std::string_view::npos)
      return is_ipv4(part) ? groups + 2 : -1;
    if (!is_group(part)) return -1;
    ++groups;
    if (end == std::string_view::npos) return groups;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

bool is_hostname(std::string_view text) {
  constexpr std::size_t kHostnameMax = 253;
  return text.size() <= kHostnameMax && every_part(text, '.', is_label);
}

bool is_ipv4(std::string_view text) {
  int parts = 0;
  const bool decimals = every_part(text, '.', [&](std::string_view part) {
    ++parts;
    if (part.empty() || part.size() > 3 || !std::ranges::all_of(part, is_digit)) return false;
    if (part.size() > 1 && part.front() == '0') return false;
    int value = 0;
    for (const char c : part) value = value * 10 + (c - '0');
    return value <= 255;
  });
  return decimals && parts == 4;
}

bool is_ipv6(std::string_view text) {
  constexpr int kGroups = 8;
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return count_groups(text, true) == kGroups;
  const int before = count_groups(text.substr(0, gap), false);
  const int behind = count_groups(text.substr(gap + 2), true);
  return before >= 0 && behind >= 0 && before + behind < kGroups;
}

}  // namespace eventbus::schemas
