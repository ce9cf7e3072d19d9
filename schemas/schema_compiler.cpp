#include "schemas/schema_compiler.h"

#include "schemas/json_pointer.h"
#include "schemas/json_value.h"
#include "schemas/reference_loops.h"
#include "schemas/schema_limits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace eventbus::schemas {

namespace {

namespace json = boost::json;

constexpr std::array<std::pair<std::string_view, TypeSet>, 7> kTypes = {{{"null", kNull},
                                                                         {"boolean", kBoolean},
                                                                         {"object", kObject},
                                                                         {"array", kArray},
                                                                         {"string", kString},
                                                                         {"number", kNumber},
                                                                         {"integer", kInteger}}};

constexpr std::array<std::string_view, 4> kDialects = {
    "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema", "https://json-schema.org/draft-06/schema"};

Error at(const std::string& location, std::string_view problem) {
  return invalid("at " + (location.empty() ? std::string("the root") : location) + ": " + std::string(problem));
}

std::string text_of(const json::value& value) { return std::string(value.get_string()); }

// "http://x/a.json" and "b.json" → "http://x/b.json": as much of RFC 3986 as `$id`s need.
std::string resolved(std::string_view base, std::string_view reference) {
  if (reference.empty()) return std::string(base);
  const std::size_t colon = reference.find(':');
  if (colon != std::string_view::npos && colon < reference.find('/')) return std::string(reference);
  const std::size_t authority = base.find("://");
  if (reference.starts_with('/') && authority != std::string_view::npos)
    return std::string(base.substr(0, base.find('/', authority + 3))) + std::string(reference);
  const std::size_t slash = base.rfind('/');
  const std::size_t keep = slash == std::string_view::npos ? 0 : slash + 1;
  return std::string(base.substr(0, keep)) + std::string(reference);
}

class Compiler {
 public:
  explicit Compiler(CompiledSchema& schema) : schema_(schema) {}

  Result<void> run() {
    if (const json::object* root = schema_.document.if_object()) TRY_VOID(check_dialect(*root));
    TRY(schema_.root, compile(schema_.document, "", Base{}));
    // What is referred to may refer on, to places where no keyword leads.
    for (std::size_t i = 0; i < references_.size(); ++i) TRY_VOID(resolve(i));
    return refuse_reference_loops(schema_);
  }

 private:
  // The resource that a schema belongs to, by the nearest `$id`: where its references start from.
  struct Base {
    const json::value* document = nullptr;  // null: the root of everything
    std::string uri, location;
  };
  struct Reference {
    SchemaNode* from;
    std::string text;
    Base base;
  };
  struct Resource {
    const json::value* document;
    Base base;
  };

  static Result<void> check_dialect(const json::object& root) {
    const json::value* dialect = root.if_contains("$schema");
    if (!dialect) return {};
    if (!dialect->is_string()) return at("/$schema", "must be a string");
    std::string_view uri = dialect->get_string();
    if (uri.ends_with('#')) uri.remove_suffix(1);
    if (std::ranges::find(kDialects, uri) != kDialects.end()) return {};
    return at("/$schema", "is not draft-07, which is what is understood here");
  }

  // ---- one schema

  Result<const SchemaNode*> compile(const json::value& source, const std::string& location, const Base& base) {
    if (const auto known = nodes_.find(&source); known != nodes_.end()) return known->second;
    if (depth_ >= kSchemaDepthMax) return at(location, "nests too deeply");
    if (schema_.nodes.size() >= kSchemaNodesMax)
      return at(location, "there are more than " + std::to_string(kSchemaNodesMax) + " schemas in it");
    SchemaNode& node = *schema_.nodes.emplace_back(std::make_unique<SchemaNode>());
    nodes_.emplace(&source, &node);
    node.source = &source;
    node.location = location;
    if (source.is_bool()) {
      node.nothing_fits = !source.get_bool();
      return &node;
    }
    if (!source.is_object()) return at(location, "a schema is an object or a boolean");
    const json::object& keywords = source.get_object();
    if (const json::value* reference = keywords.if_contains("$ref")) {
      TRY_VOID(refer(node, *reference, base));
      return &node;
    }
    TRY(const Base inner, base_of(source, location, base));
    ++depth_;
    Result<void> compiled = compile_keywords(node, keywords, inner);
    --depth_;
    if (!compiled) return std::move(compiled).error();
    return &node;
  }

