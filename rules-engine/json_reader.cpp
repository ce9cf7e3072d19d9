#include "rules-engine/json_reader.h"

#include "rules-engine/utf8.h"

#include <array>
#include <utility>

namespace eventbus::rules {
namespace {

// AWS: Jackson's StreamReadConstraints, also "Nesting up to 1,000 levels" (behaviour §8).
constexpr std::size_t kNestingMax = 1'000;
// Jackson shows this many UTF-16 units of a longer text.
constexpr std::size_t kSnippetUnits = 500;
constexpr std::string_view kExpectedValue =
    "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

bool continues_identifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::size_t utf16_units(std::uint32_t code_point) { return code_point >= 0x10000 ? 2 : 1; }

std::string upper_hex(std::uint32_t number, int digits) {
  std::string out;
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += "0123456789ABCDEF"[number >> shift & 0xF];
  return out;
}

// The text as Jackson quotes it: at most 500 units, control characters escaped but for line ends.
std::string quoted_snippet(std::string_view text) {
  std::string out = "\"";
  std::size_t units = 0;
  std::size_t at = 0;
  while (at < text.size() && units < kSnippetUnits) {
    const std::size_t start = at;
    const std::uint32_t c = decode_utf8(text, at);
    units += utf16_units(c);
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    if (control && c != '\r' && c != '\n') {
      out += "\\u" + upper_hex(c, 4);
    } else {
      out += text.substr(start, at - start);
    }
  }
  out += '"';
  std::size_t truncated = 0;
  while (at < text.size()) truncated += utf16_units(decode_utf8(text, at));
  if (truncated > 0) out += "[truncated " + std::to_string(truncated) + " chars]";
  return out;
}

}  // namespace

Result<JsonToken> JsonReader::next() {
  if (value_ahead_) return *std::exchange(value_ahead_, std::nullopt);
  if (string_open_) {
    std::string passed;
    string_open_ = false;
    TRY_VOID(read_string(passed, "value"));
  }
  TRY_VOID(skip_whitespace());
  if (at_end()) {
    if (scopes_.empty()) return JsonToken::kEndOfInput;
    return end_of_input(": expected close marker for " + std::string(scope_name()) + " (start marker at " +
                        location(scopes_.back().start) + ")");
  }
  if (peek() == ']' || peek() == '}') return leave(peek());
  if (!scopes_.empty() && scopes_.back().has_entries) {
    if (peek() != ',') {
      return unexpected("was expecting comma to separate " + std::string(scope_name()) + " entries");
    }
    ++position_;
    TRY_VOID(skip_whitespace());
    if (at_end()) return end_of_input(" within/between " + std::string(scope_name()) + " entries");
  }
  if (scopes_.empty()) return read_value();
  scopes_.back().has_entries = true;
  return scopes_.back().is_object ? read_name() : read_value();
}

Result<std::string> JsonReader::string() {
  std::string out;
  if (std::exchange(string_open_, false)) TRY_VOID(read_string(out, "value"));
  return out;
}

Result<JsonToken> JsonReader::read_name() {
  if (peek() != '"') return unexpected("was expecting double-quote to start field name");
  ++position_;
  std::string read;
  TRY_VOID(read_string(read, "name"));
  name_ = std::move(read);
  TRY_VOID(skip_whitespace());
  if (at_end()) return end_of_input(" within/between Object entries");
  if (peek() != ':') return unexpected("was expecting a colon to separate field name and value");
  ++position_;
  TRY_VOID(skip_whitespace());
  if (at_end()) return end_of_input(" within/between Object entries");
  TRY(value_ahead_, read_value());
  return JsonToken::kFieldName;
}

Result<JsonToken> JsonReader::read_value() {
  token_start_ = position_;
  switch (peek()) {
    case '"':
      ++position_;
      string_open_ = true;
      return JsonToken::kString;
    case '{':
      return enter(true);
    case '[':
      return enter(false);
    case 't':
      return read_keyword("true", JsonToken::kTrue);
    case 'f':
      return read_keyword("false", JsonToken::kFalse);
    case 'n':
      return read_keyword("null", JsonToken::kNull);
    default:
      break;
  }
  if (is_digit(peek()) || peek() == '-') return read_number();
  if (continues_identifier(peek()) && static_cast<unsigned char>(peek()) < 0x80) return unrecognized_token(position_);
  if (peek() == '+' && position_ + 1 < text_.size() && is_digit(text_[position_ + 1])) {
    return unexpected_in_number(
        "JSON spec does not allow numbers to have plus signs: enable "
        "`JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow");
  }
  return unexpected(kExpectedValue);
}

Result<JsonToken> JsonReader::read_number() {
  const auto digits = [this] {
    const std::size_t start = position_;
    while (!at_end() && is_digit(peek())) ++position_;
    return position_ > start;
  };
  if (peek() == '-') ++position_;
  if (at_end()) return end_of_input(": Unexpected end-of-input in a Number value");
  if (!is_digit(peek()))
    return unexpected_in_number("expected digit (0-9) to follow minus sign, for valid numeric value");
  const bool leading_zero = peek() == '0';
  ++position_;
  if (leading_zero && !at_end() && is_digit(peek())) {
    ++position_;
    return error("Invalid numeric value: Leading zeroes not allowed");
  }
  digits();
  if (!at_end() && peek() == '.') {
    ++position_;
    if (!digits()) return unexpected_in_number("Decimal point not followed by a digit");
  }
  if (!at_end() && (peek() == 'e' || peek() == 'E')) {
    ++position_;
    if (!at_end() && (peek() == '+' || peek() == '-')) ++position_;
    if (!digits()) return unexpected_in_number("Exponent indicator not followed by a digit");
  }
  return JsonToken::kNumber;
}

Result<JsonToken> JsonReader::read_keyword(std::string_view keyword, JsonToken token) {
  const std::string_view rest = text_.substr(position_);
  const bool ends = rest.size() <= keyword.size() || !continues_identifier(rest[keyword.size()]);
  if (!rest.starts_with(keyword) || !ends) return unrecognized_token(position_);
  position_ += keyword.size();
  return token;
}

Result<JsonToken> JsonReader::enter(bool is_object) {
  if (scopes_.size() == kNestingMax) {
    return invalid(
        "Document nesting depth (1001) exceeds the maximum allowed (1000, from "
        "`StreamReadConstraints.getMaxNestingDepth()`)");
  }
  scopes_.push_back({is_object, false, position_});
  ++position_;
  return is_object ? JsonToken::kStartObject : JsonToken::kStartArray;
}

Result<JsonToken> JsonReader::leave(char bracket) {
  ++position_;
  const bool closes_object = bracket == '}';
  if (scopes_.empty() || scopes_.back().is_object != closes_object) {
    const char expected = closes_object ? ']' : '}';
    const std::string start = scopes_.empty() ? std::string("[initial]") : location(scopes_.back().start);
    return error(std::string("Unexpected close marker '") + bracket + "': expected '" + expected + "' (for " +
                 std::string(scope_name()) + " starting at " + start + ")");
  }
  scopes_.pop_back();
  return closes_object ? JsonToken::kEndObject : JsonToken::kEndArray;
}

Result<void> JsonReader::read_string(std::string& out, std::string_view kind) {
  while (true) {
    if (at_end()) {
      return end_of_input(kind == "name" ? " in field name" : ": was expecting closing quote for a string value");
    }
    const char c = peek();
    if (c == '"') {
      ++position_;
      return {};
    }
    if (is_control(c)) {
      return error("Illegal unquoted character (" + describe_character() +
                   "): has to be escaped using backslash to be included in " +
                   (kind == "name" ? "name" : "string value"));
    }
    ++position_;
    if (c == '\\') {
      TRY_VOID(read_escape(out));
    } else {
      out += c;
    }
  }
}

Result<void> JsonReader::read_escape(std::string& out) {
  if (at_end()) return end_of_input(" in character escape sequence");
  constexpr std::string_view kEscapes = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t simple = kEscapes.find(peek());
  if (simple != std::string_view::npos) {
    ++position_;
    out += kMeanings[simple];
    return {};
  }
  if (peek() != 'u') return error("Unrecognized character escape " + describe_character());
  ++position_;
  TRY(const std::uint32_t unit, read_hex4());
  if (!is_high_surrogate(unit) || !text_.substr(position_).starts_with("\\u")) {
    append_utf8(out, unit);
    return {};
  }
  const std::size_t after_first = position_;
  position_ += 2;
  TRY(const std::uint32_t second, read_hex4());
  if (is_low_surrogate(second)) {
    append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00));
  } else {
    position_ = after_first;
    append_utf8(out, unit);
  }
  return {};
}

