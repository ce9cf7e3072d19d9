#pragma once

#include "rules-engine/address.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace eventbus::rules {

// How a pattern's text is compared with a string value. Only strings satisfy these: "1" never equals 1.
enum class TextOperator : std::uint8_t {
  kEquals,
  kPrefix,
  kSuffix,
  kEqualsIgnoreCase,
  kPrefixIgnoreCase,
  kSuffixIgnoreCase,
  kWildcard,  // the text as written: `*` any run of bytes, `\*` and `\\` literal
};

struct TextMatch {
  TextOperator op = TextOperator::kEquals;
  std::string text;
};

// A number given as a plain value, compared by value: 300 is 300.0 is 3.0e2.
struct NumberEquals {
  double value = 0;
};

// A plain number that no double represents exactly enough (see comparable_number): it equals only its own spelling.
struct NumberSpelling {
  std::string text;
};

struct NumberRange {
  double bottom = 0;
  double top = 0;
  bool open_bottom = false;
  bool open_top = false;
};

// A string that is an IP address between `bottom` and `top`, both included. A plain address is a range of one.
struct AddressInRange {
  AddressRange range;
};

enum class Literal : std::uint8_t { kTrue, kFalse, kNull };

// Satisfied by every value that none of `texts` matches: numbers, booleans and null among them.
struct AnythingButText {
  TextOperator op = TextOperator::kEquals;
  std::vector<std::string> texts;
};

// Satisfied by every value that is none of `numbers`: strings, booleans and null among them.
struct AnythingButNumbers {
  std::vector<double> numbers;
};

struct Exists {};  // any value at all
struct Absent {};  // exists: false

using Condition = std::variant<TextMatch, NumberEquals, NumberSpelling, NumberRange, AddressInRange, Literal,
                               AnythingButText, AnythingButNumbers, Exists, Absent>;

// One field of a pattern: the alternatives of its array.
struct FieldPattern {
  std::string path;  // steps joined with dots
  std::vector<Condition> conditions;
};

// A parsed pattern: what the user wrote, with `$or` expanded. An event matches if it satisfies all fields of any
// branch. Immutable once parsed; see parse_event_pattern.
class EventPattern {
 public:
  // Indices into fields(), in the order in which AWS judges them: ascending UTF-16 order of their paths.
  using Branch = std::vector<std::uint32_t>;

  EventPattern(std::vector<FieldPattern> fields, std::vector<Branch> branches);

  const std::vector<FieldPattern>& fields() const { return fields_; }
  const std::vector<Branch>& branches() const { return branches_; }

 private:
  std::vector<FieldPattern> fields_;
  std::vector<Branch> branches_;
};

// The order of two UTF-8 texts as Java compares strings: by UTF-16 units. It differs from byte order only where
// characters beyond U+FFFF meet U+E000 to U+FFFF.
std::strong_ordering utf16_order(std::string_view left, std::string_view right);

}  // namespace eventbus::rules