  Result<void> refer(SchemaNode& node, const json::value& reference, const Base& base) {
    if (!reference.is_string()) return at(joined(node.location, "$ref"), "must be a string");
    if (references_.size() >= kSchemaReferencesMax)
      return at(node.location, "there are more than " + std::to_string(kSchemaReferencesMax) + " references in it");
    references_.push_back({&node, text_of(reference), base});
    return {};
  }

  Result<Base> base_of(const json::value& source, const std::string& location, const Base& base) {
    const json::value* id = source.get_object().if_contains("$id");
    if (!id) return base;
    if (!id->is_string()) return at(joined(location, "$id"), "must be a string");
    std::string uri = text_of(*id);
    if (uri.ends_with('#')) uri.pop_back();
    const std::size_t hash = uri.find('#');
    if (hash != std::string::npos) {
      // A plain name: another address of this place, not a new base.
      resources_.insert_or_assign(resolved(base.uri, uri.substr(0, hash)) + uri.substr(hash), Resource{&source, base});
      return base;
    }
    Base inner{&source, resolved(base.uri, uri), location};
    resources_.insert_or_assign(inner.uri, Resource{&source, inner});
    return inner;
  }

  Result<void> compile_keywords(SchemaNode& node, const json::object& keywords, const Base& base) {
    for (const auto& [name, value] : keywords) {
      const std::string_view keyword(name.data(), name.size());
      if (keyword == "type") TRY_VOID(type(node, value));
      if (keyword == "enum" || keyword == "const") TRY_VOID(enumeration(node, keyword, value));
      TRY_VOID(number_keyword(node, keyword, value));
      TRY_VOID(string_keyword(node, keyword, value));
      TRY_VOID(array_keyword(node, keyword, value, base));
      TRY_VOID(object_keyword(node, keyword, value, base));
      TRY_VOID(combination(node, keyword, value, base));
      // Nothing of them applies by itself; they are where references lead to.
      if (keyword == "definitions" || keyword == "$defs") {
        TRY_VOID(each_member(
            node, keyword, value, [&](std::string_view, const SchemaNode*) {}, base));
      }
    }
    finish_object(node);
    return {};
  }

  // ---- keywords of any value

  static Result<void> type(SchemaNode& node, const json::value& value) {
    const std::string location = joined(node.location, "type");
    TypeSet types = 0;
    const auto add = [&](const json::value& name) {
      if (!name.is_string()) return false;
      const auto known =
          std::ranges::find(kTypes, std::string_view(name.get_string()), [](const auto& t) { return t.first; });
      if (known == kTypes.end()) return false;
      types = static_cast<TypeSet>(types | known->second);
      return true;
    };
    bool understood = true;
    if (const json::array* list = value.if_array()) {
      understood = !list->empty() && std::ranges::all_of(*list, add);
    } else {
      understood = add(value);
    }
    if (!understood) return at(location, "must be a type of JSON, or a list of them");
    node.types = types;
    return {};
  }

  static Result<void> enumeration(SchemaNode& node, std::string_view keyword, const json::value& value) {
    std::vector<json::value> values;
    if (keyword == "const") {
      values.push_back(value);
    } else {
      if (!value.is_array()) return at(joined(node.location, keyword), "must be a list");
      values.assign(value.get_array().begin(), value.get_array().end());
    }
    if (!node.values) {
      node.values = std::move(values);
      return {};
    }
    // Both are there: what fits both.
    std::erase_if(*node.values, [&](const json::value& one) {
      return std::ranges::none_of(values, [&](const json::value& other) { return equal(one, other); });
    });
    return {};
  }

