#pragma once

#include "base/clock.h"
#include "storage/queue_store.h"

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace eventbus {

// ReceiveRequestAttemptId of FIFO queues: a client whose ReceiveMessage was cut off asks again with the same id within
// five minutes and gets the very messages it was given, instead of finding their groups locked. Kept in memory, for the
// newest thousand attempts. Safe to call from any thread.
class ReceiveAttempts {
 public:
  struct Answer {
    std::vector<LeasedMessage> messages;
    TimePoint received_at;
  };

  void remember(QueueId queue, const std::string& attempt_id, std::shared_ptr<const Answer> answer);
  // nullptr when there was no such attempt in the five minutes before `now`.
  std::shared_ptr<const Answer> find(QueueId queue, const std::string& attempt_id, TimePoint now) const;

 private:
  using Key = std::pair<QueueId, std::string>;

  mutable std::mutex mutex_;
  std::map<Key, std::shared_ptr<const Answer>> answers_;
  std::deque<Key> oldest_first_;
};

}  // namespace eventbus
