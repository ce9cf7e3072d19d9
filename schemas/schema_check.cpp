#include "schemas/schema_check.h"

#include "schemas/json_pointer.h"
#include "schemas/json_value.h"
#include "schemas/schema_limits.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

constexpr std::size_t kShownMax = 120;  // bytes of a value in a message

std::string shown(const json::value& value) {
  std::string text = in_words(value);
  if (text.size() <= kShownMax) return text;
  std::size_t end = kShownMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text + "…";
}

std::string counted(std::size_t count, std::string_view singular, std::string_view plural) {
  return std::to_string(count) + " " + std::string(count == 1 ? singular : plural);
}

std::string one_of(const std::vector<json::value>& values) {
  constexpr std::size_t kListed = 12;
  if (values.empty()) return "can have no value at all";
  if (values.size() == 1) return "must be " + shown(values.front());
  std::string text = "must be one of ";
  for (std::size_t i = 0; i < values.size() && i < kListed; ++i) text += (i == 0 ? "" : ", ") + shown(values[i]);
  return values.size() > kListed ? text + ", …" : text;
}

}  // namespace

std::string Place::pointer() const {
  if (!parent) return "";
  std::string pointer = parent->pointer();
  if (is_item) return joined(pointer, index);
  append_pointer_token(pointer, name);
  return pointer;
}

std::string SchemaCheck::exhaustion(bool too_deep) {
  if (too_deep) return "nests deeper than can be checked";
  return "takes more work to check than is allowed";
}

bool SchemaCheck::spend(std::uint64_t steps) {
  steps_ += steps;
  if (steps_ > kStepsMax) exhausted_ = true;
  return !exhausted_;
}

template <typename Reason>
bool SchemaCheck::wrong(const SchemaNode& node, const Place& place, const Reason& reason, std::string_view keyword) {
  if (report_ && report_->size() < most_) {
    std::string schema_path = node.location;
    if (!keyword.empty()) append_pointer_token(schema_path, keyword);
    report_->push_back({place.pointer(), reason(), std::move(schema_path)});
  }
  return false;
}

bool SchemaCheck::fits(const SchemaNode& schema, const Value& value, const Place& place) {
  const SchemaNode* node = &schema;
  while (node->reference) {
    if (!spend(1)) return false;
    node = node->reference;
  }
  if (++applications_ > kApplicationsMax) exhausted_ = too_deep_ = true;
  const bool fit = spend(1) && fits_node(*node, value, place);
  --applications_;
  return fit && !exhausted_;
}

bool SchemaCheck::fits_quietly(const SchemaNode& node, const Value& value, const Place& place) {
  std::vector<Violation>* const report = std::exchange(report_, nullptr);
  const bool fit = fits(node, value, place);
  report_ = report;
  return fit;
}

bool SchemaCheck::fits_node(const SchemaNode& node, const Value& value, const Place& place) {
  if (node.nothing_fits)
    return wrong(
        node, place, [] { return "must not be there"; }, "");
  bool fit = true;
  const TypeSet type = type_of(value);
  if ((node.types & type) == 0) {
    // What else is said of it is said of another type.
    return wrong(
        node, place, [&] { return "must be " + names_of(node.types) + ", is " + std::string(kind_of(value)); }, "type");
  }
  if (node.values) {
    if (!spend(node.values->size())) return false;
    const bool known = std::ranges::any_of(*node.values, [&](const Value& allowed) { return equal(allowed, value); });
    if (!known)
      fit = wrong(
          node, place, [&] { return one_of(*node.values) + ", is " + shown(value); },
          node.source->get_object().contains("enum") ? "enum" : "const");
    if (!fit && over()) return false;
  }
  if (node.number && (type & kNumber)) fit = fits_number(node, value, place) && fit;
  if (node.string && type == kString) fit = fits_string(node, value, place) && fit;
  if (!fit && over()) return false;
  if (node.array && type == kArray) fit = fits_array(node, value, place) && fit;
  if (node.object && type == kObject) fit = fits_object(node, value, place) && fit;
  if (!fit && over()) return false;
  if (node.combinations) fit = fits_combinations(node, value, place) && fit;
  return fit;
}

