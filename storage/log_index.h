#pragma once

#include "base/clock.h"
#include "storage/event_log.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <mutex>

namespace eventbus {

// What is known of one log without reading it.
struct LogState {
  std::uint64_t horizon = 1, head = 0;
  std::uint64_t bytes_before = 0, bytes_ever = 0;  // of payload: below the horizon, and up to the head
  TimePoint newest = TimePoint::min();             // the latest accepted_at so far; times of entries may step back
};

// The logs in memory. Safe to call from any thread; only the writer and the loader change it.
class LogIndex {
 public:
  LogState get(LogId log) const {
    std::lock_guard lock(mutex_);
    const auto found = logs_.find(log);
    return found == logs_.end() ? LogState{} : found->second;
  }
  void set(LogId log, const LogState& state) {
    std::lock_guard lock(mutex_);
    logs_[log] = state;
  }

 private:
  mutable std::mutex mutex_;
  boost::unordered_flat_map<LogId, LogState> logs_;
};

}  // namespace eventbus
