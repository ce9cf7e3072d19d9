#pragma once

#include "bus/schema_catalog.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// What the files of SchemaCatalog share: where its documents stand in the Catalog, and what its mutations check alike.

namespace schema_documents {

inline constexpr std::string_view kRegistries = "schema-registry/";
inline constexpr std::string_view kSchemas = "schema/";
inline constexpr std::string_view kContents = "schema-content/";
inline constexpr std::string_view kDiscoverers = "schema-discoverer/";

inline std::string scope_path(const Scope& scope) { return scope.account + "/" + scope.region + "/"; }

inline std::string path_of(const RegistryKey& key) {
  return std::string(kRegistries) + scope_path(key.scope) + key.name;
}
inline std::string path_of(const SchemaKey& key) {
  return std::string(kSchemas) + scope_path(key.scope) + key.registry + "/" + key.name;
}
inline std::string path_of(const DiscovererKey& key) {
  return std::string(kDiscoverers) + scope_path(key.scope) + key.id;
}
inline std::string content_path(const SchemaKey& key, std::uint64_t version) {
  return std::string(kContents) + scope_path(key.scope) + key.registry + "/" + key.name + "/" + std::to_string(version);
}

}  // namespace schema_documents

inline SchemaError quota_exceeded(std::string_view what, std::size_t limit) {
  return {limit_exceeded("The quota of " + std::to_string(limit) + " " + std::string(what) + " is reached."),
          SchemaError::kForbidden};
}

// An empty description is none.
inline std::optional<std::string> unless_empty(std::optional<std::string> text) {
  return text && text->empty() ? std::nullopt : text;
}

}  // namespace eventbus