// ---- numbers and strings

bool SchemaCheck::fits_number(const SchemaNode& node, const Value& value, const Place& place) {
  const NumberRules& rules = *node.number;
  bool fit = true;
  const auto must = [&](bool holds, const std::optional<Value>& bound, std::string_view words,
                        std::string_view keyword) {
    if (holds) return;
    fit = wrong(
        node, place, [&] { return "must be " + std::string(words) + shown(*bound) + ", is " + shown(value); }, keyword);
  };
  if (rules.minimum) must(compare_numbers(value, *rules.minimum) >= 0, rules.minimum, "at least ", "minimum");
  if (rules.maximum) must(compare_numbers(value, *rules.maximum) <= 0, rules.maximum, "at most ", "maximum");
  if (rules.exclusive_minimum)
    must(compare_numbers(value, *rules.exclusive_minimum) > 0, rules.exclusive_minimum, "greater than ",
         "exclusiveMinimum");
  if (rules.exclusive_maximum)
    must(compare_numbers(value, *rules.exclusive_maximum) < 0, rules.exclusive_maximum, "less than ",
         "exclusiveMaximum");
  if (rules.multiple_of)
    must(is_multiple_of(value, *rules.multiple_of), rules.multiple_of, "a multiple of ", "multipleOf");
  return fit;
}

bool SchemaCheck::matches(const EcmaPattern& pattern, std::string_view text) {
  constexpr std::size_t kInstructionsPerStep = 32;
  if (!spend(1 + text.size() * pattern.size() / kInstructionsPerStep)) return false;
  return pattern.matches(text);
}

bool SchemaCheck::fits_string(const SchemaNode& node, const Value& value, const Place& place) {
  const StringRules& rules = *node.string;
  const std::string_view text = value.get_string();
  bool fit = true;
  if (rules.length_min || rules.length_max) {
    const std::size_t length = count_characters(text);
    if (rules.length_min && length < *rules.length_min)
      fit = wrong(
          node, place,
          [&] {
            return "must have at least " + counted(*rules.length_min, "character", "characters") + ", has " +
                   std::to_string(length);
          },
          "minLength");
    if (rules.length_max && length > *rules.length_max)
      fit = wrong(
          node, place,
          [&] {
            return "must have at most " + counted(*rules.length_max, "character", "characters") + ", has " +
                   std::to_string(length);
          },
          "maxLength");
    if (!fit && over()) return false;
  }
  if (rules.pattern && !matches(*rules.pattern, text))
    fit = wrong(
        node, place, [&] { return "must match " + rules.pattern->source() + ", is " + shown(value); }, "pattern");
  if (rules.format && !(spend(1 + text.size() / 16) && rules.format(text)))
    fit = wrong(
        node, place, [&] { return "must be a valid " + rules.format_name + ", is " + shown(value); }, "format");
  return fit;
}

// ---- arrays

bool SchemaCheck::all_differ(const json::array& items) {
  if (!spend(items.size())) return false;
  if (items.size() < 2) return true;
  std::unordered_multimap<std::size_t, const Value*> seen;
  seen.reserve(items.size());
  for (const Value& item : items) {
    const std::size_t hash = hash_of(item);
    const auto [first, last] = seen.equal_range(hash);
    for (auto other = first; other != last; ++other) {
      if (!spend(1)) return false;
      if (equal(*other->second, item)) return false;
    }
    seen.emplace(hash, &item);
  }
  return true;
}