  // ---- numbers

  static Result<void> number_keyword(SchemaNode& node, std::string_view keyword, const json::value& value) {
    std::optional<json::value> NumberRules::*rule = nullptr;
    if (keyword == "minimum") rule = &NumberRules::minimum;
    if (keyword == "maximum") rule = &NumberRules::maximum;
    if (keyword == "exclusiveMinimum") rule = &NumberRules::exclusive_minimum;
    if (keyword == "exclusiveMaximum") rule = &NumberRules::exclusive_maximum;
    if (keyword == "multipleOf") rule = &NumberRules::multiple_of;
    if (!rule) return {};
    if (!value.is_number()) return at(joined(node.location, keyword), "must be a number");
    if (rule == &NumberRules::multiple_of && compare_numbers(value, 0) != std::partial_ordering::greater)
      return at(joined(node.location, keyword), "must be greater than 0");
    rules(node.number).*rule = value;
    return {};
  }

  // ---- strings

  Result<void> string_keyword(SchemaNode& node, std::string_view keyword, const json::value& value) {
    if (keyword == "minLength") return count(node, keyword, value, rules(node.string).length_min);
    if (keyword == "maxLength") return count(node, keyword, value, rules(node.string).length_max);
    const std::string location = joined(node.location, keyword);
    if (keyword == "pattern") {
      if (!value.is_string()) return at(location, "must be a string");
      TRY(rules(node.string).pattern, pattern(value.get_string(), location));
    }
    if (keyword == "format") {
      if (!value.is_string()) return at(location, "must be a string");
      rules(node.string).format_name = text_of(value);
      rules(node.string).format = find_format(value.get_string());
    }
    return {};
  }

  Result<const EcmaPattern*> pattern(std::string_view source, const std::string& location) {
    const std::string key(source);
    if (const auto known = patterns_.find(key); known != patterns_.end()) return known->second;
    if (schema_.patterns.size() >= kSchemaPatternsMax)
      return at(location, "there are more than " + std::to_string(kSchemaPatternsMax) + " patterns in it");
    Result<EcmaPattern> compiled = EcmaPattern::compile(source);
    if (!compiled) return at(location, compiled.error().message);
    schema_.patterns.push_back(std::make_unique<EcmaPattern>(*std::move(compiled)));
    patterns_.emplace(key, schema_.patterns.back().get());
    return static_cast<const EcmaPattern*>(schema_.patterns.back().get());
  }

  // ---- arrays

  Result<void> array_keyword(SchemaNode& node, std::string_view keyword, const json::value& value, const Base& base) {
    if (keyword == "minItems") return count(node, keyword, value, rules(node.array).items_min);
    if (keyword == "maxItems") return count(node, keyword, value, rules(node.array).items_max);
    const std::string location = joined(node.location, keyword);
    if (keyword == "uniqueItems") {
      if (!value.is_bool()) return at(location, "must be a boolean");
      rules(node.array).unique = value.get_bool();
    }
    if (keyword == "contains") {
      TRY(rules(node.array).contains, compile(value, location, base));
    }
    if (keyword == "additionalItems") {
      TRY(rules(node.array).others, compile(value, location, base));
    }
    if (keyword == "items" && value.is_array()) {
      std::vector<const SchemaNode*> at_index;
      TRY_VOID(each_item(location, value, at_index, base));
      rules(node.array).at = std::move(at_index);
    } else if (keyword == "items") {
      TRY(rules(node.array).each, compile(value, location, base));
    }
    return {};
  }

  // ---- objects

