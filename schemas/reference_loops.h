#pragma once

#include "base/result.h"
#include "schemas/schema_node.h"

namespace eventbus::schemas {

// Refuses a schema whose parts apply to the same place of a document in a circle ({"$ref": "#"}; two that refer to each
// other; one that is among its own alternatives): a check would never end. Circles that go down into a member or an
// item are what recursive documents need, and fine.
Result<void> refuse_reference_loops(const CompiledSchema& schema);

}  // namespace eventbus::schemas
