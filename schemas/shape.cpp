#include "schemas/shape.h"

#include "schemas/rfc3339.h"

#include <boost/json/array.hpp>

#include <utility>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

void merge_into(Shape& a, const Shape& b);

// An object that has come to have too many keys.
void become_dictionary(Shape& shape) {
  Shape all;
  for (const auto& [name, member] : shape.members) merge_into(all, member);
  all.required = false;
  shape.members.clear();
  shape.dictionary = true;
  shape.values.assign(1, std::move(all));
}

void merge_lists(std::vector<Shape>& a, const std::vector<Shape>& b) {
  if (b.empty()) return;
  if (a.empty()) {
    a = b;
    return;
  }
  merge_into(a.front(), b.front());
}

void merge_objects(Shape& a, const Shape& b) {
  if (!b.object) return;
  if (!a.object) {
    a.object = true;
    a.dictionary = b.dictionary;
    a.values = b.values;
    a.members = b.members;
    return;
  }
  if (a.dictionary || b.dictionary) {
    if (!a.dictionary) become_dictionary(a);
    Shape other;
    other.object = true;
    other.dictionary = b.dictionary;
    other.values = b.values;
    other.members = b.members;
    if (!other.dictionary) become_dictionary(other);
    merge_lists(a.values, other.values);
    return;
  }
  for (auto& [name, member] : a.members) {
    const auto found = b.members.find(name);
    if (found == b.members.end())
      member.required = false;
    else
      merge_into(member, found->second);
  }
  for (const auto& [name, member] : b.members) {
    const auto [added, is_new] = a.members.try_emplace(name, member);
    if (is_new) added->second.required = false;
  }
  if (a.members.size() > Shape::kMembersMax) become_dictionary(a);
}

void merge_into(Shape& a, const Shape& b) {
  a.null |= b.null;
  a.boolean |= b.boolean;
  a.number |= b.number;
  a.date_time = (a.string ? a.date_time : b.date_time) && (b.string ? b.date_time : a.date_time);
  a.string |= b.string;
  a.required = a.required && b.required;
  merge_lists(a.elements, b.elements);
  merge_objects(a, b);
}

std::optional<Shape> shape_at(const json::value& value, std::size_t depth) {
  if (depth > Shape::kDepthMax) return std::nullopt;
  Shape shape;
  switch (value.kind()) {
    case json::kind::null:
      shape.null = true;
      break;
    case json::kind::bool_:
      shape.boolean = true;
      break;
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      shape.number = true;
      break;
    case json::kind::string:
      shape.string = true;
      shape.date_time = is_date_time(std::string_view(value.get_string()));
      break;
    case json::kind::array: {
      Shape all;
      bool first = true;
      for (const json::value& element : value.get_array()) {
        std::optional<Shape> one = shape_at(element, depth + 1);
        if (!one) return std::nullopt;
        if (std::exchange(first, false))
          all = *std::move(one);
        else
          merge_into(all, *one);
      }
      shape.elements.push_back(std::move(all));
      break;
    }
    case json::kind::object:
      shape.object = true;
      for (const auto& [name, member] : value.get_object()) {
        std::optional<Shape> one = shape_at(member, depth + 1);
        if (!one) return std::nullopt;
        one->required = true;
        shape.members.insert_or_assign(std::string(name), *std::move(one));
      }
      if (shape.members.size() > Shape::kMembersMax) become_dictionary(shape);
      break;
  }
  return shape;
}

}  // namespace

std::size_t Shape::alternatives() const {
  return static_cast<std::size_t>(boolean) + number + string + object + array();
}

std::vector<Shape> Shape::parts() const {
  std::vector<Shape> all;
  if (boolean) all.emplace_back().boolean = true;
  if (number) all.emplace_back().number = true;
  if (string) {
    Shape& part = all.emplace_back();
    part.string = true;
    part.date_time = date_time;
  }
  if (array()) all.emplace_back().elements = elements;
  if (object) {
    Shape& part = all.emplace_back();
    part.object = true;
    part.dictionary = dictionary;
    part.values = values;
    part.members = members;
  }
  return all;
}

std::optional<Shape> shape_of(const json::value& value) { return shape_at(value, 0); }

Shape merged(Shape a, const Shape& b) {
  merge_into(a, b);
  return a;
}

}  // namespace eventbus::schemas
