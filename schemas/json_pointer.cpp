#include "schemas/json_pointer.h"

#include "schemas/violation.h"

#include <charconv>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

// One token, its escapes resolved.
std::optional<std::string> unescaped(std::string_view token) {
  std::string name;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      name += token[i];
      continue;
    }
    if (++i == token.size() || (token[i] != '0' && token[i] != '1')) return std::nullopt;
    name += token[i] == '0' ? '~' : '/';
  }
  return name;
}

std::optional<std::size_t> index_of(std::string_view token) {
  if (token.empty() || (token.size() > 1 && token.front() == '0')) return std::nullopt;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc() || end != token.data() + token.size()) return std::nullopt;
  return index;
}

const json::value* child(const json::value& parent, std::string_view token) {
  if (parent.is_object()) {
    const std::optional<std::string> name = unescaped(token);
    return name ? parent.get_object().if_contains(*name) : nullptr;
  }
  if (!parent.is_array()) return nullptr;
  const std::optional<std::size_t> index = index_of(token);
  return index ? parent.get_array().if_contains(*index) : nullptr;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_string(const Violation& violation) {
  return (violation.path.empty() ? std::string("the document") : violation.path) + " " + violation.reason;
}

void append_pointer_token(std::string& pointer, std::string_view token) {
  pointer += '/';
  for (const char c : token) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

std::string joined(std::string_view pointer, std::string_view token) {
  std::string longer(pointer);
  append_pointer_token(longer, token);
  return longer;
}

std::string joined(std::string_view pointer, std::size_t index) {
  return std::string(pointer) + "/" + std::to_string(index);
}

const json::value* find_at(const json::value& document, std::string_view pointer) {
  const json::value* found = &document;
  while (found && !pointer.empty()) {
    if (pointer.front() != '/') return nullptr;
    const std::size_t end = pointer.find('/', 1);
    found = child(*found, pointer.substr(1, end == std::string_view::npos ? end : end - 1));
    pointer = end == std::string_view::npos ? std::string_view() : pointer.substr(end);
  }
  return found;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

}  // namespace eventbus::schemas
