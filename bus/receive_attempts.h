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
// five minutes and gets the very messages it was given, instead of finding their groups locked. Kept in memory: the
// attempts of five minutes, of them the newest thousand, of them the newest 64 MiB. Safe to call from any thread.
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
  struct Kept {
    Key key;
    std::shared_ptr<const Answer> answer;
    std::size_t bytes = 0;
  };

  void forget_oldest();

  mutable std::mutex mutex_;
  std::map<Key, std::shared_ptr<const Answer>> answers_;  // the newest of each attempt
  std::deque<Kept> oldest_first_;
  std::size_t bytes_ = 0;  // of oldest_first_
};

}  // namespace eventbus
