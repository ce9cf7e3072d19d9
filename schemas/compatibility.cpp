#include "schemas/compatibility.h"

#include "schemas/json_pointer.h"
#include "schemas/json_value.h"
#include "schemas/schema_check.h"
#include "schemas/schema_node.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

using Findings = std::vector<Finding>;

// Questions asked in one comparison, and of them inside each other, before it gives up: then the change counts as
// breaking.
constexpr std::size_t kQuestionsMax = 50'000;
constexpr std::size_t kQuestionsDepthMax = 200;

bool breaks(const Findings& findings) {
  return std::ranges::any_of(findings, [](const Finding& one) { return one.kind == Finding::kBreaking; });
}

void append(Findings& to, Findings more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

const SchemaNode& behind_references(const SchemaNode& node) {
  const SchemaNode* at = &node;
  while (at->reference) at = at->reference;
  return *at;
}

// Everything that a document has to fit at once: schemas without their `$ref`s, each followed by what it lists in
// `allOf`. Empty: anything fits.
class Conjunction {
 public:
  Conjunction() = default;
  explicit Conjunction(const SchemaNode& node) { add(node); }

  void add(const SchemaNode& referring) {
    const SchemaNode& node = behind_references(referring);
    if (std::ranges::find(parts_, &node) != parts_.end()) return;
    parts_.push_back(&node);
    if (!node.combinations) return;
    for (const SchemaNode* part : node.combinations->all_of) add(*part);
  }
  void add(const SchemaNode* node) {
    if (node) add(*node);
  }

  const std::vector<const SchemaNode*>& parts() const { return parts_; }

  bool nothing_fits() const {
    return types() == 0 || std::ranges::any_of(parts_, [](const SchemaNode* part) { return part->nothing_fits; });
  }
  TypeSet types() const {
    TypeSet types = kEveryType;
    for (const SchemaNode* part : parts_) types = static_cast<TypeSet>(types & part->types);
    return types;
  }
  bool fits(const json::value& value) const {
    return std::ranges::all_of(parts_,
                               [&](const SchemaNode* part) { return SchemaCheck().fits(*part, value, Place{}); });
  }
  // The values that fit, where they can be counted.
  std::optional<std::vector<json::value>> values() const {
    std::optional<std::vector<json::value>> all;
    for (const SchemaNode* part : parts_)
      if (part->values && !all) all = part->values;
    if (!all && (types() & ~(kNull | kBoolean)) == 0) all = std::vector<json::value>{nullptr, false, true};
    if (all) std::erase_if(*all, [&](const json::value& value) { return !fits(value); });
    return all;
  }

  // What all parts say of one keyword, as one: the strictest.
  template <typename Rules, typename Value, typename Stricter>
  std::optional<Value> strictest(std::unique_ptr<Rules> SchemaNode::*rules, std::optional<Value> Rules::*bound,
                                 const Stricter& stricter) const {
    std::optional<Value> found;
    for (const SchemaNode* part : parts_) {
      if (!(part->*rules)) continue;
      const std::optional<Value>& here = (*(part->*rules)).*bound;
      if (here && (!found || stricter(*here, *found))) found = here;
    }
    return found;
  }
  template <typename Predicate>
  bool any(const Predicate& predicate) const {
    return std::ranges::any_of(parts_, [&](const SchemaNode* part) { return predicate(*part); });
  }
  bool requires_member(std::string_view name) const {
    return any([&](const SchemaNode& part) {
      const Property* property = part.object ? part.object->find(name) : nullptr;
      return property && property->required;
    });
  }

 private:
  std::vector<const SchemaNode*> parts_;
};

// The schemas that one object's rules have for a member.
std::vector<const SchemaNode*> schemas_of_member(const ObjectRules& rules, std::string_view name) {
  std::vector<const SchemaNode*> all;
  if (const Property* property = rules.find(name); property && property->schema) all.push_back(property->schema);
  for (const auto& [pattern, schema] : rules.patterns)
    if (pattern->matches(name)) all.push_back(schema);
  if (all.empty() && rules.others) all.push_back(rules.others);
  return all;
}

const SchemaNode* schema_of_item(const ArrayRules& rules, std::size_t index) {
  if (!rules.at) return rules.each;
  return index < rules.at->size() ? (*rules.at)[index] : rules.others;
}

// Do no documents fit both?
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

// Does everything that fits one schema fit another? The one is `sub`, a conjunction that grows on the way; the other
// `super`. Answers with what speaks against it.
class Comparison {
 public:
  explicit Comparison(Direction direction) : direction_(direction) {}

  Findings contained(const Conjunction& sub, const SchemaNode& super_referring, const std::string& path) {
    const SchemaNode& super = behind_references(super_referring);
    if (sub.nothing_fits()) return {};
    // Recursive schemas come back to what is being asked already, and it holds unless something else is found.
    const Question question{sub.parts(), &super};
    if (asking_.contains(question)) return {};
    if (++questions_ > kQuestionsMax || asking_.size() >= kQuestionsDepthMax)
      return {breaking(path, "is too intertwined to be compared")};
    asking_.insert(question);
    Findings findings = answer(sub, super, path);
    // One that is a choice is taken choice by choice.
    if (breaks(findings)) {
      if (std::optional<Findings> by_choice = answer_by_choice(sub, super, path)) findings = *std::move(by_choice);
    }
    asking_.erase(question);
    return findings;
  }

 private:
  using Question = std::pair<std::vector<const SchemaNode*>, const SchemaNode*>;

  Finding breaking(const std::string& path, std::string reason) const {
    return {Finding::kBreaking, direction_, path, std::move(reason)};
  }
  // "be at least 3" → "must be at least 3 now", "need no longer be at least 3".
  Finding must(const std::string& path, const std::string& what) const {
    return breaking(path, direction_ == Direction::kBackward ? "must " + what + " now" : "need no longer " + what);
  }
  Finding may(const std::string& path, const std::string& what) const {
    return breaking(path, direction_ == Direction::kBackward ? "may no longer " + what : "may " + what + " now");
  }

  bool holds(const Conjunction& sub, const SchemaNode& super) { return !breaks(contained(sub, super, "")); }
  bool same(const SchemaNode& left, const SchemaNode& right) {
    return contained(Conjunction(left), right, "").empty() && contained(Conjunction(right), left, "").empty();
  }
  static Conjunction joined_with(Conjunction sub, const SchemaNode* more) {
    sub.add(more);
    return sub;
  }

  Findings answer(const Conjunction& sub, const SchemaNode& super, const std::string& path) {
    // What can be counted is tried.
    if (const auto values = sub.values()) {
      Findings findings;
      for (const json::value& value : *values)
        if (!SchemaCheck().fits(super, value, Place{})) findings.push_back(may(path, "be " + in_words(value)));
      return findings;
    }
    if (super.nothing_fits) return {may(path, "be there")};
    Findings findings;
    const TypeSet types = sub.types();
    if (const TypeSet lost = static_cast<TypeSet>(types & ~super.types))
      findings.push_back(may(path, "be " + names_of(lost)));
    if (super.values) findings.push_back(must(path, "be one of an enumeration"));
    if (super.number && (types & kNumber)) append(findings, numbers(sub, *super.number, types, path));
    if (super.string && (types & kString)) append(findings, strings(sub, *super.string, path));
    if (super.array && (types & kArray)) append(findings, arrays(sub, *super.array, path));
    if (super.object && (types & kObject)) append(findings, objects(sub, *super.object, path));
    if (super.combinations) append(findings, combinations(sub, *super.combinations, path));
    return findings;
  }

  std::optional<Findings> answer_by_choice(const Conjunction& sub, const SchemaNode& super, const std::string& path) {
    for (const SchemaNode* part : sub.parts()) {
      if (!part->combinations || chosen_.contains(part)) continue;
      const std::vector<const SchemaNode*>& choices =
          part->combinations->any_of.empty() ? part->combinations->one_of : part->combinations->any_of;
      if (choices.empty()) continue;
      chosen_.insert(part);
      Findings findings;
      for (const SchemaNode* choice : choices) {
        for (Finding& finding : contained(joined_with(sub, choice), super, path))
          if (std::ranges::find(findings, finding) == findings.end()) findings.push_back(std::move(finding));
      }
      chosen_.erase(part);
      return findings;
    }
    return std::nullopt;
  }

  // ---- numbers

  struct Bound {
    json::value value;
    bool exclusive = false;
  };

  // The lowest number (or the highest, with `order` turned round) that fits.
  static std::optional<Bound> bound(const Conjunction& sub, std::optional<json::value> NumberRules::*inclusive,
                                    std::optional<json::value> NumberRules::*exclusive, std::partial_ordering order) {
    const auto stricter = [&](const json::value& left, const json::value& right) {
      return compare_numbers(left, right) == order;
    };
    const auto including = sub.strictest(&SchemaNode::number, inclusive, stricter);
    const auto excluding = sub.strictest(&SchemaNode::number, exclusive, stricter);
    if (!including && !excluding) return std::nullopt;
    if (!excluding || (including && stricter(*including, *excluding))) return Bound{*including, false};
    return Bound{*excluding, true};
  }

  Findings numbers(const Conjunction& sub, const NumberRules& super, TypeSet types, const std::string& path) const {
    Findings findings;
    const auto lowest =
        bound(sub, &NumberRules::minimum, &NumberRules::exclusive_minimum, std::partial_ordering::greater);
    const auto highest =
        bound(sub, &NumberRules::maximum, &NumberRules::exclusive_maximum, std::partial_ordering::less);
    const auto implied = [](const std::optional<Bound>& known, const json::value& wanted, bool exclusive,
                            std::partial_ordering inside) {
      if (!known) return false;
      const std::partial_ordering order = compare_numbers(known->value, wanted);
      return order == inside || (order == 0 && (known->exclusive || !exclusive));
    };
    const auto want = [&](const std::optional<json::value>& wanted, bool exclusive, bool low, const char* words) {
      if (!wanted) return;
      const bool held = low ? implied(lowest, *wanted, exclusive, std::partial_ordering::greater)
                            : implied(highest, *wanted, exclusive, std::partial_ordering::less);
      if (!held) findings.push_back(must(path, words + in_words(*wanted)));
    };
    want(super.minimum, false, true, "be at least ");
    want(super.exclusive_minimum, true, true, "be greater than ");
    want(super.maximum, false, false, "be at most ");
    want(super.exclusive_maximum, true, false, "be less than ");
    if (super.multiple_of) {
      const json::value& wanted = *super.multiple_of;
      const bool whole = (types & kFraction) == 0 && is_multiple_of(1, wanted);
      const bool held = whole || sub.any([&](const SchemaNode& part) {
        return part.number && part.number->multiple_of && is_multiple_of(*part.number->multiple_of, wanted);
      });
      if (!held) findings.push_back(must(path, "be a multiple of " + in_words(wanted)));
    }
    return findings;
  }

  // ---- strings

  template <typename Rules>
  void at_least(const Conjunction& sub, std::unique_ptr<Rules> SchemaNode::*rules,
                std::optional<std::size_t> Rules::*bound, const Rules& super, const std::string& path, const char* unit,
                Findings& findings, std::size_t known = 0) const {
    const std::optional<std::size_t>& wanted = super.*bound;
    if (!wanted) return;
    const std::size_t least = std::max(known, sub.strictest(rules, bound, std::greater<>()).value_or(0));
    if (least < *wanted) findings.push_back(must(path, "have at least " + std::to_string(*wanted) + unit));
  }
  template <typename Rules>
  void at_most(const Conjunction& sub, std::unique_ptr<Rules> SchemaNode::*rules,
               std::optional<std::size_t> Rules::*bound, const Rules& super, const std::string& path, const char* unit,
               Findings& findings) const {
    const std::optional<std::size_t>& wanted = super.*bound;
    if (!wanted) return;
    const std::optional<std::size_t> most = sub.strictest(rules, bound, std::less<>());
    if (!most || *most > *wanted) findings.push_back(must(path, "have at most " + std::to_string(*wanted) + unit));
  }

  Findings strings(const Conjunction& sub, const StringRules& super, const std::string& path) const {
    Findings findings;
    at_least(sub, &SchemaNode::string, &StringRules::length_min, super, path, " characters", findings);
    at_most(sub, &SchemaNode::string, &StringRules::length_max, super, path, " characters", findings);
    const auto has = [&](const auto& says) {
      return sub.any([&](const SchemaNode& part) { return part.string && says(*part.string); });
    };
    const auto same_pattern = [&](const StringRules& rules) {
      return rules.pattern && rules.pattern->source() == super.pattern->source();
    };
    if (super.pattern && !has(same_pattern)) findings.push_back(must(path, "match " + super.pattern->source()));
    const auto same_format = [&](const StringRules& rules) { return rules.format_name == super.format_name; };
    if (super.format && !has(same_format)) findings.push_back(must(path, "be a valid " + super.format_name));
    return findings;
  }

  // ---- arrays

  // How many items there can be.
  static std::size_t items_most(const Conjunction& sub) {
    std::size_t most = static_cast<std::size_t>(-1);
    for (const SchemaNode* part : sub.parts()) {
      if (!part->array) continue;
      const ArrayRules& rules = *part->array;
      if (rules.items_max) most = std::min(most, *rules.items_max);
      if (rules.at && rules.others && behind_references(*rules.others).nothing_fits)
        most = std::min(most, rules.at->size());
    }
    return most;
  }

  Findings arrays(const Conjunction& sub, const ArrayRules& super, const std::string& path) {
    Findings findings;
    at_least(sub, &SchemaNode::array, &ArrayRules::items_min, super, path, " items", findings);
    const std::size_t most = items_most(sub);
    if (super.items_max && most > *super.items_max)
      findings.push_back(must(path, "have at most " + std::to_string(*super.items_max) + " items"));
    const bool differ = most <= 1 || sub.any([](const SchemaNode& part) { return part.array && part.array->unique; });
    if (super.unique && !differ) findings.push_back(may(path, "have the same item twice"));
    if (super.contains) {
      const auto contains_it = [&](const SchemaNode& part) {
        return part.array && part.array->contains && holds(Conjunction(*part.array->contains), *super.contains);
      };
      if (!sub.any(contains_it)) findings.push_back(must(path, "have an item that fits `contains`"));
    }

    std::size_t listed = super.at ? super.at->size() : 0;
    for (const SchemaNode* part : sub.parts())
      if (part->array && part->array->at) listed = std::max(listed, part->array->at->size());
    for (std::size_t i = 0; i <= listed && i < most; ++i) {
      const SchemaNode* wanted = schema_of_item(super, i);  // behind the listed ones they are all the same
      if (!wanted) continue;
      Conjunction given;
      for (const SchemaNode* part : sub.parts())
        if (part->array) given.add(schema_of_item(*part->array, i));
      append(findings, contained(given, *wanted, i < listed ? joined(path, i) : path + "/-"));
    }
    return findings;
  }

  // ---- objects

  Findings objects(const Conjunction& sub, const ObjectRules& super, const std::string& path) {
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

  Findings member(const Conjunction& sub, const ObjectRules& super, const std::string& name, const std::string& path) {
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
  Findings other_members(const Conjunction& sub, const ObjectRules& super, const std::string& path) {
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

  static void add_for_pattern(Conjunction& given, const ObjectRules& rules, const std::string& pattern) {
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

  Findings depends(const Conjunction& sub, const Dependency& wanted, const std::set<std::string, std::less<>>& required,
                   const std::string& path) {
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

  // ---- combinations

  Findings combinations(const Conjunction& sub, const Combinations& super, const std::string& path) {
    Findings findings;
    for (const SchemaNode* part : super.all_of) append(findings, contained(sub, *part, path));
    if (!super.any_of.empty()) append(findings, some_choice(sub, super.any_of, path, "anyOf"));
    if (!super.one_of.empty()) append(findings, one_choice(sub, super, path));
    if (super.none_of && !excludes(sub, *super.none_of)) findings.push_back(may(path, "fit the schema of `not`"));
    if (super.condition) append(findings, conditions(sub, super, path));
    return findings;
  }

  Findings some_choice(const Conjunction& sub, const std::vector<const SchemaNode*>& choices, const std::string& path,
                       const std::string& keyword) {
    std::optional<Findings> notes;
    for (const SchemaNode* choice : choices) {
      Findings findings = contained(sub, *choice, path);
      if (breaks(findings)) continue;
      if (findings.empty()) return {};
      if (!notes) notes = std::move(findings);
    }
    if (notes) return *std::move(notes);
    return {must(path, "fit a schema of `" + keyword + "`")};
  }

  Findings one_choice(const Conjunction& sub, const Combinations& super, const std::string& path) {
    const std::vector<const SchemaNode*>& wanted = super.one_of;
    const auto has_the_same = [&](const SchemaNode& part) {
      return part.combinations &&
             std::ranges::equal(part.combinations->one_of, wanted,
                                [&](const SchemaNode* left, const SchemaNode* right) { return same(*left, *right); });
    };
    if (sub.any(has_the_same)) return {};
    for (std::size_t i = 0; i < wanted.size(); ++i)
      for (std::size_t j = i + 1; j < wanted.size(); ++j)
        if (!are_disjoint(*wanted[i], *wanted[j])) return {must(path, "fit one schema of `oneOf` only, as it stands")};
    return some_choice(sub, wanted, path, "oneOf");
  }

  bool excludes(const Conjunction& sub, const SchemaNode& excluded) {
    if ((sub.types() & Conjunction(excluded).types()) == 0) return true;
    return sub.any([&](const SchemaNode& part) {
      return part.combinations && part.combinations->none_of &&
             contained(Conjunction(excluded), *part.combinations->none_of, "").empty();
    });
  }

  Findings conditions(const Conjunction& sub, const Combinations& super, const std::string& path) {
    Conjunction when = joined_with(sub, super.condition), otherwise = sub;
    for (const SchemaNode* part : sub.parts()) {
      if (!part->combinations || !part->combinations->condition ||
          !same(*part->combinations->condition, *super.condition))
        continue;
      when.add(part->combinations->then);
      otherwise.add(part->combinations->otherwise);
    }
    Findings findings;
    if (super.then) append(findings, contained(when, *super.then, path));
    if (super.otherwise) append(findings, contained(otherwise, *super.otherwise, path));
    for (Finding& finding : findings)
      if (finding.kind == Finding::kBreaking) finding.reason += ", by `if`";
    return findings;
  }

  const Direction direction_;
  std::set<Question> asking_;
  std::set<const SchemaNode*> chosen_;
  std::size_t questions_ = 0;
};

}  // namespace

std::vector<Finding> compare(const SchemaValidator& older, const SchemaValidator& newer, Direction direction) {
  const SchemaNode& old_root = *older.compiled().root;
  const SchemaNode& new_root = *newer.compiled().root;
  const bool backward = direction == Direction::kBackward;
  return Comparison(direction).contained(Conjunction(backward ? old_root : new_root), backward ? new_root : old_root,
                                         "");
}

bool is_breaking(const std::vector<Finding>& findings) { return breaks(findings); }

std::string to_string(const Finding& finding) {
  return std::string(finding.kind == Finding::kBreaking ? "breaking: " : "note: ") +
         (finding.path.empty() ? "the document" : finding.path) + " " + finding.reason;
}

}  // namespace eventbus::schemas
