#include "schemas/uri_formats.h"

#include "schemas/ip_formats.h"

#include <algorithm>
#include <cstddef>

namespace eventbus::schemas {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool is_unreserved(char c) { return is_letter(c) || is_digit(c) || is_one_of(c, "-._~"); }
bool is_sub_delimiter(char c) { return is_one_of(c, "!$&'()*+,;="); }

// Unreserved characters, sub-delimiters, percent-encoded bytes and what `more` holds.
bool holds_only(std::string_view text, std::string_view more) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
    } else if (!is_unreserved(text[i]) && !is_sub_delimiter(text[i]) && !is_one_of(text[i], more)) {
      return false;
    }
  }
  return true;
}

bool is_scheme(std::string_view text) {
  if (text.empty() || !is_letter(text.front())) return false;
  return std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || is_one_of(c, "+-."); });
}

// "[v1.x]": an address of a kind to come.
bool is_future_address(std::string_view text) {
  if (text.size() < 4 || !is_one_of(text.front(), "vV")) return false;
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 1 || dot + 1 == text.size()) return false;
  if (!std::ranges::all_of(text.substr(1, dot - 1), is_hex)) return false;
  return std::ranges::all_of(text.substr(dot + 1),
                             [](char c) { return is_unreserved(c) || is_sub_delimiter(c) || c == ':'; });
}

bool is_authority(std::string_view text) {
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    if (!holds_only(text.substr(0, at), ":")) return false;
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view address = text.substr(1, end - 1);
    if (!is_ipv6(address) && !is_future_address(address)) return false;
    port = text.substr(end + 1);
    if (!port.empty() && port.front() != ':') return false;
  } else {
    const std::size_t colon = text.find(':');
    if (!holds_only(text.substr(0, colon), "")) return false;
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  return port.empty() || std::ranges::all_of(port.substr(1), is_digit);
}

// What stands behind "scheme:", or a relative reference.
bool is_hierarchy(std::string_view text, bool relative) {
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    if (!holds_only(text.substr(hash + 1), ":@/?")) return false;
    text = text.substr(0, hash);
  }
  if (const std::size_t question = text.find('?'); question != std::string_view::npos) {
    if (!holds_only(text.substr(question + 1), ":@/?")) return false;
    text = text.substr(0, question);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const std::size_t slash = text.find('/');
    if (!is_authority(text.substr(0, slash))) return false;
    text = slash == std::string_view::npos ? std::string_view() : text.substr(slash);
  } else if (relative) {
    // A colon in the first segment would make a scheme of it.
    const std::string_view first = text.substr(0, text.find('/'));
    if (first.find(':') != std::string_view::npos) return false;
  }
  return holds_only(text, ":@/");
}

bool is_variable(std::string_view text) {
  if (text.ends_with('*')) {
    text.remove_suffix(1);
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view length = text.substr(colon + 1);
    if (length.empty() || length.size() > 4 || length.front() == '0' || !std::ranges::all_of(length, is_digit))
      return false;
    text = text.substr(0, colon);
  }
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
    } else if (!is_letter(text[i]) && !is_digit(text[i]) && text[i] != '_' && text[i] != '.') {
      return false;
    }
  }
  return true;
}

bool is_expression(std::string_view text) {
  if (!text.empty() && is_one_of(text.front(), "+#./;?&")) text.remove_prefix(1);
  while (true) {
    const std::size_t comma = text.find(',');
    if (!is_variable(text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool is_literal(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7F && !is_one_of(c, "\"'<>\\^`{|}");
}

}  // namespace

bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) return false;
  return is_hierarchy(text.substr(colon + 1), false);
}

bool is_uri_reference(std::string_view text) { return is_uri(text) || is_hierarchy(text, true); }

bool is_uri_template(std::string_view text) {
  while (!text.empty()) {
    if (text.front() == '{') {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos || !is_expression(text.substr(1, end - 1))) return false;
      text.remove_prefix(end + 1);
      continue;
    }
    if (text.front() == '%' && (text.size() < 3 || !is_hex(text[1]) || !is_hex(text[2]))) return false;
    if (!is_literal(text.front())) return false;
    text.remove_prefix(1);
  }
  return true;
}

}  // namespace eventbus::schemas
