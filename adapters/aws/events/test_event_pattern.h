#pragma once

#include "adapters/aws/aws_error.h"
#include "adapters/aws/operation.h"

#include <boost/json/object.hpp>

#include <string_view>

namespace eventbus::aws {

// TestEventPattern (behaviour §8): {"EventPattern", "Event"} → {"Result": bool}. Pure: looks at no bus.
AwsResult<boost::json::object> test_event_pattern(const boost::json::object& input);

struct EventsApi;
asio::awaitable<AwsResult<json::object>> test_event_pattern(EventsApi& api, const RequestContext& context,
                                                            json::object input);

// InvalidEventPatternException: "Event pattern is not valid. Reason: <reason>".
AwsError invalid_event_pattern(std::string_view reason);

}  // namespace eventbus::aws