bool SchemaCheck::fits_array(const SchemaNode& node, const Value& value, const Place& place) {
  const ArrayRules& rules = *node.array;
  const json::array& items = value.get_array();
  bool fit = true;
  const auto must_count = [&](bool holds, std::string_view words, std::size_t bound, std::string_view keyword) {
    if (holds) return;
    fit = wrong(
        node, place,
        [&] { return std::string(words) + counted(bound, "item", "items") + ", has " + std::to_string(items.size()); },
        keyword);
  };
  if (rules.items_min)
    must_count(items.size() >= *rules.items_min, "must have at least ", *rules.items_min, "minItems");
  if (rules.items_max) must_count(items.size() <= *rules.items_max, "must have at most ", *rules.items_max, "maxItems");
  if (!fit && over()) return false;
  if (rules.unique && !all_differ(items))
    fit = wrong(
        node, place, [] { return "must not have the same item twice"; }, "uniqueItems");

  for (std::size_t i = 0; i < items.size() && (fit || !over()); ++i) {
    if (!spend(1)) return false;
    const SchemaNode* schema = rules.each;
    if (rules.at) schema = i < rules.at->size() ? (*rules.at)[i] : rules.others;
    if (schema && !fits(*schema, items[i], place.item(i))) fit = false;
  }
  if (!fit && over()) return false;
  if (rules.contains) {
    const auto fits_it = [&](const Value& item) { return fits_quietly(*rules.contains, item, place); };
    if (std::ranges::none_of(items, fits_it))
      fit = wrong(
          node, place, [] { return "must have an item that fits the schema of `contains`"; }, "contains");
  }
  return fit;
}

// ---- objects

bool SchemaCheck::fits_object(const SchemaNode& node, const Value& value, const Place& place) {
  const ObjectRules& rules = *node.object;
  const json::object& object = value.get_object();
  bool fit = true;
  const auto must_count = [&](bool holds, std::string_view words, std::size_t bound, std::string_view keyword) {
    if (holds) return;
    fit = wrong(
        node, place,
        [&] {
          return std::string(words) + counted(bound, "member", "members") + ", has " + std::to_string(object.size());
        },
        keyword);
  };
  if (rules.members_min)
    must_count(object.size() >= *rules.members_min, "must have at least ", *rules.members_min, "minProperties");
  if (rules.members_max)
    must_count(object.size() <= *rules.members_max, "must have at most ", *rules.members_max, "maxProperties");
  if (!fit && over()) return false;
  fit = fits_members(node, object, place) && fit;
  if (!fit && over()) return false;
  if (!rules.dependencies.empty()) fit = fits_dependencies(node, value, place) && fit;
  return fit;
}

bool SchemaCheck::fits_members(const SchemaNode& node, const json::object& object, const Place& place) {
  const ObjectRules& rules = *node.object;
  bool fit = true;
  std::size_t required_seen = 0;
  for (const auto& [key, value] : object) {
    if (!spend(1)) return false;
    const std::string_view name(key.data(), key.size());
    const Place there = place.member(name);
    bool named = false;
    if (const Property* property = rules.find(name)) {
      if (property->required) ++required_seen;
      named = property->schema != nullptr;
      if (named && !fits(*property->schema, value, there)) fit = false;
    }
    for (const auto& [pattern, schema] : rules.patterns) {
      if (!matches(*pattern, name)) continue;
      named = true;
      if (!fits(*schema, value, there)) fit = false;
    }
    if (!named && rules.others && !fits(*rules.others, value, there)) fit = false;
    if (rules.names && !fits(*rules.names, Value(key), there)) fit = false;
    if (!fit && over()) return false;
  }
  if (required_seen == rules.required) return fit;
  for (const Property& property : rules.properties) {
    if (!property.required || object.contains(property.name)) continue;
    fit = wrong(
        node, place, [&] { return "must have " + shown(Value(property.name)); }, "required");
    if (over()) return false;
  }
  return fit;
}

