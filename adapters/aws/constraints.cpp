#include "adapters/aws/constraints.h"

#include "bus/text_length.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace eventbus::aws {

namespace json = boost::json;

// RE2 rather than std::regex, which recurses once per character of the user's text.
struct Constraints::Patterns {
  std::map<std::string_view, std::unique_ptr<RE2>> compiled;  // by re2_pattern

  void add(const Shape& shape) {
    if (!shape.re2_pattern.empty() && !compiled.contains(shape.re2_pattern)) {
      auto regex = std::make_unique<RE2>(shape.re2_pattern, RE2::Quiet);
      if (!regex->ok()) std::abort();  // a typing error in our own table; any test that makes the service sees it
      compiled.emplace(shape.re2_pattern, std::move(regex));
    }
    for (std::size_t i = 0; i < shape.member_count; ++i) add(shape.members[i].shape);
    if (shape.key) add(*shape.key);
    if (shape.element) add(*shape.element);
  }

  bool matches(const Shape& shape, std::string_view text) const {
    return shape.re2_pattern.empty() || RE2::FullMatch(text, *compiled.at(shape.re2_pattern));
  }
};

namespace {

// ---- Values as AWS prints them: Java's toString ----

std::string lower_camel(std::string_view name) {
  std::string lower(name);
  if (!lower.empty() && lower[0] >= 'A' && lower[0] <= 'Z') lower[0] = static_cast<char>(lower[0] - 'A' + 'a');
  return lower;
}

std::string printed(const json::value& value, const Shape& shape);

std::string printed_list(const json::array& list, const Shape& shape) {
  std::string text = "[";
  for (const json::value& element : list) {
    if (text.size() > 1) text += ", ";
    text += printed(element, *shape.element);
  }
  return text + "]";
}

std::string printed_map(const json::object& map, const Shape& shape) {
  std::string text = "{";
  for (const auto& [key, value] : map) {
    if (text.size() > 1) text += ", ";
    text += std::string(key) + "=" + printed(value, *shape.element);
  }
  return text + "}";
}

std::string printed_structure(const json::object& object, const Shape& shape) {
  std::string text(shape.name);
  text += "(";
  for (std::size_t i = 0; i < shape.member_count; ++i) {
    const Member& member = shape.members[i];
    const json::value* value = object.if_contains(member.name);
    if (i > 0) text += ", ";
    text += lower_camel(member.name) + "=" + (value ? printed(*value, member.shape) : "null");
  }
  return text + ")";
}

std::string printed(const json::value& value, const Shape& shape) {
  if (value.is_null()) return "null";
  if (shape.sensitive) return "*** Sensitive Data Redacted ***";
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_array() && shape.kind == Shape::kList) return printed_list(value.get_array(), shape);
  if (value.is_object() && shape.kind == Shape::kMap) return printed_map(value.get_object(), shape);
  if (value.is_object() && shape.kind == Shape::kStructure) return printed_structure(value.get_object(), shape);
  return json::serialize(value);
}

// ---- The constraints of one value, as sentences ----

std::string at_most(const char* what, std::int64_t max) {
  return std::string("Member must have ") + what + " less than or equal to " + std::to_string(max);
}
std::string at_least(const char* what, std::int64_t min) {
  return std::string("Member must have ") + what + " greater than or equal to " + std::to_string(min);
}
std::string pattern_sentence(const Shape& shape) {
  return "Member must satisfy regular expression pattern: " + std::string(shape.pattern);
}
std::string enum_sentence(const Shape& shape) {
  std::string text = "Member must satisfy enum value set: [";
  for (std::size_t i = 0; i < shape.values.size(); ++i) text += (i > 0 ? ", " : "") + std::string(shape.values[i]);
  return text + "]";
}

// All constraints of a string, broken or not: what AWS says of map keys and values.
std::string all_sentences(const Shape& shape) {
  std::vector<std::string> sentences;
  if (shape.max != Shape::kNoMax) sentences.push_back(at_most("length", shape.max));
  if (shape.max != Shape::kNoMax || shape.min != Shape::kNoMin)
    sentences.push_back(at_least("length", std::max<std::int64_t>(shape.min, 0)));
  if (!shape.pattern.empty()) sentences.push_back(pattern_sentence(shape));
  std::string text;
  for (const std::string& sentence : sentences) text += (text.empty() ? "" : ", ") + sentence;
  return "[" + text + "]";
}

