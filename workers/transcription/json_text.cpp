#include "workers/transcription/json_text.h"

#include <boost/json/serialize.hpp>

#include <charconv>

namespace eventbus::transcription {

namespace json = boost::json;

namespace {

void append(std::string& text, const json::value& value) {
  if (const json::object* object = value.if_object()) {
    text += '{';
    for (const auto& [name, member] : *object) {
      if (text.back() != '{') text += ',';
      text += json::serialize(json::string(name));
      text += ':';
      append(text, member);
    }
    text += '}';
  } else if (const json::array* array = value.if_array()) {
    text += '[';
    for (const json::value& element : *array) {
      if (&element != &array->front()) text += ',';
      append(text, element);
    }
    text += ']';
  } else if (const double* number = value.if_double()) {
    char digits[400];  // of the largest double, written out
    const char* const end = std::to_chars(digits, digits + sizeof digits, *number, std::chars_format::fixed).ptr;
    text.append(static_cast<const char*>(digits), end);
    if (text.find('.', text.size() - static_cast<std::size_t>(end - digits)) == std::string::npos) text += ".0";
  } else {
    text += json::serialize(value);
  }
}

}  // namespace

std::string json_text(const json::value& value) {
  std::string text;
  append(text, value);
  return text;
}

}  // namespace eventbus::transcription
