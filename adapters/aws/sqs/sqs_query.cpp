#include "adapters/aws/sqs/sqs_query.h"

#include "adapters/aws/sqs/sqs_error.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

namespace eventbus::aws {

namespace {

constexpr std::size_t kPartsMax = 10;  // of a dotted name; the deepest of the model has six

// The parameters as a tree by the parts of their dotted names.
struct Node {
  std::optional<std::string_view> value;  // into the fields
  std::map<std::string_view, Node> children;

  const Node* find(std::string_view name) const {
    const auto found = children.find(name);
    return found == children.end() ? nullptr : &found->second;
  }
  const Node* find_first(std::initializer_list<std::string_view> names) const {
    for (const std::string_view name : names)
      if (const Node* node = find(name)) return node;
    return nullptr;
  }
};

Node tree_of(const std::vector<FormField>& fields) {
  Node root;
  for (const FormField& field : fields) {
    std::string_view name = field.name;
    if (static_cast<std::size_t>(std::ranges::count(name, '.')) >= kPartsMax) continue;
    Node* node = &root;
    for (;;) {
      const std::size_t dot = name.find('.');
      node = &node->children[name.substr(0, dot)];
      if (dot == std::string_view::npos) break;
      name.remove_prefix(dot + 1);
    }
    if (!node->value) node->value = field.value;
  }
  return root;
}

// The numbered children in the order of their numbers.
std::vector<const Node*> elements_of(const Node& node) {
  std::vector<std::pair<std::uint64_t, const Node*>> numbered;
  for (const auto& [name, child] : node.children) {
    std::uint64_t number = 0;
    const char* end = name.data() + name.size();
    if (const auto [stopped, error] = std::from_chars(name.data(), end, number); error == std::errc() && stopped == end)
      numbered.emplace_back(number, &child);
  }
  std::ranges::sort(numbered, {}, &std::pair<std::uint64_t, const Node*>::first);
  std::vector<const Node*> elements;
  for (const auto& [number, child] : numbered) elements.push_back(child);
  return elements;
}

AwsResult<json::value> decode_value(const SqsMember& member, const SqsShape& shape, const Node& node);

AwsResult<json::object> decode_members(std::span<const SqsMember> members, const Node& node) {
  json::object object;
  for (const SqsMember& member : members) {
    const Node* child = node.find_first({member.query, member.name});
    if (!child) {
      // AWS: a batch without entries is an EmptyBatchRequest, not a missing parameter. An empty list has no spelling of
      // its own in a form.
      if (member.name == "Entries") object.emplace(member.name, json::array());
      continue;
    }
    TRY(json::value value, decode_value(member, *member.shape, *child));
    object.emplace(member.name, std::move(value));
  }
  return object;
}

AwsResult<json::value> decode_integer(const SqsMember& member, std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end)
    return sqs_error(invalid_parameter(text, member.name, "Must be an integer."));
  return json::value(number);
}

AwsResult<json::value> decode_list(const SqsMember& member, const SqsShape& shape, const Node& node) {
  const Node* members = node.find("member");
  std::vector<const Node*> elements = elements_of(members ? *members : node);
  if (elements.empty() && node.value && !node.value->empty()) elements.push_back(&node);  // AttributeName=All
  json::array list;
  for (const Node* element : elements) {
    TRY(json::value value, decode_value(member, *shape.element, *element));
    list.push_back(std::move(value));
  }
  return json::value(std::move(list));
}

AwsResult<json::value> decode_map(const SqsMember& member, const SqsShape& shape, const Node& node) {
  const Node* entries = node.find("entry");
  std::vector<const Node*> elements = elements_of(entries ? *entries : node);
  if (elements.empty()) elements.push_back(&node);  // Attribute.Name=…&Attribute.Value=…
  json::object map;
  for (const Node* element : elements) {
    const Node* key = element->find_first({shape.key, "Name", "Key", "key"});
    if (!key || !key->value) continue;
    static const Node kEmpty{.value = "", .children = {}};
    const Node* value = element->find_first({"Value", "value"});
    TRY(json::value decoded, decode_value(member, *shape.element, value ? *value : kEmpty));
    map.emplace(*key->value, std::move(decoded));
  }
  return json::value(std::move(map));
}

AwsResult<json::value> decode_value(const SqsMember& member, const SqsShape& shape, const Node& node) {
  switch (shape.kind) {
    case SqsShape::kString:
      return json::value(node.value.value_or(""));
    case SqsShape::kInteger:
      return decode_integer(member, node.value.value_or(""));
    case SqsShape::kBoolean:
      return json::value(node.value == "true");
    case SqsShape::kStructure: {
      TRY(json::object object, decode_members(shape.members, node));
      return json::value(std::move(object));
    }
    case SqsShape::kList:
      return decode_list(member, shape, node);
    case SqsShape::kMap:
      return decode_map(member, shape, node);
  }
  return json::value();
}

// ---- encoding

void append_element(std::string& out, std::string_view name, const json::value& value, const SqsShape& shape);

void append_open(std::string& out, std::string_view name) { out.append("<").append(name).append(">"); }
void append_close(std::string& out, std::string_view name) { out.append("</").append(name).append(">"); }

void append_members(std::string& out, const json::object& object, std::span<const SqsMember> members) {
  for (const SqsMember& member : members) {
    const json::value* value = object.if_contains(member.name);
    if (value) append_element(out, member.query, *value, *member.shape);
  }
}

void append_element(std::string& out, std::string_view name, const json::value& value, const SqsShape& shape) {
  switch (shape.kind) {
    case SqsShape::kList:
      for (const json::value& element : value.as_array()) append_element(out, name, element, *shape.element);
      return;
    case SqsShape::kMap:
      for (const auto& entry : value.as_object()) {
        append_open(out, name);
        append_open(out, shape.key);
        append_xml_escaped(out, entry.key());
        append_close(out, shape.key);
        append_element(out, "Value", entry.value(), *shape.element);
        append_close(out, name);
      }
      return;
    default:
      break;
  }
  append_open(out, name);
  if (shape.kind == SqsShape::kStructure) append_members(out, value.as_object(), shape.members);
  if (shape.kind == SqsShape::kString) append_xml_escaped(out, std::string_view(value.as_string()));
  if (shape.kind == SqsShape::kInteger) out.append(std::to_string(value.as_int64()));
  if (shape.kind == SqsShape::kBoolean) out.append(value.as_bool() ? "true" : "false");
  append_close(out, name);
}

}  // namespace

AwsResult<json::object> decode_query(const std::vector<FormField>& fields, std::span<const SqsMember> members) {
  return decode_members(members, tree_of(fields));
}

std::string encode_query(const json::object& output, std::span<const SqsMember> members) {
  std::string xml;
  append_members(xml, output, members);
  return xml;
}

}  // namespace eventbus::aws
