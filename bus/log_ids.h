#pragma once

#include "base/async_mutex.h"
#include "base/result.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

namespace eventbus {

// Gives out the numbers of logs, each once in the life of a data directory: a log that is gone never comes back under
// its number. One for the whole daemon. Safe to call from any thread.
class LogIds {
 public:
  explicit LogIds(Storage& storage) : storage_(storage) {}

  // kUnavailable when storage did not take the next block of numbers.
  asio::awaitable<Result<LogId>> next();

 private:
  Storage& storage_;
  AsyncMutex mutex_;
  LogId next_ = 0, floor_ = 0;  // numbers below floor_ are ours to give; 0: not read yet
};

}  // namespace eventbus
