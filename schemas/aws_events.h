#pragma once

#include <span>
#include <string>
#include <string_view>

namespace eventbus::schemas {

// The registry aws.events: schemas of events that AWS's services send, as far as this daemon sends them itself or its
// users put them in (docs/service-events.md). AWS's own registry has hundreds more.
struct AwsEventSchema {
  std::string name;  // "aws.events@ScheduledEvent"
  std::string description;
  std::string content;  // OpenApi3
};

// By name. Made once, at first use.
std::span<const AwsEventSchema> aws_events();
const AwsEventSchema* find_aws_event(std::string_view name);  // nullptr if there is none

}  // namespace eventbus::schemas
