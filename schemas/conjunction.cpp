#include "schemas/conjunction.h"

#include "schemas/schema_check.h"

namespace eventbus::schemas {

namespace json = boost::json;

const SchemaNode& behind_references(const SchemaNode& node) {
  const SchemaNode* at = &node;
  while (at->reference) at = at->reference;
  return *at;
}

void Conjunction::add(const SchemaNode& referring) {
  const SchemaNode& node = behind_references(referring);
  if (std::ranges::find(parts_, &node) != parts_.end()) return;
  parts_.push_back(&node);
  if (!node.combinations) return;
  for (const SchemaNode* part : node.combinations->all_of) add(*part);
}

bool Conjunction::nothing_fits() const {
  return types() == 0 || std::ranges::any_of(parts_, [](const SchemaNode* part) { return part->nothing_fits; });
}

TypeSet Conjunction::types() const {
  TypeSet types = kEveryType;
  for (const SchemaNode* part : parts_) types = static_cast<TypeSet>(types & part->types);
  return types;
}

bool Conjunction::fits(const json::value& value) const {
  return std::ranges::all_of(parts_, [&](const SchemaNode* part) { return SchemaCheck().fits(*part, value, Place{}); });
}

std::optional<std::vector<json::value>> Conjunction::values() const {
  std::optional<std::vector<json::value>> all;
  for (const SchemaNode* part : parts_)
    if (part->values && !all) all = part->values;
  if (!all && (types() & ~(kNull | kBoolean)) == 0) all = std::vector<json::value>{nullptr, false, true};
  if (all) std::erase_if(*all, [&](const json::value& value) { return !fits(value); });
  return all;
}

bool Conjunction::requires_member(std::string_view name) const {
  return any([&](const SchemaNode& part) {
    const Property* property = part.object ? part.object->find(name) : nullptr;
    return property && property->required;
  });
}

bool are_disjoint(const SchemaNode& left_node, const SchemaNode& right_node) {
  const Conjunction left(left_node), right(right_node);
  if ((left.types() & right.types()) == 0) return true;
  // Told apart by a member that one of them requires, and that has other values in each.
  for (const SchemaNode* part : left.parts()) {
    if (!part->object) continue;
    for (const Property& property : part->object->properties) {
      if (!property.schema || !(left.requires_member(property.name) || right.requires_member(property.name))) continue;
      const auto values = Conjunction(*property.schema).values();
      if (!values) continue;
      for (const SchemaNode* other : right.parts()) {
        const Property* same = other->object ? other->object->find(property.name) : nullptr;
        if (!same || !same->schema) continue;
        const Conjunction there(*same->schema);
        if (std::ranges::none_of(*values, [&](const json::value& value) { return there.fits(value); })) return true;
      }
    }
  }
  return false;
}

}  // namespace eventbus::schemas
