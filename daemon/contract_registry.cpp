#include "daemon/contract_registry.h"

#include "schemas/discovery.h"
#include "schemas/schema_content.h"

#include <algorithm>
#include <utility>

namespace eventbus {
namespace {

bool holds(const SchemaCatalog& catalog, const SchemaEntry& schema, const std::string& text) {
  return std::ranges::any_of(schema.record.versions, [&](const schemas::VersionRecord& each) {
    const SchemaResult<SchemaCatalog::Version> version = catalog.version(schema.key, each.number);
    return version && schemas::same_content(version->content, text);
  });
}

Error in_contract(const std::string& label, const Error& error) {
  return Error{error.code, "contract " + label + ": " + error.message};
}

}  // namespace

asio::awaitable<Result<std::size_t>> register_contracts(SchemaCatalog& catalog, Scope scope, std::string registry,
                                                        std::vector<RegisteredContract> contracts) {
  if (!catalog.registry({scope, registry})) {
    auto made = co_await catalog.create_registry({scope, registry}, "Contracts that this daemon was started with.", {});
    if (!made) co_return Error(made.error());
  }
  std::size_t added = 0;
  for (RegisteredContract& contract : contracts) {
    const SchemaKey key{scope, registry, schemas::discovered_schema_name(contract.source, contract.detail_type)};
    const SchemaResult<SchemaCatalog::Schema> known = catalog.schema(key);
    if (known && holds(catalog, **known, contract.text)) continue;
    SchemaResult<SchemaCatalog::Schema> put = SchemaError(not_found(""));
    if (known) {
      SchemaCatalog::SchemaChanges changes{std::move(contract.text), std::nullopt,
                                           schemas::SchemaType::kJsonSchemaDraft4};
      put = co_await catalog.update_schema(key, std::move(changes));
    } else {
      SchemaCatalog::NewSchema wanted{std::move(contract.text),
                                      schemas::SchemaType::kJsonSchemaDraft4,
                                      contract.detail_type + " of " + contract.source,
                                      {}};
      put = co_await catalog.create_schema(key, std::move(wanted));
    }
    if (!put) co_return in_contract(contract.label, put.error());
    ++added;
  }
  co_return added;
}

}  // namespace eventbus
