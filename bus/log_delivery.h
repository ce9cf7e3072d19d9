#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "bus/event.h"
#include "bus/log_group_directory.h"
#include "bus/queue_message.h"
#include "storage/event_log.h"

#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// What a rule delivers to a log group (behaviour §11): one event in a new stream with a UUID for its name.

// Of a log group that does not exist where the rule can see it. `request_id` stands in AWS's text.
DeliveryFailure no_such_log_group(std::string_view request_id);

// The entry of the group's log. `input` is the message, its time the event's; where a transformer made it
// (`transformed`) it is {"timestamp": …, "message": …} and gives both (behaviour §10 rule 11). Fails for good when it
// is not, or when the message is larger than CloudWatch Logs takes.
Result<LogAppend, DeliveryFailure> make_log_entry(const LogGroupInfo& group, const Event& event, std::string input,
                                                  bool transformed, TimePoint now, Rng& rng);

// The names of such streams: UUIDs of version 7, whose first 48 bits are the entry's accepted_at. So a stream is found
// by its name without an index of names, and names ascend with time.
std::string delivery_stream_name(TimePoint accepted_at, Rng& rng);
// Sorts before (behind) every name that delivery_stream_name gives at this time, and behind (before) those of earlier
// (later) times.
std::string delivery_stream_bound(TimePoint accepted_at, bool behind);
// nullopt: not the name of such a stream.
std::optional<TimePoint> time_of_delivery_stream(std::string_view name);

// AWS: the largest log event (CloudWatch Logs quotas), overhead included.
inline constexpr std::size_t kLogEventBytesMax = 1'048'576;

}  // namespace eventbus
