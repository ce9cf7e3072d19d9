#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "schemas/schema_type.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::schemas {

// What a schema registry keeps, as plain data, and its stored form. Contents of versions are stored beside (each may be
// 100 KB), so that a change of a description does not write them again.

using SchemaTags = std::map<std::string, std::string>;

// Registries that exist without having been made. AWS's is the same for all accounts and nobody writes to it.
inline constexpr std::string_view kAwsRegistry = "aws.events";
inline constexpr std::string_view kDiscoveredRegistry = "discovered-schemas";
inline bool is_built_in(std::string_view registry) {
  return registry == kAwsRegistry || registry == kDiscoveredRegistry;
}

// AWS's quotas (behaviour §4).
struct RegistryLimits {
  std::size_t registries = 10;
  std::size_t discoverers = 10;
  std::size_t schemas_per_registry = 100;
  std::size_t discovered_schemas = 200;
  std::size_t versions_per_schema = 100;
};

struct RegistryRecord {
  std::string name;
  std::optional<std::string> description;
  SchemaTags tags;
  std::optional<std::string> policy;  // JSON text
  std::string policy_revision;        // of `policy`: a UUID
};

struct VersionRecord {
  std::uint64_t number = 0;
  SchemaType type = SchemaType::kOpenApi3;
  TimePoint created_at;
};

// That code for a version was asked for; the code itself is made from the version's content each time.
struct BindingRecord {
  std::string language;
  std::uint64_t version = 0;
  bool failed = false;
  TimePoint created_at, modified_at;
};

struct SchemaRecord {
  std::string name;
  std::optional<std::string> description;
  SchemaTags tags;
  TimePoint modified_at;
  std::uint64_t next_version = 1;       // numbers are never given twice
  std::vector<VersionRecord> versions;  // ascending; a schema whose versions were deleted one by one has none
  std::vector<BindingRecord> bindings;

  const VersionRecord* version(std::uint64_t number) const;
  const VersionRecord* latest() const { return versions.empty() ? nullptr : &versions.back(); }
  const BindingRecord* binding(std::string_view language, std::uint64_t number) const;
};

struct DiscovererRecord {
  std::string id;          // "events-event-bus-orders"
  std::string source_arn;  // of its bus
  std::optional<std::string> description;
  bool cross_account = true;  // learns from events of other accounts, too
  bool started = true;
  SchemaTags tags;
};

// JSON documents with a "version"; decoding answers kInternal for what it does not understand.
std::string encode(const RegistryRecord& registry);
std::string encode(const SchemaRecord& schema);
std::string encode(const DiscovererRecord& discoverer);
Result<RegistryRecord> decode_registry(std::string_view document);
Result<SchemaRecord> decode_schema(std::string_view document);
Result<DiscovererRecord> decode_discoverer(std::string_view document);

// AWS: registries have 1–64, schemas 1–385 characters, letters, digits and ".-_", schemas '@' besides.
bool is_registry_name(std::string_view name);
bool is_schema_name(std::string_view name);

}  // namespace eventbus::schemas
