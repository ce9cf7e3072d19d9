#pragma once

#include "base/result.h"
#include "schemas/schema_type.h"
#include "schemas/shape.h"

#include <optional>
#include <string>
#include <string_view>

namespace eventbus::schemas {

// What a kind of event is known to look like. Of events in EventBridge's envelope the envelope is fixed and the detail
// is learned; other JSON objects are learned as a whole. Pure values and functions.
struct LearnedSchema {
  // Empty for events without an envelope.
  std::string source, detail_type;
  bool envelope = false;
  Shape shape;  // of the detail, or of the whole event

  friend bool operator==(const LearnedSchema&, const LearnedSchema&) = default;
};

// AWS: `<source>@<detail-type without spaces, CamelCase>` (behaviour §22); a '/' of a partner's source becomes '-'.
std::string discovered_schema_name(std::string_view source, std::string_view detail_type);

// What one event shows. kInvalid: not a JSON object, or nested deeper than Shape::kDepthMax.
Result<LearnedSchema> learn(std::string_view event);

// What both show together. kInvalid: they are events of different kinds.
Result<LearnedSchema> learned_together(LearnedSchema a, const LearnedSchema& b);

// The document that AWS's discovery writes: OpenAPI 3.0.0 with the components AWSEvent (the envelope, its required
// list, x-amazon-events-source and -detail-type), one for the detail and one for each object in it. Without an
// envelope, the component Event. JSONSchemaDraft4 is what ExportSchema makes of that document. Equal schemas give equal
// texts.
std::string write_schema(const LearnedSchema& schema, SchemaType type);

// Reads a document of write_schema(…, kOpenApi3) back, so that nothing is learned twice. nullopt for any other: it was
// written by hand.
std::optional<LearnedSchema> read_schema(std::string_view content);

}  // namespace eventbus::schemas