Result<std::uint32_t> JsonReader::read_hex4() {
  std::uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    if (at_end()) return end_of_input(" in character escape sequence");
    const char c = peek();
    std::uint32_t digit = 0;
    if (is_digit(c)) {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      digit = static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
    } else {
      return unexpected("expected a hex-digit for character escape sequence");
    }
    unit = unit << 4 | digit;
    ++position_;
  }
  return unit;
}

Result<void> JsonReader::skip_whitespace() {
  while (!at_end() && is_space(peek())) ++position_;
  if (at_end()) return {};
  if (peek() == '/') {
    return unexpected(
        "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not "
        "enabled for parser)");
  }
  if (is_control(peek())) {
    return error("Illegal character (" + describe_character() +
                 "): only regular white space (\\r, \\n, \\t) is allowed between tokens");
  }
  return {};
}

Error JsonReader::end_of_input(std::string_view what) const {
  return error("Unexpected end-of-input" + std::string(what));
}

Error JsonReader::unexpected(std::string_view comment) {
  const std::string character = describe_character();
  return error("Unexpected character (" + character + "): " + std::string(comment));
}

Error JsonReader::unexpected_in_number(std::string_view comment) {
  if (at_end()) return end_of_input(": Unexpected end-of-input in a Number value");
  const std::string character = describe_character();
  return error("Unexpected character (" + character + ") in numeric value: " + std::string(comment));
}

