#pragma once

#include "adapters/aws/rest_operation.h"
#include "adapters/aws/service.h"
#include "bus/schema_catalog.h"

#include <memory>
#include <span>

namespace eventbus::aws {

// What the handlers of EventBridge Schemas use. It outlives the service.
struct SchemasApi {
  SchemaCatalog& catalog;
};

// EventBridge Schemas in REST-JSON: registries, schemas and their versions, discoverers, code bindings, resource
// policies, tags.
std::unique_ptr<Service> make_schemas_service(SchemasApi api);

// All operations, by name.
std::span<const RestOperation<SchemasApi>> schemas_operations();

}  // namespace eventbus::aws
