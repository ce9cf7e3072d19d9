#include "schemas/comparison.h"
#include "schemas/json_pointer.h"
#include "schemas/json_value.h"

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

// The schemas that one object's rules have for a member.
std::vector<const SchemaNode*> schemas_of_member(const ObjectRules& rules, std::string_view name) {
  std::vector<const SchemaNode*> all;
  if (const Property* property = rules.find(name); property && property->schema) all.push_back(property->schema);
  for (const auto& [pattern, schema] : rules.patterns)
    if (pattern->matches(name)) all.push_back(schema);
  if (all.empty() && rules.others) all.push_back(rules.others);
  return all;
}

void add_for_pattern(Conjunction& given, const ObjectRules& rules, const std::string& pattern) {
  bool found = false;
  for (const auto& [own, schema] : rules.patterns) {
    if (own->source() != pattern) continue;
    given.add(*schema);
    found = true;
  }
  // Names that the pattern covers may be covered by other patterns too; what is common to all is `others` only where
  // there are none.
  if (!found && rules.patterns.empty()) given.add(rules.others);
}

}  // namespace

Findings Comparison::objects(const Conjunction& sub, const ObjectRules& super, const std::string& path) {
  Findings findings;
  std::set<std::string, std::less<>> named, required;
  for (const SchemaNode* part : sub.parts()) {
    if (!part->object) continue;
    for (const Property& property : part->object->properties) {
      if (property.schema) named.insert(property.name);
      if (property.required) required.insert(property.name);
    }
  }
  at_least(sub, &SchemaNode::object, &ObjectRules::members_min, super, path, " members", findings, required.size());
  at_most(sub, &SchemaNode::object, &ObjectRules::members_max, super, path, " members", findings);
  for (const Property& property : super.properties) {
    if (property.required && !required.contains(property.name))
      findings.push_back(must(path, "have " + in_words(json::value(property.name))));
    if (property.schema) named.insert(property.name);
  }
  for (const std::string& name : named) append(findings, member(sub, super, name, path));
  append(findings, other_members(sub, super, path));
  if (super.names) {
    Conjunction names;
    for (const SchemaNode* part : sub.parts())
      if (part->object) names.add(part->object->names);
    if (!holds(names, *super.names)) findings.push_back(must(path, "have names that fit `propertyNames`"));
  }
  for (const Dependency& dependency : super.dependencies) append(findings, depends(sub, dependency, required, path));
  return findings;
}

Findings Comparison::member(const Conjunction& sub, const ObjectRules& super, const std::string& name,
                            const std::string& path) {
  const std::string there = joined(path, std::string_view(name));
  Conjunction given;
  for (const SchemaNode* part : sub.parts()) {
    if (!part->object) continue;
    for (const SchemaNode* schema : schemas_of_member(*part->object, name)) given.add(*schema);
  }
  Findings findings;
  for (const SchemaNode* wanted : schemas_of_member(super, name)) append(findings, contained(given, *wanted, there));
  // Nobody has said anything of it before: a document may have such a member by chance, but hardly does.
  const Property* described = super.find(name);
  if (!given.parts().empty() || !described || !described->schema || !breaks(findings)) return findings;
  const char* reason = direction_ == Direction::kBackward
                           ? "is described now: a document that has it already may not fit"
                           : "is no longer described: a document may have anything there";
  return {{Finding::kNote, direction_, there, reason}};
}

// Members that no name covers.
Findings Comparison::other_members(const Conjunction& sub, const ObjectRules& super, const std::string& path) {
  const std::string there = path + "/*";
  Conjunction others;
  for (const SchemaNode* part : sub.parts())
    if (part->object) others.add(part->object->others);
  Findings findings;
  for (const auto& [pattern, wanted] : super.patterns) {
    Conjunction given;
    for (const SchemaNode* part : sub.parts())
      if (part->object) add_for_pattern(given, *part->object, pattern->source());
    append(findings, contained(given, *wanted, there));
  }
  if (!super.others) return findings;
  append(findings, contained(others, *super.others, there));
  for (const SchemaNode* part : sub.parts()) {
    if (!part->object) continue;
    for (const auto& [pattern, schema] : part->object->patterns) {
      const auto same = [&](const auto& other) { return other.first->source() == pattern->source(); };
      if (std::ranges::none_of(super.patterns, same))
        append(findings, contained(Conjunction(*schema), *super.others, there));
    }
  }
  return findings;
}

Findings Comparison::depends(const Conjunction& sub, const Dependency& wanted,
                             const std::set<std::string, std::less<>>& required, const std::string& path) {
  std::set<std::string, std::less<>> names = required;
  Conjunction given = sub;
  for (const SchemaNode* part : sub.parts()) {
    if (!part->object) continue;
    for (const Dependency& own : part->object->dependencies) {
      if (own.name != wanted.name) continue;
      names.insert(own.required.begin(), own.required.end());
      given.add(own.schema);
    }
  }
  Findings findings;
  for (const std::string& name : wanted.required) {
    if (names.contains(name)) continue;
    findings.push_back(
        must(path, "have " + in_words(json::value(name)) + " where it has " + in_words(json::value(wanted.name))));
  }
  if (wanted.schema) append(findings, contained(given, *wanted.schema, path));
  return findings;
}

}  // namespace eventbus::schemas