Error JsonReader::unrecognized_token(std::size_t start) {
  position_ = start;
  while (!at_end() && continues_identifier(peek())) ++position_;
  return error("Unrecognized token '" + std::string(text_.substr(start, position_ - start)) +
               "': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')");
}

std::string JsonReader::describe_character() {
  const std::size_t start = position_;
  const std::uint32_t c = decode_utf8(text_, position_);
  if (c < 0x20) return "(CTRL-CHAR, code " + std::to_string(c) + ")";
  std::string out = "'" + std::string(text_.substr(start, position_ - start)) + "' (code " + std::to_string(c);
  if (c > 255) {
    std::string hex = upper_hex(c, c > 0xFFFF ? 6 : 4);
    for (char& digit : hex) digit = digit >= 'A' && digit <= 'F' ? static_cast<char>(digit | 0x20) : digit;
    out += " / 0x" + hex.substr(hex.find_first_not_of('0'));
  }
  return out + ")";
}

std::string JsonReader::location(std::size_t offset) const {
  // Jackson counts lines at \n, \r and \r\n, columns in UTF-16 units from 1; the start of a scope is the bracket
  // itself, any other place is the column behind what was read, which is the same number.
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t at = 0; at < offset;) {
    const std::uint32_t c = decode_utf8(text_, at);
    if (c == '\n' || c == '\r') {
      if (c == '\r' && at < offset && text_[at] == '\n') ++at;
      ++line;
      column = 1;
    } else {
      column += utf16_units(c);
    }
  }
  return "[Source: (String)" + quoted_snippet(text_) + "; line: " + std::to_string(line) +
         ", column: " + std::to_string(column) + "]";
}

std::string_view JsonReader::scope_name() const {
  if (scopes_.empty()) return "root";
  return scopes_.back().is_object ? "Object" : "Array";
}

}  // namespace eventbus::rules
