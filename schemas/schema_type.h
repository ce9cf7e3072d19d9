#pragma once

#include <optional>
#include <string_view>

namespace eventbus::schemas {

// In what language a schema is written.
enum class SchemaType { kOpenApi3, kJsonSchemaDraft4 };

constexpr std::string_view to_string(SchemaType type) {
  return type == SchemaType::kOpenApi3 ? "OpenApi3" : "JSONSchemaDraft4";
}

constexpr std::optional<SchemaType> parse_schema_type(std::string_view text) {
  if (text == "OpenApi3") return SchemaType::kOpenApi3;
  if (text == "JSONSchemaDraft4") return SchemaType::kJsonSchemaDraft4;
  return std::nullopt;
}

}  // namespace eventbus::schemas
