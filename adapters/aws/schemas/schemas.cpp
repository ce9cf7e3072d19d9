#include "adapters/aws/schemas/schemas_handlers.h"
#include "adapters/aws/schemas/schemas_members.h"
#include "schemas/discovery.h"
#include "schemas/schema_content.h"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace eventbus::aws {

namespace {

schemas::SchemaType type_of(const json::object& input) {
  return *schemas::parse_schema_type(std::string_view(input.at("Type").as_string()));
}

// Of a version, or without one of the schema alone.
json::object rendered(const SchemaEntry& schema, const schemas::VersionRecord* version) {
  json::object output;
  if (schema.record.description) output["Description"] = *schema.record.description;
  output["LastModified"] = iso_time(schema.record.modified_at);
  output["SchemaArn"] = schema.arn();
  output["SchemaName"] = schema.key.name;
  if (version) {
    output["SchemaVersion"] = std::to_string(version->number);
    output["Type"] = to_string(version->type);
    output["VersionCreatedDate"] = iso_time(version->created_at);
  }
  output["tags"] = tags_json(schema.record.tags);
  return output;
}

json::object summary(const SchemaEntry& schema) {
  json::object output;
  output["LastModified"] = iso_time(schema.record.modified_at);
  output["SchemaArn"] = schema.arn();
  output["SchemaName"] = schema.key.name;
  output["VersionCount"] = schema.record.versions.size();
  output["tags"] = tags_json(schema.record.tags);
  return output;
}

std::string list_binding(std::string_view operation, const RequestContext& context, std::string_view filters) {
  return "schemas." + std::string(operation) + "/" + context.scope.account + "/" + context.scope.region + "/" +
         std::string(filters);
}

// ---- SearchSchemas ----

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool contains_folded(std::string_view text, std::string_view word) {
  return !std::ranges::search(text, word, {}, folded, folded).empty();
}

std::vector<std::string> words_of(std::string_view keywords) {
  std::vector<std::string> words;
  while (!keywords.empty()) {
    const std::size_t end = std::min(keywords.find(' '), keywords.size());
    if (end > 0) words.emplace_back(keywords.substr(0, end));
    keywords.remove_prefix(std::min(end + 1, keywords.size()));
  }
  return words;
}

// The versions that hold all the words, in the schema's name or their content.
json::array matching_versions(const SchemaCatalog& catalog, const SchemaEntry& schema, std::vector<std::string> words) {
  std::erase_if(words, [&](const std::string& word) { return contains_folded(schema.key.name, word); });
  json::array versions;
  for (const schemas::VersionRecord& each : schema.record.versions) {
    if (!words.empty()) {
      const SchemaResult<SchemaCatalog::Version> version = catalog.version(schema.key, each.number);
      const auto holds = [&](const std::string& word) { return contains_folded(version->content, word); };
      if (!version || !std::ranges::all_of(words, holds)) continue;
    }
    json::object& entry = versions.emplace_back(json::object()).get_object();
    entry["CreatedDate"] = iso_time(each.created_at);
    entry["SchemaVersion"] = std::to_string(each.number);
    entry["Type"] = to_string(each.type);
  }
  return versions;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> create_schema(SchemasApi& api, const RequestContext& context,
                                                       json::object input) {
  SchemaCatalog::NewSchema wanted{*schemas_text(input, "Content"), type_of(input), schemas_text(input, "Description"),
                                  schemas_tags(input)};
  auto created = co_await api.catalog.create_schema(schema_key_of(context, input), std::move(wanted));
  CO_TRY(const SchemaCatalog::Schema schema, schemas_result(std::move(created)));
  co_return rendered(*schema, schema->record.latest());
}

asio::awaitable<AwsResult<json::object>> update_schema(SchemasApi& api, const RequestContext& context,
                                                       json::object input) {
  SchemaCatalog::SchemaChanges changes{schemas_text(input, "Content"), schemas_text(input, "Description"), {}};
  if (input.contains("Type")) changes.type = type_of(input);
  auto updated = co_await api.catalog.update_schema(schema_key_of(context, input), std::move(changes));
  CO_TRY(const SchemaCatalog::Schema schema, schemas_result(std::move(updated)));
  co_return rendered(*schema, schema->record.latest());
}

asio::awaitable<AwsResult<json::object>> describe_schema(SchemasApi& api, const RequestContext& context,
                                                         json::object input) {
  CO_TRY(const std::optional<std::uint64_t> number, schema_version_of(input));
  CO_TRY(const SchemaCatalog::Version version,
         schemas_result(api.catalog.version(schema_key_of(context, input), number)));
  json::object output = rendered(*version.schema, &version.record);
  output["Content"] = version.content;
  co_return output;
}

asio::awaitable<AwsResult<json::object>> delete_schema(SchemasApi& api, const RequestContext& context,
                                                       json::object input) {
  CO_TRY_VOID(schemas_result(co_await api.catalog.delete_schema(schema_key_of(context, input))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> delete_schema_version(SchemasApi& api, const RequestContext& context,
                                                               json::object input) {
  CO_TRY(const std::optional<std::uint64_t> number, schema_version_of(input));
  CO_TRY_VOID(schemas_result(co_await api.catalog.delete_version(schema_key_of(context, input), *number)));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> list_schemas(SchemasApi& api, const RequestContext& context,
                                                      json::object input) {
  const RegistryKey key = registry_key_of(context, input);
  const std::string prefix = schemas_text(input, "SchemaNamePrefix").value_or("");
  CO_TRY(std::vector<SchemaCatalog::Schema> found, schemas_result(api.catalog.schemas_of(key)));
  std::erase_if(found, [&](const auto& schema) { return !schema->key.name.starts_with(prefix); });
  co_return page_of_entries(
      input, list_binding("ListSchemas", context, key.name + "/" + prefix), "Schemas", found,
      [](const auto& schema) { return std::string_view(schema->key.name); },
      [](const auto& schema) { return summary(*schema); });
}

asio::awaitable<AwsResult<json::object>> list_schema_versions(SchemasApi& api, const RequestContext& context,
                                                              json::object input) {
  const SchemaKey key = schema_key_of(context, input);
  CO_TRY(const SchemaCatalog::Schema schema, schemas_result(api.catalog.schema(key)));
  struct Listed {
    std::string order;  // names of a page ascend as texts
    const schemas::VersionRecord* version;
  };
  std::vector<Listed> versions;
  for (const schemas::VersionRecord& version : schema->record.versions) {
    const std::string number = std::to_string(version.number);
    versions.push_back({std::string(20 - number.size(), '0') + number, &version});
  }
  co_return page_of_entries(
      input, list_binding("ListSchemaVersions", context, key.registry + "/" + key.name), "SchemaVersions", versions,
      [](const Listed& each) { return std::string_view(each.order); },
      [&](const Listed& each) {
        json::object entry;
        entry["SchemaArn"] = schema->arn();
        entry["SchemaName"] = schema->key.name;
        entry["SchemaVersion"] = std::to_string(each.version->number);
        entry["Type"] = to_string(each.version->type);
        return entry;
      });
}

asio::awaitable<AwsResult<json::object>> search_schemas(SchemasApi& api, const RequestContext& context,
                                                        json::object input) {
  const RegistryKey key = registry_key_of(context, input);
  const std::string keywords = *schemas_text(input, "Keywords");
  const std::vector<std::string> words = words_of(keywords);
  if (words.empty()) co_return bad_request("Keywords must not be empty.");
  auto listed = api.catalog.schemas_of(key);
  // AWS models no NotFoundException for SearchSchemas.
  if (!listed && listed.error().code == ErrorCode::kNotFound) co_return bad_request(listed.error().message);
  CO_TRY(const std::vector<SchemaCatalog::Schema> all, schemas_result(std::move(listed)));
  std::vector<std::pair<SchemaCatalog::Schema, json::array>> found;
  for (const SchemaCatalog::Schema& schema : all) {
    json::array versions = matching_versions(api.catalog, *schema, words);
    if (!versions.empty()) found.emplace_back(schema, std::move(versions));
  }
  co_return page_of_entries(
      input, list_binding("SearchSchemas", context, key.name + "/" + keywords), "Schemas", found,
      [](const auto& each) { return std::string_view(each.first->key.name); },
      [](const auto& each) {
        json::object entry;
        entry["RegistryName"] = each.first->key.registry;
        entry["SchemaArn"] = each.first->arn();
        entry["SchemaName"] = each.first->key.name;
        entry["SchemaVersions"] = each.second;
        return entry;
      });
}

asio::awaitable<AwsResult<json::object>> export_schema(SchemasApi& api, const RequestContext& context,
                                                       json::object input) {
  if (schemas_text(input, "Type") != "JSONSchemaDraft4") co_return bad_request("Type must be JSONSchemaDraft4.");
  CO_TRY(const std::optional<std::uint64_t> number, schema_version_of(input));
  const SchemaKey key = schema_key_of(context, input);
  CO_TRY(const SchemaCatalog::Version version, schemas_result(api.catalog.version(key, number)));
  // AWS: "Cannot export … for non discovered or non aws managed schemas" (behaviour §22).
  if (!schemas::is_built_in(key.registry))
    co_return bad_request("Only discovered schemas and schemas of AWS events can be exported.");
  auto document = schemas::json_schema_of(version.content, version.record.type);
  if (!document) co_return bad_request(document.error().message);
  json::object output;
  output["Content"] = json::serialize(*document);
  output["SchemaArn"] = version.schema->arn();
  output["SchemaName"] = key.name;
  output["SchemaVersion"] = std::to_string(version.record.number);
  output["Type"] = "JSONSchemaDraft4";
  co_return output;
}

asio::awaitable<AwsResult<json::object>> get_discovered_schema(SchemasApi&, const RequestContext&, json::object input) {
  std::optional<schemas::LearnedSchema> learned;
  for (const json::value& event : input.at("Events").as_array()) {
    Result<schemas::LearnedSchema> shown = schemas::learn(std::string_view(event.as_string()));
    if (shown && learned) shown = schemas::learned_together(*std::move(learned), *shown);
    if (!shown) co_return bad_request("Events: " + shown.error().message);
    learned = *std::move(shown);
  }
  json::object output;
  output["Content"] = write_schema(*learned, type_of(input));
  co_return output;
}

}  // namespace eventbus::aws
