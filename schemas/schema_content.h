#pragma once

#include "base/result.h"
#include "schemas/schema_type.h"

#include <boost/json/object.hpp>

#include <cstddef>
#include <string_view>

namespace eventbus::schemas {

// Contents of schemas: JSON text of a document in the language that SchemaType names. Pure functions.

// AWS: 1–100,000 characters (the model of CreateSchema).
inline constexpr std::size_t kContentCharactersMax = 100'000;

// The JSON object that `text` is, nested 1,000 levels at most. kInvalid says what is wrong.
Result<boost::json::object> parse_object(std::string_view text);

// Is `content` a schema of this type? kInvalid says where it is not.
//   OpenApi3           an OpenAPI 3.0 or 3.1 document: openapi, info with title and version, paths, and in
//                      components.schemas well-formed schemas whose references to them are answered
//   JSONSchemaDraft4   a schema of draft 4; drafts 6 and 7 are taken, AWS's registry takes draft 4 only
Result<void> check_content(std::string_view content, SchemaType type);

// Do both texts hold the same JSON value? Members may stand in another order.
bool same_content(std::string_view a, std::string_view b);

// The JSON Schema (draft 4) that ExportSchema answers for an OpenAPI document: the component AWSEvent, or else the one
// that info.title names, or else the only one, becomes the schema itself, the others its definitions; what is nullable
// has "null" for a type. kInvalid: no component can be told to be the event.
Result<boost::json::object> draft4_of(const boost::json::object& open_api);

// The JSON Schema of any content: itself, or draft4_of.
Result<boost::json::object> json_schema_of(std::string_view content, SchemaType type);

}  // namespace eventbus::schemas
