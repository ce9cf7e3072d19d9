#pragma once

#include "schemas/ecma_pattern.h"
#include "schemas/string_formats.h"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus::schemas {

// A schema as it is walked: compiled once (schema_compiler.h), immutable from then on. Nodes point at each other, in
// circles where the schema is recursive; CompiledSchema owns them all. For this folder alone: what others use is
// schema_validator.h.

// Kinds of values, as bits. An integer is a number too.
enum TypeBit : std::uint8_t {
  kNull = 1,
  kBoolean = 2,
  kObject = 4,
  kArray = 8,
  kString = 16,
  kInteger = 32,
  kFraction = 64,  // a number that is no integer
};
using TypeSet = std::uint8_t;
inline constexpr TypeSet kNumber = kInteger | kFraction;
inline constexpr TypeSet kEveryType = 127;

TypeSet type_of(const boost::json::value& value);  // one bit
std::string names_of(TypeSet types);               // "string or null"

struct SchemaNode;

struct NumberRules {
  std::optional<boost::json::value> minimum, exclusive_minimum, maximum, exclusive_maximum, multiple_of;
};

struct StringRules {
  std::optional<std::size_t> length_min, length_max;  // characters
  const EcmaPattern* pattern = nullptr;
  std::string format_name;
  FormatCheck format = nullptr;  // null: no format, or one that is not known
};

struct ArrayRules {
  std::optional<std::size_t> items_min, items_max;
  bool unique = false;
  const SchemaNode* each = nullptr;                  // `items`: a schema
  std::optional<std::vector<const SchemaNode*>> at;  // `items`: a list of them
  const SchemaNode* others = nullptr;                // `additionalItems`, where `at` is there
  const SchemaNode* contains = nullptr;
};

struct Property {
  std::string name;
  const SchemaNode* schema = nullptr;  // null: only required
  bool required = false;
};

struct Dependency {
  std::string name;
  std::vector<std::string> required;
  const SchemaNode* schema = nullptr;  // null: names only
};

struct ObjectRules {
  std::optional<std::size_t> members_min, members_max;
  std::vector<Property> properties;  // sorted by name
  std::size_t required = 0;          // how many of them are
  std::vector<std::pair<const EcmaPattern*, const SchemaNode*>> patterns;
  const SchemaNode* others = nullptr;  // `additionalProperties`
  const SchemaNode* names = nullptr;
  std::vector<Dependency> dependencies;

  const Property* find(std::string_view name) const;
};

struct Combinations {
  std::vector<const SchemaNode*> all_of, any_of, one_of;
  const SchemaNode* none_of = nullptr;  // `not`
  const SchemaNode* condition = nullptr;
  const SchemaNode* then = nullptr;
  const SchemaNode* otherwise = nullptr;
};

struct SchemaNode {
  std::string location;                        // JSON pointer into the schema
  const boost::json::value* source = nullptr;  // what it was made from, in CompiledSchema's document
  bool nothing_fits = false;                   // the schema `false`
  const SchemaNode* reference = nullptr;       // of a `$ref`, beside which nothing counts

  TypeSet types = kEveryType;
  std::optional<std::vector<boost::json::value>> values;  // `enum`, and `const` as an enumeration of one
  std::unique_ptr<NumberRules> number;
  std::unique_ptr<StringRules> string;
  std::unique_ptr<ArrayRules> array;
  std::unique_ptr<ObjectRules> object;
  std::unique_ptr<Combinations> combinations;
};

struct CompiledSchema {
  boost::json::value document;
  std::vector<std::unique_ptr<SchemaNode>> nodes;
  std::vector<std::unique_ptr<EcmaPattern>> patterns;
  const SchemaNode* root = nullptr;
};

}  // namespace eventbus::schemas
