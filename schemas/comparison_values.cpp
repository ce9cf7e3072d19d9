#include "schemas/comparison.h"
#include "schemas/json_pointer.h"
#include "schemas/json_value.h"

#include <compare>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

struct Bound {
  json::value value;
  bool exclusive = false;
};

// The lowest number (or the highest, with `order` turned round) that fits.
std::optional<Bound> bound(const Conjunction& sub, std::optional<json::value> NumberRules::*inclusive,
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

// How many items there can be.
std::size_t items_most(const Conjunction& sub) {
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

const SchemaNode* schema_of_item(const ArrayRules& rules, std::size_t index) {
  if (!rules.at) return rules.each;
  return index < rules.at->size() ? (*rules.at)[index] : rules.others;
}

}  // namespace

Findings Comparison::numbers(const Conjunction& sub, const NumberRules& super, TypeSet types,
                             const std::string& path) const {
  Findings findings;
  const auto lowest =
      bound(sub, &NumberRules::minimum, &NumberRules::exclusive_minimum, std::partial_ordering::greater);
  const auto highest = bound(sub, &NumberRules::maximum, &NumberRules::exclusive_maximum, std::partial_ordering::less);
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

Findings Comparison::strings(const Conjunction& sub, const StringRules& super, const std::string& path) const {
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

Findings Comparison::arrays(const Conjunction& sub, const ArrayRules& super, const std::string& path) {
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

}  // namespace eventbus::schemas
