#pragma once

#include "adapters/aws/aws_error.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::aws {

// The body of PutEvents, decoded without a tree. Members the model does not know are skipped, null is absent.
struct PutEventsEntry {
  std::optional<std::int64_t> time_milliseconds;  // whole seconds: the fraction is cut off
  std::optional<std::string_view> source, detail_type, detail, event_bus_name, trace_header;
  std::optional<std::vector<std::string_view>> resources;
};

struct PutEventsRequest {
  std::optional<std::vector<PutEventsEntry>> entries;
  std::optional<std::string_view> endpoint_id;
  std::unique_ptr<char[]> texts;  // all the views above point into it
};

// Errors are SerializationException: not JSON, not UTF-8, a member of the wrong type.
AwsResult<PutEventsRequest> decode_put_events(std::string_view body);

// Does the request look as if it broke a constraint of the API model? Decided without a tree, and true for all that do;
// what is wrong, in AWS's words, the model's own table has to say.
bool may_break_constraints(const PutEventsRequest& request, std::size_t entries_max);

// AWS: 14 for a Time, and the UTF-8 lengths of Source, DetailType, Detail and each resource (behaviour §5).
std::size_t entry_size(const PutEventsEntry& entry);

}  // namespace eventbus::aws
