#include "schemas/bindings/source_text.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <set>

namespace eventbus::schemas {

namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

std::string camel(std::string_view text, bool capital) {
  std::string out;
  bool next_capital = capital;
  for (const char c : text) {
    if (!is_lower(c) && !is_upper(c) && !is_digit(c)) {
      next_capital = !out.empty() || capital;
      continue;
    }
    out += next_capital ? upper(c) : c;
    next_capital = false;
  }
  if (!capital && !out.empty() && (out.size() == 1 || !is_upper(out[1]))) out[0] = lower(out[0]);
  return out;
}

std::string snake(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_word = is_upper(text[i]) && i > 0 && (is_lower(text[i - 1]) || is_digit(text[i - 1]));
    if (begins_word && !out.ends_with('_')) out += '_';
    const bool allowed = is_lower(text[i]) || is_upper(text[i]) || is_digit(text[i]);
    if (allowed)
      out += lower(text[i]);
    else if (!out.empty() && !out.ends_with('_'))
      out += '_';
  }
  while (out.ends_with('_')) out.pop_back();
  return out;
}

void append_escape(std::string& out, std::uint32_t unit) {
  char text[12];
  std::snprintf(text, sizeof text, unit < 0x10000 ? "\\u%04x" : "\\U%08x", static_cast<unsigned>(unit));
  out += text;
}

// The next code point of valid UTF-8.
std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t first = byte(at);
  std::size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
  std::uint32_t point = more == 0 ? first : first & (0x3fU >> more);
  ++at;
  for (; more > 0 && at < text.size(); --more, ++at) point = point << 6 | (byte(at) & 0x3f);
  return point;
}

}  // namespace

std::vector<std::string> identifiers(const std::vector<TypeProperty>& properties, const Naming& naming) {
  std::set<std::string> taken;
  const auto key = [&](std::string name) {
    if (naming.folds_case) std::ranges::transform(name, name.begin(), lower);
    return name;
  };
  std::vector<std::string> names;
  for (const TypeProperty& property : properties) {
    std::string wanted = naming.snake ? snake(property.name) : camel(property.name, naming.capital);
    if (wanted.empty()) wanted = naming.capital ? "Value" : "value";
    if (is_digit(wanted[0])) wanted.insert(0, naming.capital ? "N" : "n");
    if (std::ranges::find(naming.reserved, std::string_view(wanted)) != naming.reserved.end()) wanted += '_';
    std::string name = wanted;
    for (int number = 2; !taken.insert(key(name)).second; ++number) name = wanted + "_" + std::to_string(number);
    names.push_back(std::move(name));
  }
  return names;
}

std::string quoted(std::string_view text, char quote, Beyond beyond) {
  std::string out(1, quote);
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t point = next_code_point(text, at);
    if (point == '\n') {
      out += "\\n";
    } else if (point == '\r') {
      out += "\\r";
    } else if (point == '\t') {
      out += "\\t";
    } else if (point == '\\' || point == static_cast<unsigned char>(quote)) {
      out += '\\';
      out += static_cast<char>(point);
    } else if (point >= 0x20 && point < 0x7f) {
      out += static_cast<char>(point);
    } else if (point < 0x10000 || beyond == Beyond::kLongEscape) {
      append_escape(out, point);
    } else {
      append_escape(out, 0xd800 + ((point - 0x10000) >> 10));
      append_escape(out, 0xdc00 + ((point - 0x10000) & 0x3ff));
    }
  }
  out += quote;
  return out;
}

std::string folder(const TypeModel& model) {
  std::string path;
  for (const std::string& part : model.package) path += path.empty() ? part : "/" + part;
  return path;
}

}  // namespace eventbus::schemas
