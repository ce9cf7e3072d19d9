#include "rules-engine/condition_text.h"

#include "rules-engine/ignore_case.h"
#include "rules-engine/number.h"
#include "rules-engine/wildcard.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <optional>

namespace eventbus::rules {
namespace {

// --- does it fit? ----------------------------------------------------------------------------------------------------

bool text_fits(TextOperator op, const std::string& pattern, std::string_view value) {
  switch (op) {
    case TextOperator::kEquals:
      return value == pattern;
    case TextOperator::kPrefix:
      return value.starts_with(pattern);
    case TextOperator::kSuffix:
      return value.ends_with(pattern);
    case TextOperator::kEqualsIgnoreCase:
      return IgnoreCasePattern(pattern).equals(value);
    case TextOperator::kPrefixIgnoreCase:
      return IgnoreCasePattern(pattern).is_prefix_of(value);
    case TextOperator::kSuffixIgnoreCase:
      return IgnoreCasePattern(pattern).is_suffix_of(value);
    case TextOperator::kWildcard:
      return Wildcard(pattern).matches(value);
  }
  return false;
}

std::optional<double> number_of(ScalarValue value) {
  if (value.kind != JsonToken::kNumber) return std::nullopt;
  return comparable_number(value.text);
}

bool above(const NumberRange& range, double number) {
  return range.open_bottom ? number > range.bottom : number >= range.bottom;
}

bool below(const NumberRange& range, double number) {
  return range.open_top ? number < range.top : number <= range.top;
}

bool in_range(const AddressRange& range, const Address& address) {
  return address.v6 == range.v6 && address.number >= range.bottom && address.number <= range.top;
}

struct Fits {
  ScalarValue value;

  bool operator()(const TextMatch& match) const {
    return value.kind == JsonToken::kString && text_fits(match.op, match.text, value.text);
  }
  bool operator()(const NumberEquals& match) const { return number_of(value) == match.value; }
  bool operator()(const NumberSpelling& match) const {
    return value.kind == JsonToken::kNumber && value.text == match.text;
  }
  bool operator()(const NumberRange& range) const {
    const auto number = number_of(value);
    return number && above(range, *number) && below(range, *number);
  }
  bool operator()(const AddressInRange& match) const {
    if (value.kind != JsonToken::kString) return false;
    const auto address = parse_address(value.text);
    return address && in_range(match.range, *address);
  }
  bool operator()(Literal literal) const {
    switch (literal) {
      case Literal::kTrue:
        return value.kind == JsonToken::kTrue;
      case Literal::kFalse:
        return value.kind == JsonToken::kFalse;
      case Literal::kNull:
        return value.kind == JsonToken::kNull;
    }
    return false;
  }
  bool operator()(const AnythingButText& but) const {
    return std::ranges::none_of(but.texts, [&](const std::string& text) { return (*this)(TextMatch{but.op, text}); });
  }
  bool operator()(const AnythingButNumbers& but) const {
    return std::ranges::none_of(but.numbers, [&](double number) { return (*this)(NumberEquals{number}); });
  }
  bool operator()(const Exists&) const { return true; }
  bool operator()(const Absent&) const { return false; }
};

// --- as JSON ---------------------------------------------------------------------------------------------------------

std::string number_text(double number) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), end};
}

std::string v4_text(unsigned __int128 number) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += std::to_string(static_cast<unsigned>(number >> shift & 0xFF));
    if (shift > 0) out += '.';
  }
  return out;
}

// As RFC 5952 writes it: small letters, the longest run of two or more zero groups as "::".
std::string v6_text(unsigned __int128 number) {
  std::array<unsigned, 8> groups;
  for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(number >> (112 - 16 * i) & 0xFFFF);
  std::size_t gap = 8;
  std::size_t gap_size = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > gap_size) {
      gap = i;
      gap_size = end - i;
    }
  }
  std::string out;
  for (std::size_t i = 0; i < 8;) {
    if (i == gap) {
      out += "::";
      i += gap_size;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    std::array<char, 4> hex;
    const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), groups[i], 16).ptr;
    out.append(hex.data(), end);
    ++i;
  }
  return out;
}

std::string range_text(const AddressRange& range) {
  std::string out = range.v6 ? v6_text(range.bottom) : v4_text(range.bottom);
  if (range.bottom == range.top) return out;
  const unsigned __int128 host = range.top - range.bottom;
  const int host_bits =
      std::popcount(static_cast<std::uint64_t>(host)) + std::popcount(static_cast<std::uint64_t>(host >> 64));
  return out + "/" + std::to_string((range.v6 ? 128 : 32) - host_bits);
}

