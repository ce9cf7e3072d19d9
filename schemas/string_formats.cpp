#include "schemas/string_formats.h"

#include "schemas/ecma_pattern.h"
#include "schemas/ip_formats.h"
#include "schemas/rfc3339.h"
#include "schemas/uri_formats.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

namespace eventbus::schemas {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// --- ISO 8601 durations, as RFC 3339 has them: P1Y2M3DT4H5M6S, P2W

// Parts of `units` in their order, each at most once, at least one. Takes them.
bool take_parts(std::string_view& text, std::string_view units) {
  bool any = false;
  std::size_t from = 0;
  while (!text.empty() && is_digit(text.front())) {
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
    if (text.empty()) return false;
    const std::size_t unit = units.find(text.front(), from);
    if (unit == std::string_view::npos) return false;
    // None is left out between two that are there: "P1Y2D" is none.
    if (any && unit != from) return false;
    from = unit + 1;
    any = true;
    text.remove_prefix(1);
  }
  return any;
}

bool is_duration(std::string_view text) {
  if (!take(text, 'P')) return false;
  if (text.ends_with('W')) return take_parts(text, "W") && text.empty();
  const bool days = !text.starts_with('T');
  if (days && !take_parts(text, "YMD")) return false;
  if (!take(text, 'T')) return days && text.empty();
  return take_parts(text, "HMS") && text.empty();
}

// --- RFC 5321

bool is_atom_character(char c) {
  return is_alphanumeric(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos)
    return false;
  return std::ranges::all_of(text, [](char c) { return c == '.' || is_atom_character(c); });
}

bool is_quoted_local_part(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return false;
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return false;
    if (text[i] == '\\' && ++i == text.size()) return false;
    if (text[i] < ' ' || text[i] > '~') return false;
  }
  return true;
}

bool is_email(std::string_view text) {
  constexpr std::size_t kLocalPartMax = 64;
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return false;
  const std::string_view local = text.substr(0, at);
  std::string_view domain = text.substr(at + 1);
  if (local.size() > kLocalPartMax || !(is_dot_atom(local) || is_quoted_local_part(local))) return false;
  if (!domain.starts_with('[')) return is_hostname(domain);
  if (!domain.ends_with(']')) return false;
  domain = domain.substr(1, domain.size() - 2);
  if (domain.starts_with("IPv6:")) return is_ipv6(domain.substr(5));
  return is_ipv4(domain);
}

// --- the rest

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_json_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) return false;
  return true;
}

bool is_relative_json_pointer(std::string_view text) {
  const std::size_t digits = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  if (digits == 0 || (digits > 1 && text.front() == '0')) return false;
  text.remove_prefix(digits);
  return text == "#" || is_json_pointer(text);
}

bool is_regex(std::string_view text) { return EcmaPattern::compile(text).has_value(); }

constexpr std::array<std::pair<std::string_view, FormatCheck>, 15> kFormats = {{
    {"date", is_date},
    {"date-time", is_date_time},
    {"duration", is_duration},
    {"email", is_email},
    {"hostname", is_hostname},
    {"ipv4", is_ipv4},
    {"ipv6", is_ipv6},
    {"json-pointer", is_json_pointer},
    {"regex", is_regex},
    {"relative-json-pointer", is_relative_json_pointer},
    {"time", is_time},
    {"uri", is_uri},
    {"uri-reference", is_uri_reference},
    {"uri-template", is_uri_template},
    {"uuid", is_uuid},
}};

}  // namespace

FormatCheck find_format(std::string_view name) {
  for (const auto& [known, check] : kFormats)
    if (known == name) return check;
  return nullptr;
}

}  // namespace eventbus::schemas
