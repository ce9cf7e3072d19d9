#include "schemas/schema_compiler.h"

#include "schemas/json_pointer.h"
#include "schemas/reference_loops.h"
#include "schemas/schema_keywords.h"
#include "schemas/schema_limits.h"
#include "schemas/schema_resources.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace eventbus::schemas {

namespace {

namespace json = boost::json;

class Compiler {
 public:
  explicit Compiler(CompiledSchema& schema) : schema_(schema), resources_(schema.document) {}

  Result<void> run() {
    if (const json::object* root = schema_.document.if_object()) TRY_VOID(check_dialect(*root));
    TRY(schema_.root, compile(schema_.document, "", SchemaBase{}));
    // What is referred to may refer on, to places where no keyword leads.
    for (std::size_t i = 0; i < references_.size(); ++i) TRY_VOID(resolve(i));
    return refuse_reference_loops(schema_);
  }

 private:
  struct Reference {
    SchemaNode* from;
    std::string text;
    SchemaBase base;
  };

  // ---- one schema

  Result<const SchemaNode*> compile(const json::value& source, const std::string& location, const SchemaBase& base) {
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
    TRY(const SchemaBase inner, resources_.enter(source, location, base));
    ++depth_;
    Result<void> compiled = compile_keywords(node, keywords, inner);
    --depth_;
    if (!compiled) return std::move(compiled).error();
    return &node;
  }

  Result<void> refer(SchemaNode& node, const json::value& reference, const SchemaBase& base) {
    if (!reference.is_string()) return at(joined(node.location, "$ref"), "must be a string");
    if (references_.size() >= kSchemaReferencesMax)
      return at(node.location, "there are more than " + std::to_string(kSchemaReferencesMax) + " references in it");
    references_.push_back({&node, text_of(reference), base});
    return {};
  }

  Result<void> compile_keywords(SchemaNode& node, const json::object& keywords, const SchemaBase& base) {
    for (const auto& [name, value] : keywords) {
      const std::string_view keyword(name.data(), name.size());
      if (keyword == "type") TRY_VOID(compile_type(node, value));
      if (keyword == "enum" || keyword == "const") TRY_VOID(compile_enumeration(node, keyword, value));
      TRY_VOID(compile_number(node, keyword, value));
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

  // ---- strings

  Result<void> string_keyword(SchemaNode& node, std::string_view keyword, const json::value& value) {
    if (keyword == "minLength") return compile_count(node, keyword, value, rules(node.string).length_min);
    if (keyword == "maxLength") return compile_count(node, keyword, value, rules(node.string).length_max);
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

  Result<void> array_keyword(SchemaNode& node, std::string_view keyword, const json::value& value,
                             const SchemaBase& base) {
    if (keyword == "minItems") return compile_count(node, keyword, value, rules(node.array).items_min);
    if (keyword == "maxItems") return compile_count(node, keyword, value, rules(node.array).items_max);
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

  Result<void> object_keyword(SchemaNode& node, std::string_view keyword, const json::value& value,
                              const SchemaBase& base) {
    if (keyword == "minProperties") return compile_count(node, keyword, value, rules(node.object).members_min);
    if (keyword == "maxProperties") return compile_count(node, keyword, value, rules(node.object).members_max);
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
                                  const SchemaBase& base) {
    if (!value.is_object()) return at(location, "must be an object");
    for (const auto& [name, schema] : value.get_object()) {
      const std::string here = joined(location, std::string_view(name));
      TRY(const EcmaPattern* expression, pattern(std::string_view(name), here));
      TRY(const SchemaNode* compiled, compile(schema, here, base));
      rules(node.object).patterns.emplace_back(expression, compiled);
    }
    return {};
  }

  Result<void> dependencies(SchemaNode& node, const std::string& location, const json::value& value,
                            const SchemaBase& base) {
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

  Result<void> combination(SchemaNode& node, std::string_view keyword, const json::value& value,
                           const SchemaBase& base) {
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
                            const SchemaBase& base) {
    if (!value.is_array() || value.get_array().empty()) return at(location, "must be a list of schemas");
    return each_item(location, value, into, base);
  }

  // ---- parts of keywords

  Result<void> each_item(const std::string& location, const json::value& list, std::vector<const SchemaNode*>& into,
                         const SchemaBase& base) {
    const json::array& items = list.get_array();
    for (std::size_t i = 0; i < items.size(); ++i) {
      TRY(const SchemaNode* schema, compile(items[i], joined(location, i), base));
      into.push_back(schema);
    }
    return {};
  }

  template <typename Use>
  Result<void> each_member(const SchemaNode& node, std::string_view keyword, const json::value& value, const Use& use,
                           const SchemaBase& base) {
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
    TRY(const SchemaResources::Target target,
        resources_.find(reference.text, reference.base, joined(reference.from->location, "$ref")));
    TRY(reference.from->reference, compile(*target.schema, target.location, target.base));
    return {};
  }

  CompiledSchema& schema_;
  SchemaResources resources_;
  std::size_t depth_ = 0;
  std::unordered_map<const json::value*, SchemaNode*> nodes_;
  std::map<std::string, const EcmaPattern*, std::less<>> patterns_;
  std::unordered_map<const SchemaNode*, std::unordered_map<std::string, std::size_t>> places_;
  std::vector<Reference> references_;
};

}  // namespace

Result<std::shared_ptr<const CompiledSchema>> compile_schema(json::value document) {
  auto schema = std::make_shared<CompiledSchema>();
  schema->document = std::move(document);
  TRY_VOID(Compiler(*schema).run());
  return std::shared_ptr<const CompiledSchema>(std::move(schema));
}

}  // namespace eventbus::schemas