bool SchemaCheck::fits_dependencies(const SchemaNode& node, const Value& value, const Place& place) {
  const json::object& object = value.get_object();
  bool fit = true;
  for (const Dependency& dependency : node.object->dependencies) {
    if (!spend(1)) return false;
    if (!object.contains(dependency.name)) continue;
    for (const std::string& name : dependency.required) {
      if (object.contains(name)) continue;
      fit = wrong(
          node, place,
          [&] { return "must have " + shown(Value(name)) + " because it has " + shown(Value(dependency.name)); },
          "dependencies");
    }
    if (dependency.schema && !fits(*dependency.schema, value, place)) fit = false;
    if (!fit && over()) return false;
  }
  return fit;
}

// ---- combinations

bool SchemaCheck::fits_combinations(const SchemaNode& node, const Value& value, const Place& place) {
  const Combinations& rules = *node.combinations;
  bool fit = true;
  for (const SchemaNode* part : rules.all_of) {
    if (!fits(*part, value, place)) fit = false;
    if (!fit && over()) return false;
  }
  if (!rules.any_of.empty()) fit = fits_any(node, value, place) && fit;
  if (!fit && over()) return false;
  if (!rules.one_of.empty()) fit = fits_one(node, value, place) && fit;
  if (!fit && over()) return false;
  if (rules.none_of && fits_quietly(*rules.none_of, value, place))
    fit = wrong(
        node, place, [] { return "must not fit the schema of `not`"; }, "not");
  if (!fit && over()) return false;
  if (rules.condition) {
    const SchemaNode* then = fits_quietly(*rules.condition, value, place) ? rules.then : rules.otherwise;
    if (then && !exhausted_ && !fits(*then, value, place)) fit = false;
  }
  return fit;
}

bool SchemaCheck::fits_any(const SchemaNode& node, const Value& value, const Place& place) {
  for (const SchemaNode* part : node.combinations->any_of)
    if (fits_quietly(*part, value, place)) return true;
  report_nearest(node.combinations->any_of, "anyOf", node, value, place);
  return false;
}

bool SchemaCheck::fits_one(const SchemaNode& node, const Value& value, const Place& place) {
  const std::vector<const SchemaNode*>& parts = node.combinations->one_of;
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!fits_quietly(*parts[i], value, place)) continue;
    if (first) {
      const auto reason = [&] {
        return "must fit one schema of `oneOf` only, fits " + std::to_string(*first) + " and " + std::to_string(i);
      };
      return wrong(node, place, reason, "oneOf");
    }
    first = i;
  }
  if (first) return true;
  report_nearest(parts, "oneOf", node, value, place);
  return false;
}

// Of alternatives that all fail, the one that got furthest down into the document is most likely the one that was
// meant.
void SchemaCheck::report_nearest(const std::vector<const SchemaNode*>& alternatives, std::string_view keyword,
                                 const SchemaNode& node, const Value& value, const Place& place) {
  if (!report_ || exhausted_ || report_->size() >= most_) return;
  std::vector<Violation>* const report = report_;
  const std::size_t most = std::exchange(most_, 1);
  std::vector<Violation> nearest;
  std::size_t depth = 0;
  for (const SchemaNode* alternative : alternatives) {
    std::vector<Violation> here;
    report_ = &here;
    fits(*alternative, value, place);
    if (here.empty()) continue;
    const auto levels = static_cast<std::size_t>(std::ranges::count(here.front().path, '/'));
    if (!nearest.empty() && levels <= depth) continue;
    nearest = std::move(here);
    depth = levels;
  }
  report_ = report;
  most_ = most;
  if (nearest.empty()) {
    wrong(
        node, place, [&] { return "must fit a schema of `" + std::string(keyword) + "`"; }, keyword);
    return;
  }
  nearest.front().reason += "; no schema of `" + std::string(keyword) + "` fits";
  if (depth > place.depth) nearest.front().reason += place.depth == 0 ? " the document" : " " + place.pointer();
  report_->push_back(std::move(nearest.front()));
}

}  // namespace eventbus::schemas