// AWS's wording of wrong JSON types; which of them a client gets depends on what it sent.
AwsError wrong_type(const json::value& value, const Shape& expected) {
  if (value.is_object()) return serialization("Start of structure or map found where not expected.");
  if (value.is_array()) return serialization("Start of list found where not expected");
  const char* given = value.is_string()                    ? "STRING_VALUE"
                      : value.is_bool() && value.as_bool() ? "TRUE_VALUE"
                      : value.is_bool()                    ? "FALSE_VALUE"
                                                           : "NUMBER_VALUE";
  switch (expected.kind) {
    case Shape::kString:
      return serialization(std::string(given) + " can not be converted to a String");
    case Shape::kInteger:
      return serialization(std::string(given) + " can not be converted to an Integer");
    case Shape::kLong:
      return serialization(std::string(given) + " can not be converted to a Long");
    case Shape::kBoolean:
      return serialization(std::string(given) + " can not be converted to a Boolean");
    case Shape::kTimestamp:
      return serialization(std::string(given) + " can not be converted to milliseconds since epoch");
    case Shape::kList:
      return serialization("Expected list or null");
    default:
      return serialization("Expected start of structure or map, or null");
  }
}

bool has_type(const json::value& value, Shape::Kind kind) {
  switch (kind) {
    case Shape::kString:
      return value.is_string();
    case Shape::kInteger:
    case Shape::kLong:
    case Shape::kTimestamp:
      return value.is_number();
    case Shape::kBoolean:
      return value.is_bool();
    case Shape::kList:
      return value.is_array();
    case Shape::kStructure:
    case Shape::kMap:
      return value.is_object();
    case Shape::kNever:
      return false;
  }
  return false;
}

// AWS: fractions are cut off, and what is beyond 32 bits counts as the largest one (behaviour §3, RetentionDays).
std::int64_t to_java_integer(const json::value& number) {
  constexpr double kMin = std::numeric_limits<std::int32_t>::min(), kMax = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int64_t>(std::trunc(std::clamp(number.to_number<double>(), kMin, kMax)));
}

std::int64_t to_java_long(const json::value& number) {
  if (number.is_int64()) return number.get_int64();
  constexpr double kMost = 9.2e18;
  return static_cast<std::int64_t>(std::trunc(std::clamp(number.to_number<double>(), -kMost, kMost)));
}

class Check {
 public:
  explicit Check(const std::function<bool(const Shape&, std::string_view)>& matches) : matches_(matches) {}

  // The wrong type ends everything; violations are collected.
  std::optional<AwsError> structure(json::object& object, const Shape& shape, const std::string& path) {
    drop_unknown(object, shape);
    for (std::size_t i = 0; i < shape.member_count; ++i) {
      const Member& member = shape.members[i];
      const std::string member_path = (path.empty() ? "" : path + ".") + lower_camel(member.name);
      json::value* value = object.if_contains(member.name);
      if (!value) {
        if (member.required)
          violations_.push_back("Value null at '" + member_path +
                                "' failed to satisfy constraint: Member must not be null");
        continue;
      }
      if (auto error = any(*value, member.shape, member_path)) return error;
    }
    return std::nullopt;
  }

  std::optional<AwsError> verdict() const {
    if (violations_.empty()) return std::nullopt;
    std::string message =
        std::to_string(violations_.size()) + " validation error" + (violations_.size() == 1 ? "" : "s") + " detected: ";
    for (std::size_t i = 0; i < violations_.size(); ++i) message += (i > 0 ? "; " : "") + violations_[i];
    return validation(std::move(message));
  }

 private:
  std::optional<AwsError> any(json::value& value, const Shape& shape, const std::string& path) {
    if (!has_type(value, shape.kind)) return wrong_type(value, shape);
    switch (shape.kind) {
      case Shape::kString:
        string(value, shape, path);
        return std::nullopt;
      case Shape::kInteger:
        value = to_java_integer(value);
        range(value, shape, path, value.get_int64(), "value");
        return std::nullopt;
      case Shape::kLong:
        value = to_java_long(value);
        range(value, shape, path, value.get_int64(), "value");
        return std::nullopt;
      case Shape::kStructure:
        return structure(value.get_object(), shape, path);
      case Shape::kList:
        return list(value, shape, path);
      case Shape::kMap:
        return map(value, shape, path);
      default:
        return std::nullopt;
    }
  }

  void string(const json::value& value, const Shape& shape, const std::string& path) {
    const std::string_view text(value.get_string().data(), value.get_string().size());
    range(value, shape, path, static_cast<std::int64_t>(utf16_length(text)), "length");
    if (!matches_(shape, text)) violate(value, shape, path, pattern_sentence(shape));
    const bool known = shape.values.empty() || std::ranges::find(shape.values, text) != shape.values.end();
    if (!known) violate(value, shape, path, enum_sentence(shape));
  }

