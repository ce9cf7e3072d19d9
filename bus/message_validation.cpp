#include "bus/message_validation.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>

namespace eventbus {

namespace {

constexpr std::size_t kAttributesMax = 10;
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kTokenCharactersMax = 128;
constexpr std::string_view kAllowedCharacters =
    "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";

// The first character of valid UTF-8 that a message must not hold.
std::optional<unsigned> forbidden_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20) {
      if (byte != 0xEF || i + 2 >= text.size() || static_cast<unsigned char>(text[i + 1]) != 0xBF) continue;
      const auto last = static_cast<unsigned char>(text[i + 2]);
      if (last >= 0xBE) return 0xFFC0U + (last & 0x3FU);  // U+FFFE, U+FFFF
    } else if (byte != '\t' && byte != '\n' && byte != '\r') {
      return byte;
    }
  }
  return std::nullopt;
}

QueueError forbidden(unsigned character, const std::string& where) {
  char code[16];
  std::snprintf(code, sizeof code, "#x%X", character);
  return {QueueErrorCode::kInvalidMessageContents,
          std::string("Invalid binary character '") + code + "' was found in the " + where +
              ", the set of allowed characters is " + std::string(kAllowedCharacters)};
}

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool begins_ignoring_case(std::string_view text, std::string_view lower_prefix) {
  if (text.size() < lower_prefix.size()) return false;
  return std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(),
                    [](char expected, char c) { return (c >= 'A' && c <= 'Z' ? c + 32 : c) == expected; });
}

QueueResult<void> check_name(const std::string& name) {
  if (name.size() > kNameBytesMax)
    return invalid_parameter_value("Message attribute name must be shorter than 256 Bytes");
  if (begins_ignoring_case(name, "aws.") || begins_ignoring_case(name, "amazon."))
    return invalid_parameter_value(
        "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for "
        "internal use.");
  const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
  });
  if (!plain || name.front() == '.' || name.back() == '.' || name.find("..") != std::string::npos)
    return invalid_parameter_value("The message attribute name '" + name +
                                   "' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen "
                                   "(-), and period (.) characters.");
  return {};
}

bool is_type(std::string_view type, std::string_view base) {
  return type == base || (type.starts_with(base) && type[base.size()] == '.');
}

// [+-]digits[.digits][e[+-]digits], with at least one digit before the exponent.
bool is_number(std::string_view text) {
  std::size_t at = 0;
  const auto sign = [&] {
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  };
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - begin;
  };
  sign();
  std::size_t mantissa = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    mantissa += digits();
  }
  if (mantissa == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    sign();
    if (digits() == 0) return false;
  }
  return at == text.size();
}

QueueResult<void> check_value(const std::string& name, const MessageAttributes::Value& attribute) {
  const std::string& type = attribute.type;
  if (type.empty())
    return invalid_parameter_value("The message attribute '" + name +
                                   "' must contain non-empty message attribute type.");
  if (type.size() > kNameBytesMax)
    return invalid_parameter_value("The type of message attribute '" + name + "' must be shorter than 256 Bytes");
  const bool number = is_type(type, "Number"), text = is_type(type, "String");
  if (!number && !text && !is_type(type, "Binary"))
    return invalid_parameter_value("The message attribute '" + name +
                                   "' has an invalid message attribute type, the set of supported type prefixes is "
                                   "Binary, Number, and String.");
  // AWS: recorded; the type is named without its custom suffix.
  if (attribute.value.empty())
    return invalid_parameter_value("Message (user) attribute '" + name + "' must contain a non-empty value of type '" +
                                   type.substr(0, type.find('.')) + "'.");
  if (number && !is_number(attribute.value))
    return invalid_parameter_value("Can't cast the value of message (user) attribute '" + name + "' to a number.");
  if (number || text)
    if (const std::optional<unsigned> character = forbidden_character(attribute.value))
      return forbidden(*character, "message attribute '" + name + "' value");
  return {};
}

}  // namespace

QueueResult<void> check_message_body(std::string_view body) {
  if (body.empty()) return missing_parameter("MessageBody");
  if (const std::optional<unsigned> character = forbidden_character(body)) return forbidden(*character, "message body");
  return {};
}

QueueResult<void> check_message_attributes(const MessageAttributeMap& attributes) {
  if (attributes.size() > kAttributesMax)
    return invalid_parameter_value("Number of message attributes [" + std::to_string(attributes.size()) +
                                   "] exceeds the allowed maximum [" + std::to_string(kAttributesMax) + "].");
  for (const auto& [name, attribute] : attributes) {
    TRY_VOID(check_name(name));
    TRY_VOID(check_value(name, attribute));
  }
  return {};
}

QueueResult<void> check_message_token(std::string_view parameter, std::string_view value) {
  const bool plain = std::ranges::all_of(value, [](char c) { return c > ' ' && c < '\x7F'; });
  if (!value.empty() && value.size() <= kTokenCharactersMax && plain) return {};
  return invalid_parameter(
      value, parameter,
      std::string(parameter) + " can only include alphanumeric and punctuation characters. 1 to 128 in length.");
}

std::size_t message_bytes(std::string_view body, const MessageAttributeMap& attributes) {
  std::size_t bytes = body.size();
  for (const auto& [name, attribute] : attributes)
    bytes += name.size() + attribute.type.size() + attribute.value.size();
  return bytes;
}

}  // namespace eventbus
