#pragma once

#include "base/result.h"
#include "bus/limits.h"
#include "storage/queue_store.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace eventbus {

// Whether the outbox takes more: what waits in lanes, those of rules and those of schedules together, is bounded by
// outbox_messages_max and outbox_bytes_max, or by a share of them: 2 is half. kLimit: it is full. The sum over all
// queues is at hand; lanes are asked for, and added up, only when that sum leaves the question open.
Result<void> check_outbox(QueueStore& queues, const Limits& limits, std::uint64_t share,
                          const std::function<std::vector<QueueId>()>& lanes);

}  // namespace eventbus
