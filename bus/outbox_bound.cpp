#include "bus/outbox_bound.h"

namespace eventbus {

Result<void> check_outbox(QueueStore& queues, const Limits& limits, std::uint64_t share,
                          const std::function<std::vector<QueueId>()>& lanes) {
  const std::uint64_t messages_max = limits.outbox_messages_max / share;
  const std::uint64_t bytes_max = limits.outbox_bytes_max / share;
  const auto below = [&](const QueueDepth& depth) { return depth.total() < messages_max && depth.bytes < bytes_max; };
  if (below(queues.total_depth())) return {};
  QueueDepth waiting;
  for (const QueueId lane : lanes()) {
    const Result<QueueDepth> depth = queues.depth(lane);
    if (!depth) continue;  // dropped meanwhile
    waiting.visible += depth->total();
    waiting.bytes += depth->bytes;
  }
  if (below(waiting)) return {};
  return limit_exceeded("Too many deliveries are waiting for their targets.");
}

}  // namespace eventbus