  Result<void> object_keyword(SchemaNode& node, std::string_view keyword, const json::value& value, const Base& base) {
    if (keyword == "minProperties") return count(node, keyword, value, rules(node.object).members_min);
    if (keyword == "maxProperties") return count(node, keyword, value, rules(node.object).members_max);
    const std::string location = joined(node.location, keyword);
    if (keyword == "required") {
      TRY(const std::vector<std::string> names, texts(location, value));
      for (const std::string& name : names) property(node, name).required = true;
    }
    if (keyword == "properties") {
      TRY_VOID(each_member(
          node, keyword, value,
          [&](std::string_view name, const SchemaNode* schema) { property(node, name).schema = schema; }, base));
      rules(node.object);
    }
    if (keyword == "patternProperties") TRY_VOID(pattern_properties(node, location, value, base));
    if (keyword == "additionalProperties") {
      TRY(rules(node.object).others, compile(value, location, base));
    }
    if (keyword == "propertyNames") {
      TRY(rules(node.object).names, compile(value, location, base));
    }
    if (keyword == "dependencies") TRY_VOID(dependencies(node, location, value, base));
    return {};
  }

  // Sorted and looked up when all are known.
  Property& property(SchemaNode& node, std::string_view name) {
    std::vector<Property>& all = rules(node.object).properties;
    std::unordered_map<std::string, std::size_t>& places = places_[&node];
    const auto [place, is_new] = places.emplace(name, all.size());
    if (is_new) all.push_back({std::string(name), nullptr, false});
    return all[place->second];
  }

  void finish_object(SchemaNode& node) {
    places_.erase(&node);
    if (!node.object) return;
    std::ranges::sort(node.object->properties, {}, &Property::name);
    node.object->required =
        static_cast<std::size_t>(std::ranges::count(node.object->properties, true, &Property::required));
  }

  Result<void> pattern_properties(SchemaNode& node, const std::string& location, const json::value& value,
                                  const Base& base) {
    if (!value.is_object()) return at(location, "must be an object");
    for (const auto& [name, schema] : value.get_object()) {
      const std::string here = joined(location, std::string_view(name));
      TRY(const EcmaPattern* expression, pattern(std::string_view(name), here));
      TRY(const SchemaNode* compiled, compile(schema, here, base));
      rules(node.object).patterns.emplace_back(expression, compiled);
    }
    return {};
  }

  Result<void> dependencies(SchemaNode& node, const std::string& location, const json::value& value, const Base& base) {
    if (!value.is_object()) return at(location, "must be an object");
    for (const auto& [name, wanted] : value.get_object()) {
      const std::string here = joined(location, std::string_view(name));
      Dependency dependency;
      dependency.name = std::string(name);
      if (wanted.is_array()) {
        TRY(dependency.required, texts(here, wanted));
      } else {
        TRY(dependency.schema, compile(wanted, here, base));
      }
      rules(node.object).dependencies.push_back(std::move(dependency));
    }
    return {};
  }

  // ---- combinations

  Result<void> combination(SchemaNode& node, std::string_view keyword, const json::value& value, const Base& base) {
    const std::string location = joined(node.location, keyword);
    if (keyword == "allOf") return alternatives(location, value, rules(node.combinations).all_of, base);
    if (keyword == "anyOf") return alternatives(location, value, rules(node.combinations).any_of, base);
    if (keyword == "oneOf") return alternatives(location, value, rules(node.combinations).one_of, base);
    const SchemaNode* Combinations::*one = nullptr;
    if (keyword == "not") one = &Combinations::none_of;
    if (keyword == "if") one = &Combinations::condition;
    if (keyword == "then") one = &Combinations::then;
    if (keyword == "else") one = &Combinations::otherwise;
    if (!one) return {};
    TRY(rules(node.combinations).*one, compile(value, location, base));
    return {};
  }

  Result<void> alternatives(const std::string& location, const json::value& value, std::vector<const SchemaNode*>& into,
                            const Base& base) {
    if (!value.is_array() || value.get_array().empty()) return at(location, "must be a list of schemas");
    return each_item(location, value, into, base);
  }

  // ---- parts of keywords

  template <typename Rules>
  static Rules& rules(std::unique_ptr<Rules>& place) {
    if (!place) place = std::make_unique<Rules>();
    return *place;
  }

