#include "adapters/aws/schemas/schemas_handlers.h"
#include "adapters/aws/schemas/schemas_members.h"
#include "schemas/code_binding.h"
#include "schemas/zip_archive.h"

#include <utility>

namespace eventbus::aws {

namespace {

// The version that a request for code names, and the language.
struct Asked {
  SchemaCatalog::Version version;
  std::string language;
};

AwsResult<Asked> asked_for(const SchemasApi& api, const RequestContext& context, const json::object& input,
                           bool says_gone) {
  std::string language = *schemas_text(input, "Language");
  if (!schemas::is_binding_language(language))
    return bad_request("Language must be one of Go1, Java8, Python36, TypeScript3.");
  TRY(const std::optional<std::uint64_t> number, schema_version_of(input));
  auto version = api.catalog.version(schema_key_of(context, input), number);
  if (!version && version.error().reason == SchemaError::kGone && says_gone)
    return AwsError("GoneException", version.error().message, 410);
  TRY(SchemaCatalog::Version found, schemas_result(std::move(version)));
  return Asked{std::move(found), std::move(language)};
}

Result<schemas::TypeModel> model_of(const SchemaCatalog::Version& version) {
  return schemas::type_model(version.content, version.record.type, version.schema->key.name);
}

json::object rendered(const schemas::BindingRecord& binding) {
  json::object output;
  output["CreationDate"] = iso_time(binding.created_at);
  output["LastModified"] = iso_time(binding.modified_at);
  output["SchemaVersion"] = std::to_string(binding.version);
  output["Status"] = binding.failed ? "CREATE_FAILED" : "CREATE_COMPLETE";
  return output;
}

// What was asked for with PutCodeBinding. AWS makes the code of its own schemas itself.
AwsResult<schemas::BindingRecord> binding_of(const Asked& asked) {
  const SchemaEntry& schema = *asked.version.schema;
  const std::uint64_t number = asked.version.record.number;
  if (schema.key.registry == schemas::kAwsRegistry)
    return schemas::BindingRecord{asked.language, number, false, schema.record.modified_at, schema.record.modified_at};
  if (const schemas::BindingRecord* binding = schema.record.binding(asked.language, number)) return *binding;
  return AwsError("NotFoundException",
                  "No code binding in " + asked.language + " was asked for, of version " + std::to_string(number) +
                      " of schema " + schema.key.name + " in registry " + schema.key.registry + ".",
                  404);
}

}  // namespace

asio::awaitable<AwsResult<json::object>> put_code_binding(SchemasApi& api, const RequestContext& context,
                                                          json::object input) {
  CO_TRY(Asked asked, asked_for(api, context, input, true));
  if (asked.version.schema->key.registry == schemas::kAwsRegistry) {
    CO_TRY(const schemas::BindingRecord always, binding_of(asked));
    co_return rendered(always);
  }
  const bool failed = !model_of(asked.version);
  auto put = co_await api.catalog.put_binding(asked.version.schema->key, asked.version.record.number,
                                              std::move(asked.language), failed);
  CO_TRY(const schemas::BindingRecord binding, schemas_result(std::move(put)));
  co_return rendered(binding);
}

asio::awaitable<AwsResult<json::object>> describe_code_binding(SchemasApi& api, const RequestContext& context,
                                                               json::object input) {
  CO_TRY(const Asked asked, asked_for(api, context, input, false));
  CO_TRY(const schemas::BindingRecord binding, binding_of(asked));
  co_return rendered(binding);
}

asio::awaitable<AwsResult<net::Response>> get_code_binding_source(SchemasApi& api, const RequestContext& context,
                                                                  json::object input) {
  CO_TRY(const Asked asked, asked_for(api, context, input, false));
  CO_TRY_VOID(binding_of(asked));
  const Result<schemas::TypeModel> model = model_of(asked.version);
  if (!model) co_return bad_request(model.error().message);
  net::Response response;
  response.headers.push_back({"Content-Type", "application/zip"});
  response.body = zip_archive(code_binding(*model, asked.language));
  co_return response;
}

}  // namespace eventbus::aws