std::string operator_json(TextOperator op, const std::string& operand) {
  switch (op) {
    case TextOperator::kEquals:
      return operand;
    case TextOperator::kPrefix:
      return "{\"prefix\":" + operand + "}";
    case TextOperator::kSuffix:
      return "{\"suffix\":" + operand + "}";
    case TextOperator::kEqualsIgnoreCase:
      return "{\"equals-ignore-case\":" + operand + "}";
    case TextOperator::kPrefixIgnoreCase:
      return "{\"prefix\":{\"equals-ignore-case\":" + operand + "}}";
    case TextOperator::kSuffixIgnoreCase:
      return "{\"suffix\":{\"equals-ignore-case\":" + operand + "}}";
    case TextOperator::kWildcard:
      return "{\"wildcard\":" + operand + "}";
  }
  return operand;
}

template <typename Items, typename Text>
std::string one_or_list(const Items& items, Text text) {
  if (items.size() == 1) return text(items.front());
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? "," : "") + text(item);
  return out + "]";
}

struct Json {
  std::string operator()(const TextMatch& match) const {
    // A plain string that is an address would be read as one: this is what {"exactly": …} is for.
    if (match.op == TextOperator::kEquals && parse_address(match.text)) {
      return "{\"exactly\":" + quoted_json(match.text) + "}";
    }
    return operator_json(match.op, quoted_json(match.text));
  }
  std::string operator()(const NumberEquals& match) const { return number_text(match.value); }
  std::string operator()(const NumberSpelling& match) const { return match.text; }
  std::string operator()(const NumberRange& range) const {
    std::string out;
    if (std::isfinite(range.bottom)) {
      out += std::string(range.open_bottom ? "\">\"," : "\">=\",") + number_text(range.bottom);
    }
    if (std::isfinite(range.top)) {
      if (!out.empty()) out += ',';
      out += std::string(range.open_top ? "\"<\"," : "\"<=\",") + number_text(range.top);
    }
    return "{\"numeric\":[" + out + "]}";
  }
  std::string operator()(const AddressInRange& match) const {
    const std::string range = quoted_json(range_text(match.range));
    return match.range.bottom == match.range.top ? range : "{\"cidr\":" + range + "}";
  }
  std::string operator()(Literal literal) const {
    return literal == Literal::kNull ? "null" : literal == Literal::kTrue ? "true" : "false";
  }
  std::string operator()(const AnythingButText& but) const {
    return "{\"anything-but\":" + operator_json(but.op, one_or_list(but.texts, quoted_json)) + "}";
  }
  std::string operator()(const AnythingButNumbers& but) const {
    return "{\"anything-but\":" + one_or_list(but.numbers, number_text) + "}";
  }
  std::string operator()(const Exists&) const { return R"({"exists":true})"; }
  std::string operator()(const Absent&) const { return R"({"exists":false})"; }
};

// --- why not? --------------------------------------------------------------------------------------------------------

std::string kind_text(JsonToken kind) {
  switch (kind) {
    case JsonToken::kString:
      return "a string";
    case JsonToken::kNumber:
      return "a number";
    case JsonToken::kTrue:
    case JsonToken::kFalse:
      return "a boolean";
    default:
      return "null";
  }
}

std::string_view failed_verb(TextOperator op) {
  switch (op) {
    case TextOperator::kEquals:
      return " is not ";
    case TextOperator::kPrefix:
      return " does not begin with ";
    case TextOperator::kSuffix:
      return " does not end with ";
    case TextOperator::kEqualsIgnoreCase:
      return " is not, in any case, ";
    case TextOperator::kPrefixIgnoreCase:
      return " does not begin, in any case, with ";
    case TextOperator::kSuffixIgnoreCase:
      return " does not end, in any case, with ";
    case TextOperator::kWildcard:
      return " does not have the form ";
  }
  return " is not ";
}

// How the value was caught by the entry of an anything-but.
std::string_view caught_verb(TextOperator op) {
  switch (op) {
    case TextOperator::kEquals:
      return " is ";
    case TextOperator::kPrefix:
      return " begins with ";
    case TextOperator::kSuffix:
      return " ends with ";
    case TextOperator::kEqualsIgnoreCase:
      return " is, but for case, ";
    case TextOperator::kPrefixIgnoreCase:
      return " begins, but for case, with ";
    case TextOperator::kSuffixIgnoreCase:
      return " ends, but for case, with ";
    case TextOperator::kWildcard:
      return " has the form ";
  }
  return " is ";
}