  static Result<void> count(SchemaNode& node, std::string_view keyword, const json::value& value,
                            std::optional<std::size_t>& into) {
    constexpr double kMax = 9007199254740992.0;  // 2^53
    if (value.is_number() && is_integer(value)) {
      const double number = value.to_number<double>();
      if (number >= 0 && number <= kMax) {
        into = static_cast<std::size_t>(number);
        return {};
      }
    }
    return at(joined(node.location, keyword), "must be a whole number, 0 or greater");
  }

  static Result<std::vector<std::string>> texts(const std::string& location, const json::value& value) {
    std::vector<std::string> all;
    if (!value.is_array()) return at(location, "must be a list of strings");
    for (const json::value& item : value.get_array()) {
      if (!item.is_string()) return at(location, "must be a list of strings");
      all.push_back(text_of(item));
    }
    return all;
  }

  Result<void> each_item(const std::string& location, const json::value& list, std::vector<const SchemaNode*>& into,
                         const Base& base) {
    const json::array& items = list.get_array();
    for (std::size_t i = 0; i < items.size(); ++i) {
      TRY(const SchemaNode* schema, compile(items[i], joined(location, i), base));
      into.push_back(schema);
    }
    return {};
  }

  template <typename Use>
  Result<void> each_member(const SchemaNode& node, std::string_view keyword, const json::value& value, const Use& use,
                           const Base& base) {
    const std::string location = joined(node.location, keyword);
    if (!value.is_object()) return at(location, "must be an object");
    for (const auto& [name, schema] : value.get_object()) {
      TRY(const SchemaNode* compiled, compile(schema, joined(location, std::string_view(name)), base));
      use(std::string_view(name), compiled);
    }
    return {};
  }

  // ---- references

  Result<void> resolve(std::size_t index) {
    const Reference reference = references_[index];  // the list grows meanwhile
    const std::string location = joined(reference.from->location, "$ref");
    const std::size_t hash = reference.text.find('#');
    const std::string uri = resolved(reference.base.uri, reference.text.substr(0, hash));
    const std::string fragment = hash == std::string::npos ? "" : reference.text.substr(hash + 1);
    const std::optional<std::string> pointer = percent_decoded(fragment);
    if (!pointer) return at(location, "has a % without its two digits");

    // A plain name.
    if (!pointer->empty() && pointer->front() != '/') {
      const auto named = resources_.find(uri + "#" + *pointer);
      if (named == resources_.end()) return at(location, "leads to " + reference.text + ", which is not there");
      return refer_to(*reference.from, *named->second.document, reference.text, named->second.base);
    }
    Resource start{reference.base.document ? reference.base.document : &schema_.document, reference.base};
    if (uri != reference.base.uri) {
      const auto found = resources_.find(uri);
      if (found == resources_.end())
        return at(location, "leads to " + reference.text + ", which is not in this document; nothing is fetched");
      start = found->second;
    }
    const json::value* target = find_at(*start.document, *pointer);
    if (!target) return at(location, "leads to " + reference.text + ", which is not there");
    return refer_to(*reference.from, *target, start.base.location + *pointer, start.base);
  }

  Result<void> refer_to(SchemaNode& from, const json::value& target, const std::string& location, const Base& base) {
    TRY(from.reference, compile(target, location, base));
    return {};
  }

  CompiledSchema& schema_;
  std::size_t depth_ = 0;
  std::unordered_map<const json::value*, SchemaNode*> nodes_;
  std::map<std::string, const EcmaPattern*, std::less<>> patterns_;
  std::unordered_map<const SchemaNode*, std::unordered_map<std::string, std::size_t>> places_;
  std::vector<Reference> references_;
  std::map<std::string, Resource, std::less<>> resources_;
};

}  // namespace

Result<std::shared_ptr<const CompiledSchema>> compile_schema(json::value document) {
  auto schema = std::make_shared<CompiledSchema>();
  schema->document = std::move(document);
  TRY_VOID(Compiler(*schema).run());
  return std::shared_ptr<const CompiledSchema>(std::move(schema));
}

}  // namespace eventbus::schemas
