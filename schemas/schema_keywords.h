#pragma once

#include "base/result.h"
#include "schemas/schema_node.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::schemas {

// Keywords that hold no schemas: what each may say, and the rule it becomes. Of the compiler (schema_compiler.h) alone.

// kInvalid: "at /properties/size/minimum: must be a number".
Error at(const std::string& location, std::string_view problem);

// Of a string.
std::string text_of(const boost::json::value& value);

// The rules of a kind of values, which a node has once a keyword asks for one.
template <typename Rules>
Rules& rules(std::unique_ptr<Rules>& place) {
  if (!place) place = std::make_unique<Rules>();
  return *place;
}

// `$schema`, if it is there, must be draft-07 or draft-06.
Result<void> check_dialect(const boost::json::object& root);

Result<void> compile_type(SchemaNode& node, const boost::json::value& value);
// `enum` and `const`; where both are there, what fits both.
Result<void> compile_enumeration(SchemaNode& node, std::string_view keyword, const boost::json::value& value);
// A bound of numbers; nothing, when the keyword is none.
Result<void> compile_number(SchemaNode& node, std::string_view keyword, const boost::json::value& value);
// A number of characters, items or members.
Result<void> compile_count(SchemaNode& node, std::string_view keyword, const boost::json::value& value,
                           std::optional<std::size_t>& into);
Result<std::vector<std::string>> texts(const std::string& location, const boost::json::value& value);

}  // namespace eventbus::schemas
