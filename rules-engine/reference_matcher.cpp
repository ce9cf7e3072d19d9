#include "rules-engine/reference_matcher.h"

#include "rules-engine/ignore_case.h"
#include "rules-engine/json_reader.h"
#include "rules-engine/number.h"
#include "rules-engine/wildcard.h"

#include <simdjson.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace eventbus::rules {
namespace {

// Array → index of the element entered; only elements that are objects or arrays count.
using Position = std::map<int, int>;

struct Value {
  JsonToken kind = JsonToken::kNull;
  std::string text;  // a string's text or a number's spelling
  Position position;
};

using Fields = std::multimap<std::string, Value>;

// --- event → fields --------------------------------------------------------------------------------------------------

class Flattening {
 public:
  explicit Flattening(std::string_view event) : json_(event) {}

  Result<Fields> run() {
    TRY(const JsonToken first, json_.next());
    if (first != JsonToken::kStartObject) return invalid("The event is not a JSON object");
    TRY_VOID(read_object("", true, {}));
    TRY(const JsonToken last, json_.next());
    if (last != JsonToken::kEndOfInput) return invalid("Text behind the event");
    return std::move(fields_);
  }

 private:
  Result<void> read_object(const std::string& path, bool root, const Position& position) {
    while (true) {
      TRY(const JsonToken token, json_.next());
      if (token == JsonToken::kEndObject) return {};
      const std::string inner = root ? json_.name() : path + "." + json_.name();
      TRY(const JsonToken value, json_.next());
      TRY_VOID(read_value(value, inner, position));
    }
  }

  Result<void> read_array(const std::string& path, const Position& position) {
    const int array = arrays_++;
    for (int index = 0;; ++index) {
      TRY(const JsonToken token, json_.next());
      if (token == JsonToken::kEndArray) return {};
      Position inner = position;
      if (token == JsonToken::kStartObject || token == JsonToken::kStartArray) inner[array] = index;
      TRY_VOID(read_value(token, path, inner));
    }
  }

  Result<void> read_value(JsonToken token, const std::string& path, const Position& position) {
    if (token == JsonToken::kStartObject) return read_object(path, false, position);
    if (token == JsonToken::kStartArray) return read_array(path, position);
    Value value{token, "", position};
    if (token == JsonToken::kString) {
      TRY(value.text, json_.string());
    }
    if (token == JsonToken::kNumber) value.text = json_.number();
    fields_.emplace(path, std::move(value));
    return {};
  }

  JsonReader json_;
  Fields fields_;
  int arrays_ = 0;
};

// --- one value against one condition ---------------------------------------------------------------------------------

bool text_matches(TextOperator op, const std::string& pattern, const std::string& value) {
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

class Satisfies {
 public:
  explicit Satisfies(const Value& value) : value_(value) {
    if (value.kind == JsonToken::kNumber) number_ = comparable_number(value.text);
  }

  bool operator()(const TextMatch& match) const {
    return value_.kind == JsonToken::kString && text_matches(match.op, match.text, value_.text);
  }
  bool operator()(const NumberEquals& match) const { return number_ && *number_ == match.value; }
  bool operator()(const NumberSpelling& match) const {
    return value_.kind == JsonToken::kNumber && value_.text == match.text;
  }
  bool operator()(const NumberRange& range) const {
    if (!number_) return false;
    const bool above = range.open_bottom ? *number_ > range.bottom : *number_ >= range.bottom;
    const bool below = range.open_top ? *number_ < range.top : *number_ <= range.top;
    return above && below;
  }
  bool operator()(const AddressInRange& match) const {
    if (value_.kind != JsonToken::kString) return false;
    const auto address = parse_address(value_.text);
    return address && address->v6 == match.range.v6 && address->number >= match.range.bottom &&
           address->number <= match.range.top;
  }
  bool operator()(Literal literal) const {
    switch (literal) {
      case Literal::kTrue:
        return value_.kind == JsonToken::kTrue;
      case Literal::kFalse:
        return value_.kind == JsonToken::kFalse;
      case Literal::kNull:
        return value_.kind == JsonToken::kNull;
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

 private:
  const Value& value_;
  std::optional<double> number_;
};

// --- fields of a branch, in order ------------------------------------------------------------------------------------

std::optional<Position> combine(const Position& chosen, const Position& other) {
  Position both = chosen;
  for (const auto& [array, index] : other) {
    const auto [place, fresh] = both.try_emplace(array, index);
    if (!fresh && place->second != index) return std::nullopt;
  }
  return both;
}

bool holds_from(const EventPattern& pattern, const EventPattern::Branch& branch, std::size_t index,
                const Fields& fields, const Position& chosen) {
  if (index == branch.size()) return true;
  const FieldPattern& field = pattern.fields()[branch[index]];
  bool any_consistent = false;
  const auto [first, last] = fields.equal_range(field.path);
  for (auto place = first; place != last; ++place) {
    const auto combined = combine(chosen, place->second.position);
    if (!combined) continue;
    any_consistent = true;
    const Satisfies satisfies(place->second);
    const bool satisfied = std::ranges::any_of(
        field.conditions, [&](const Condition& condition) { return std::visit(satisfies, condition); });
    if (satisfied && holds_from(pattern, branch, index + 1, fields, *combined)) return true;
  }
  const bool may_be_absent = std::ranges::any_of(
      field.conditions, [](const Condition& condition) { return std::holds_alternative<Absent>(condition); });
  return may_be_absent && !any_consistent && holds_from(pattern, branch, index + 1, fields, chosen);
}

}  // namespace

Result<bool> reference_match(const EventPattern& pattern, std::string_view event) {
  if (!simdjson::validate_utf8(event.data(), event.size())) return invalid("The event is not UTF-8");
  TRY(const Fields fields, Flattening(event).run());
  return std::ranges::any_of(pattern.branches(), [&](const EventPattern::Branch& branch) {
    return holds_from(pattern, branch, 0, fields, {});
  });
}

}  // namespace eventbus::rules