  std::optional<AwsError> list(json::value& value, const Shape& shape, const std::string& path) {
    json::array& list = value.get_array();
    range(value, shape, path, static_cast<std::int64_t>(list.size()), "length");
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string element_path = path + "." + std::to_string(i + 1) + ".member";
      if (list[i].is_null()) {
        violations_.push_back("Value null at '" + element_path +
                              "' failed to satisfy constraint: Member must not be null");
      } else if (auto error = any(list[i], *shape.element, element_path)) {
        return error;
      }
    }
    return std::nullopt;
  }

  std::optional<AwsError> map(json::value& value, const Shape& shape, const std::string& path) {
    json::object& map = value.get_object();
    range(value, shape, path, static_cast<std::int64_t>(map.size()), "length");
    bool keys = true, values = true;
    for (auto& [key, element] : map) {
      keys = keys && acceptable(std::string_view(key.data(), key.size()), *shape.key);
      if (!has_type(element, shape.element->kind)) return wrong_type(element, *shape.element);
      values = values && acceptable({element.get_string().data(), element.get_string().size()}, *shape.element);
    }
    if (!keys) violate(value, shape, path, "Map keys must satisfy constraint: " + all_sentences(*shape.key));
    if (!values) violate(value, shape, path, "Map value must satisfy constraint: " + all_sentences(*shape.element));
    return std::nullopt;
  }

  bool acceptable(std::string_view text, const Shape& shape) const {
    const auto length = static_cast<std::int64_t>(utf16_length(text));
    return length >= shape.min && length <= shape.max && matches_(shape, text);
  }

  void range(const json::value& value, const Shape& shape, const std::string& path, std::int64_t measure,
             const char* what) {
    if (measure > shape.max) violate(value, shape, path, at_most(what, shape.max));
    if (measure < shape.min) violate(value, shape, path, at_least(what, shape.min));
  }

  void violate(const json::value& value, const Shape& shape, const std::string& path, const std::string& constraint) {
    violations_.push_back("Value '" + printed(value, shape) + "' at '" + path +
                          "' failed to satisfy constraint: " + constraint);
  }

  // AWS passes over members it does not know, and null is "not given".
  static void drop_unknown(json::object& object, const Shape& shape) {
    for (auto entry = object.begin(); entry != object.end();) {
      const std::string_view name(entry->key().data(), entry->key().size());
      const Member* end = shape.members + shape.member_count;
      const Member* member = std::find_if(shape.members, end, [&](const Member& m) { return m.name == name; });
      const bool known = member != end && member->shape.kind != Shape::kNever && !entry->value().is_null();
      entry = known ? entry + 1 : object.erase(entry);
    }
  }

  const std::function<bool(const Shape&, std::string_view)>& matches_;
  std::vector<std::string> violations_;
};

}  // namespace

Constraints::Constraints(std::span<const OperationInput> inputs, std::span<const MovedMaximum> moved)
    : inputs_(inputs.begin(), inputs.end()) {
  for (const MovedMaximum& bound : moved) move(bound);
  auto patterns = std::make_unique<Patterns>();
  for (const OperationInput& input : inputs) patterns->add(input.shape);
  patterns_ = std::move(patterns);
}

Constraints::~Constraints() = default;

void Constraints::move(const MovedMaximum& moved) {
  const auto input = std::ranges::find(inputs_, moved.operation, &OperationInput::operation);
  if (input == inputs_.end()) std::abort();  // a typing error in our own table
  Shape& shape = input->shape;
  std::vector<Member>& members = moved_members_.emplace_back(shape.members, shape.members + shape.member_count);
  const auto member = std::ranges::find(members, moved.member, &Member::name);
  if (member == members.end()) std::abort();
  member->shape.max = moved.max;
  shape.members = members.data();  // stays where it is when moved_members_ grows
}

std::optional<AwsError> Constraints::admit(std::string_view operation, json::object& input) const {
  const auto found = std::ranges::find(inputs_, operation, &OperationInput::operation);
  if (found == inputs_.end()) return std::nullopt;
  const std::function<bool(const Shape&, std::string_view)> matches =
      [this](const Shape& shape, std::string_view text) { return patterns_->matches(shape, text); };
  Check check(matches);
  if (auto error = check.structure(input, found->shape, "")) return error;
  return check.verdict();
}

}  // namespace eventbus::aws
