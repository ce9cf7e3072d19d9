#include "bus/arn.h"
#include "bus/schema_catalog.h"

#include <utility>

namespace eventbus {

namespace {

constexpr std::size_t kTagsMax = 50;

}  // namespace

const SchemaCatalog::Tags& SchemaCatalog::Tagged::tags() const {
  if (registry) return registry->record.tags;
  return schema ? schema->record.tags : discoverer->record.tags;
}

SchemaResult<SchemaCatalog::Tagged> SchemaCatalog::tagged(std::string_view text) const {
  const std::optional<Arn> arn = Arn::parse(text);
  if (!arn || arn->service != "schemas")
    return invalid("ResourceArn is not the ARN of a registry, schema or discoverer.");
  const std::string_view resource = arn->resource;
  const std::size_t slash = resource.find('/');
  const std::string_view kind = resource.substr(0, slash);
  const std::string name(slash == std::string_view::npos ? std::string_view() : resource.substr(slash + 1));
  Tagged found;
  if (kind == "registry") {
    TRY(found.registry, registry({arn->scope(), name}));
  } else if (kind == "discoverer") {
    TRY(found.discoverer, discoverer({arn->scope(), name}));
  } else if (const std::size_t behind = name.find('/'); kind == "schema" && behind != std::string::npos) {
    TRY(found.schema, schema({arn->scope(), name.substr(0, behind), name.substr(behind + 1)}));
  } else {
    return invalid("ResourceArn is not the ARN of a registry, schema or discoverer.");
  }
  return found;
}

SchemaResult<SchemaCatalog::Tags> SchemaCatalog::tags(std::string_view arn) const {
  TRY(const Tagged found, tagged(arn));
  return found.tags();
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::replace_tags(std::string arn, Tags added,
                                                                std::vector<std::string> removed) {
  const std::optional<Arn> parsed = Arn::parse(arn);
  ScopeState& scope = scope_state(parsed ? parsed->scope() : Scope());
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const Tagged found, tagged(arn));
  if ((found.registry && found.registry->record.name == schemas::kAwsRegistry) ||
      (found.schema && found.schema->key.registry == schemas::kAwsRegistry))
    co_return SchemaError(conflict("Registry aws.events belongs to AWS and cannot be changed."),
                          SchemaError::kForbidden);
  Tags tags = found.tags();
  for (const std::string& key : removed) tags.erase(key);
  for (auto& [key, value] : added) tags[key] = value;
  if (tags.size() > kTagsMax) co_return invalid("A resource has 50 tags at most.");

  if (found.registry) {
    auto next = std::make_shared<RegistryEntry>(*found.registry);
    next->record.tags = std::move(tags);
    RegistryKey key{next->scope, next->record.name};
    co_return co_await write(std::move(key), found.registry, std::move(next));
  }
  if (found.schema) {
    auto next = std::make_shared<SchemaEntry>(*found.schema);
    next->record.tags = std::move(tags);
    SchemaKey key = next->key;
    co_return co_await write(std::move(key), found.schema, std::move(next), {});
  }
  auto next = std::make_shared<DiscovererEntry>(*found.discoverer);
  next->record.tags = std::move(tags);
  DiscovererKey key{next->scope, next->record.id};
  co_return co_await write(std::move(key), found.discoverer, std::move(next));
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::tag(std::string arn, Tags added) {
  return replace_tags(std::move(arn), std::move(added), {});
}

asio::awaitable<SchemaResult<void>> SchemaCatalog::untag(std::string arn, std::vector<std::string> keys) {
  return replace_tags(std::move(arn), {}, std::move(keys));
}

}  // namespace eventbus
