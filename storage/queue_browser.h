#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "storage/queue_store.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eventbus {

// A message as somebody sees it who only looks.
struct BrowsedMessage {
  MessageKey key;
  std::string id, body, attributes, group;
  TimePoint sent_at;
  std::uint32_t attempts = 0;  // leases so far
  bool in_flight = false;
};

// What a queue store can do besides, for people who look after queues. Safe to call from any thread.
class QueueBrowser {
 public:
  // nullptr: this store cannot.
  static QueueBrowser* of(QueueStore& queues);
  virtual ~QueueBrowser() = default;

  // Looks at messages and changes nothing: up to `count` of those with a sequence above `after`, ascending, fewer when
  // they are large; leased and delayed ones are among them. None: there are no more. A message that is enqueued
  // meanwhile may be passed over. kNotFound, kUnavailable as for QueueStore::lease.
  virtual asio::awaitable<Result<std::vector<BrowsedMessage>>> browse(QueueId queue, std::uint64_t after,
                                                                      std::size_t count) = 0;
  // Leases this very message of a standard queue; nullopt if it is not there, not ready, or in a FIFO queue. Its body
  // is not read: browse() has it.
  virtual std::optional<Lease> lease_message(const MessageKey& message, TimePoint lease_until) = 0;
};

}  // namespace eventbus
