#include "adapters/aws/sqs/sqs_input.h"

#include "adapters/aws/sqs/sqs_error.h"

#include <utility>

namespace eventbus::aws {

namespace {

std::string_view kind_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::string:
      return "STRING_VALUE";
    case json::kind::bool_:
      return "BOOLEAN_VALUE";
    case json::kind::array:
      return "START_ARRAY";
    case json::kind::object:
      return "START_OBJECT";
    case json::kind::double_:
      return "DECIMAL_VALUE";
    default:
      return "NUMBER_VALUE";
  }
}

std::string_view kind_name(SqsShape::Kind kind) {
  switch (kind) {
    case SqsShape::kString:
      return "String";
    case SqsShape::kInteger:
      return "Integer";
    case SqsShape::kBoolean:
      return "Boolean";
    case SqsShape::kStructure:
      return "Structure";
    case SqsShape::kList:
      return "List";
    case SqsShape::kMap:
      return "Map";
  }
  return "";
}

// AWS: a value of the wrong JSON type ("STRING_VALUE can not be converted to an Integer").
AwsError wrong_type(const json::value& value, SqsShape::Kind wanted) {
  std::string message(kind_name(value));
  message.append(" can not be converted to ")
      .append(wanted == SqsShape::kInteger ? "an " : "a ")
      .append(kind_name(wanted));
  return serialization(std::move(message));
}

std::optional<AwsError> check_members(std::span<const SqsMember> members, json::object& input, const std::string& path);

std::optional<AwsError> check_value(const SqsMember& member, const SqsShape& shape, json::value& value,
                                    const std::string& path) {
  switch (shape.kind) {
    case SqsShape::kString:
      if (!value.is_string()) return wrong_type(value, shape.kind);
      return std::nullopt;
    case SqsShape::kInteger:
      // Some clients write 10.0.
      if (const double* number = value.if_double(); number && *number >= -1e15 && *number <= 1e15 &&
                                                    static_cast<double>(static_cast<std::int64_t>(*number)) == *number)
        value = static_cast<std::int64_t>(*number);
      if (!value.is_int64()) return wrong_type(value, shape.kind);
      return std::nullopt;
    case SqsShape::kBoolean:
      if (!value.is_bool()) return wrong_type(value, shape.kind);
      return std::nullopt;
    case SqsShape::kStructure:
      if (!value.is_object()) return wrong_type(value, shape.kind);
      return check_members(shape.members, value.get_object(), path);
    case SqsShape::kList: {
      if (!value.is_array()) return wrong_type(value, shape.kind);
      std::size_t index = 0;
      for (json::value& element : value.get_array()) {
        std::string name;
        if (shape.element->kind == SqsShape::kStructure)
          name.append(member.query).append(".").append(std::to_string(++index)).append(".");
        if (std::optional<AwsError> error = check_value(member, *shape.element, element, name)) return error;
      }
      return std::nullopt;
    }
    case SqsShape::kMap:
      if (!value.is_object()) return wrong_type(value, shape.kind);
      for (auto& entry : value.get_object()) {
        std::string name;
        if (shape.element->kind == SqsShape::kStructure)
          name.append(member.query).append(".").append(entry.key()).append(".");
        if (std::optional<AwsError> error = check_value(member, *shape.element, entry.value(), name)) return error;
      }
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<AwsError> check_members(std::span<const SqsMember> members, json::object& input,
                                      const std::string& path) {
  for (const SqsMember& member : members) {
    const auto found = input.find(member.name);
    if (found != input.end() && !found->value().is_null()) {
      if (std::optional<AwsError> error = check_value(member, *member.shape, found->value(), path)) return error;
      continue;
    }
    if (found != input.end()) input.erase(found);
    if (member.required) return sqs_error(missing_parameter(path + std::string(member.name)));
  }
  return std::nullopt;
}

}  // namespace

std::optional<AwsError> check_input(std::span<const SqsMember> members, json::object& input) {
  return check_members(members, input, "");
}

std::optional<std::string_view> text_of(const json::object& input, std::string_view member) {
  const json::value* value = input.if_contains(member);
  if (!value) return std::nullopt;
  const json::string& text = value->as_string();
  return std::string_view(text.data(), text.size());
}

std::string string_of(const json::object& input, std::string_view member) {
  return std::string(text_of(input, member).value_or(""));
}

std::optional<std::int64_t> integer_of(const json::object& input, std::string_view member) {
  const json::value* value = input.if_contains(member);
  if (!value) return std::nullopt;
  return value->as_int64();
}

std::vector<std::string> strings_of(const json::object& input, std::string_view member) {
  std::vector<std::string> strings;
  if (const json::value* value = input.if_contains(member))
    for (const json::value& element : value->as_array()) strings.emplace_back(element.as_string());
  return strings;
}

std::map<std::string, std::string> string_map_of(const json::object& input, std::string_view member) {
  std::map<std::string, std::string> map;
  if (const json::value* value = input.if_contains(member))
    for (const auto& entry : value->as_object()) map.emplace(entry.key(), std::string(entry.value().as_string()));
  return map;
}

}  // namespace eventbus::aws
