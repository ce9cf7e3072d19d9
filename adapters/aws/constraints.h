#pragma once

#include "adapters/aws/aws_error.h"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace eventbus::aws {

// The constraints of an API model as constant data: required members, lengths, ranges, enums, patterns. A service has
// one table (adapters/aws/events/constraints.cpp), written with the functions below.

struct Member;

struct Shape {
  enum Kind { kString, kInteger, kLong, kBoolean, kTimestamp, kStructure, kList, kMap, kNever };
  static constexpr std::int64_t kNoMin = std::numeric_limits<std::int64_t>::min();
  static constexpr std::int64_t kNoMax = std::numeric_limits<std::int64_t>::max();

  Kind kind = kString;
  std::int64_t min = kNoMin, max = kNoMax;   // characters of a string, value of an integer, size of a list or map
  std::string_view pattern;                  // of a string: a regular expression for the whole of it, as AWS prints it
  std::string_view re2_pattern;              // the same for RE2, where `pattern` uses what RE2 has not
  bool sensitive = false;                    // its value is not repeated in messages
  std::span<const std::string_view> values;  // of an enum, in the order AWS prints
  std::string_view name;                     // of a structure, as AWS prints it
  const Member* members = nullptr;
  std::size_t member_count = 0;
  const Shape* key = nullptr;      // of a map: always a string
  const Shape* element = nullptr;  // of a list or map

  constexpr Shape matching(std::string_view regular_expression) const {
    Shape shape = *this;
    shape.pattern = shape.re2_pattern = regular_expression;
    return shape;
  }
  constexpr Shape matching(std::string_view printed, std::string_view equivalent) const {
    Shape shape = matching(printed);
    shape.re2_pattern = equivalent;
    return shape;
  }
  constexpr Shape secret() const {
    Shape shape = *this;
    shape.sensitive = true;
    return shape;
  }
};

struct Member {
  std::string_view name;
  Shape shape;
  bool required = false;
};

constexpr Member required(std::string_view name, const Shape& shape) { return {name, shape, true}; }
constexpr Member optional(std::string_view name, const Shape& shape) { return {name, shape, false}; }
// A member of AWS's own classes that no client can send; it stands, always null, in printed values.
constexpr Member unsendable(std::string_view name) { return {name, Shape{.kind = Shape::kNever}, false}; }

constexpr Shape text(std::int64_t min = Shape::kNoMin, std::int64_t max = Shape::kNoMax) {
  return {.kind = Shape::kString, .min = min, .max = max};
}
constexpr Shape one_of(std::span<const std::string_view> values) { return {.kind = Shape::kString, .values = values}; }
constexpr Shape integer(std::int64_t min = Shape::kNoMin, std::int64_t max = Shape::kNoMax) {
  return {.kind = Shape::kInteger, .min = min, .max = max};
}
// 64 bits: milliseconds since 1970.
constexpr Shape long_integer(std::int64_t min = Shape::kNoMin) { return {.kind = Shape::kLong, .min = min}; }
constexpr Shape boolean() { return {.kind = Shape::kBoolean}; }
constexpr Shape timestamp() { return {.kind = Shape::kTimestamp}; }

template <std::size_t N>
constexpr Shape structure(std::string_view name, const Member (&members)[N]) {
  return {.kind = Shape::kStructure, .name = name, .members = members, .member_count = N};
}
// The element (and key) shapes are referred to: they must be constants of namespace scope.
constexpr Shape list_of(const Shape& element, std::int64_t min = Shape::kNoMin, std::int64_t max = Shape::kNoMax) {
  return {.kind = Shape::kList, .min = min, .max = max, .element = &element};
}
constexpr Shape map_of(const Shape& key, const Shape& value, std::int64_t min = Shape::kNoMin,
                       std::int64_t max = Shape::kNoMax) {
  return {.kind = Shape::kMap, .min = min, .max = max, .key = &key, .element = &value};
}
constexpr Shape list_of(const Shape&&, std::int64_t = 0, std::int64_t = 0) = delete;
constexpr Shape map_of(const Shape&&, const Shape&, std::int64_t = 0, std::int64_t = 0) = delete;
constexpr Shape map_of(const Shape&, const Shape&&, std::int64_t = 0, std::int64_t = 0) = delete;

struct OperationInput {
  std::string_view operation;
  Shape shape;  // a structure
};

// A bound of the model that this daemon's operator has moved: the maximum of one member of an operation's input.
struct MovedMaximum {
  std::string_view operation, member;
  std::int64_t max;
};

// Checks inputs against such a table. Immutable; safe to call from any thread.
class Constraints {
 public:
  // What `inputs` refers to outlives this. Compiles every pattern once.
  explicit Constraints(std::span<const OperationInput> inputs, std::span<const MovedMaximum> moved = {});
  ~Constraints();

  // Makes `input` what the model describes (members that are null or unknown go, integers lose a fraction) and checks
  // it. nullopt: all is well, or the operation is not in the table. Errors:
  //   SerializationException   a member has the wrong JSON type
  //   ValidationException      "2 validation errors detected: Value '…' at 'targets.1.member.id' failed to satisfy
  //                            constraint: …; Value …", every violation in it
  std::optional<AwsError> admit(std::string_view operation, boost::json::object& input) const;

 private:
  struct Patterns;
  void move(const MovedMaximum& moved);

  std::vector<OperationInput> inputs_;
  std::vector<std::vector<Member>> moved_members_;  // what inputs with moved bounds refer to
  std::unique_ptr<const Patterns> patterns_;
};

}  // namespace eventbus::aws
