#pragma once

#include "base/result.h"
#include "schemas/schema_node.h"

#include <boost/json/value.hpp>

#include <memory>

namespace eventbus::schemas {

// Admits a draft-07 schema and makes it fit to be walked. What makes checks safe is decided here: nothing is compiled
// that refers to itself without going down into the document, whose patterns RE2 cannot run, or that is larger than
// schema_limits.h allows.
//
// $ref: JSON pointers into the document, `$id`s and their plain names in it. Nothing is ever fetched. As draft-07 has
// it, what stands beside a $ref does not count.
//
// kInvalid names the place: "at /properties/size/minimum: must be a number".
Result<std::shared_ptr<const CompiledSchema>> compile_schema(boost::json::value document);

}  // namespace eventbus::schemas