// Would ignoring case have made it fit?
bool differs_in_case(const TextMatch& match, std::string_view value) {
  const IgnoreCasePattern pattern(match.text);
  switch (match.op) {
    case TextOperator::kEquals:
      return pattern.equals(value);
    case TextOperator::kPrefix:
      return pattern.is_prefix_of(value);
    case TextOperator::kSuffix:
      return pattern.is_suffix_of(value);
    default:
      return false;
  }
}

struct WhyNot {
  ScalarValue value;
  std::string shown;

  std::string of_kind() const { return shown + (value.kind == JsonToken::kNull ? "" : " is " + kind_text(value.kind)); }
  std::string not_a(std::string_view wanted) const {
    if (value.kind == JsonToken::kNull) return "null is not " + std::string(wanted);
    return of_kind() + ", not " + std::string(wanted);
  }

  std::string operator()(const TextMatch& match) const {
    if (value.kind != JsonToken::kString) return not_a("a string");
    std::string out = shown + std::string(failed_verb(match.op)) + quoted_json(match.text);
    if (differs_in_case(match, value.text)) out += ", it differs in case";
    return out;
  }
  std::string operator()(const NumberEquals& match) const {
    if (value.kind != JsonToken::kNumber) return not_a("a number");
    if (!number_of(value)) return incomparable();
    return shown + " is not " + number_text(match.value);
  }
  std::string operator()(const NumberSpelling& match) const {
    if (value.kind != JsonToken::kNumber) return not_a("a number");
    return shown + " is not spelled " + match.text +
           ", and no double is exactly that number, so that only its spelling equals it";
  }
  std::string operator()(const NumberRange& range) const {
    if (value.kind != JsonToken::kNumber) return not_a("a number");
    const auto number = number_of(value);
    if (!number) return incomparable();
    if (!above(range, *number)) {
      return shown + " is not " + (range.open_bottom ? "> " : ">= ") + number_text(range.bottom);
    }
    return shown + " is not " + (range.open_top ? "< " : "<= ") + number_text(range.top);
  }
  std::string operator()(const AddressInRange& match) const {
    const bool one = match.range.bottom == match.range.top;
    if (value.kind != JsonToken::kString) return not_a("a string");
    const auto address = parse_address(value.text);
    if (!address) return shown + (one ? " is not " + quoted_json(range_text(match.range)) : " is not an IP address");
    if (one) return shown + " is not the address " + range_text(match.range);
    if (address->v6 != match.range.v6) {
      return shown + (address->v6 ? " is an IPv6 address, " : " is an IPv4 address, ") + range_text(match.range) +
             (match.range.v6 ? " holds IPv6 addresses" : " holds IPv4 addresses");
    }
    return shown + " is not in " + range_text(match.range);
  }
  std::string operator()(Literal literal) const {
    const std::string wanted = Json{}(literal);
    if (value.kind == JsonToken::kString && value.text == wanted) return of_kind() + ", not " + wanted + " itself";
    return shown + " is not " + wanted;
  }
  std::string operator()(const AnythingButText& but) const {
    for (const std::string& text : but.texts) {
      if (Fits{value}(TextMatch{but.op, text})) {
        return shown + std::string(caught_verb(but.op)) + quoted_json(text) + ", which anything-but excludes";
      }
    }
    return shown + " is excluded";
  }
  std::string operator()(const AnythingButNumbers& but) const {
    for (double number : but.numbers) {
      if (Fits{value}(NumberEquals{number})) {
        return shown + " is " + number_text(number) + ", which anything-but excludes";
      }
    }
    return shown + " is excluded";
  }
  std::string operator()(const Exists&) const { return shown + " exists"; }  // which fits
  std::string operator()(const Absent&) const { return shown + " is there, and exists: false asks for no value"; }

  std::string incomparable() const {
    return shown + " is a number that no double is exactly, so that only the same spelling equals it";
  }
};

}  // namespace

bool fits(const Condition& condition, ScalarValue value) { return std::visit(Fits{value}, condition); }

std::string condition_json(const Condition& condition) { return std::visit(Json{}, condition); }

std::string why_not(const Condition& condition, ScalarValue value, std::string_view shown) {
  return std::visit(WhyNot{value, std::string(shown)}, condition);
}

std::string quoted_json(std::string_view text) {
  constexpr std::string_view kEscaped = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    if (const std::size_t place = kEscaped.find(c); place != std::string_view::npos) {
      out += '\\';
      out += kLetters[place];
    } else if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xF];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace eventbus::rules
