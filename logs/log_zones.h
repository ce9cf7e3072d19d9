#pragma once

#include "base/async_mutex.h"
#include "base/clock.h"
#include "base/result.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace eventbus {

// A run of entries of one log, in brief.
struct LogZone {
  std::uint64_t first = 0, last = 0;        // sequences
  TimePoint oldest, newest;                 // times of its log events
  TimePoint accepted_first, accepted_last;  // when its entries came
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;    // of messages, with AWS's overhead
  std::uint64_t payload = 0;  // bytes to read

  void add(const LogZone& other);
};

// Zone maps: which parts of a log can hold events of some time, so that a query reads those alone, in the order that
// lets it stop early. About 70 bytes for a hundred entries or 256 KiB; no bodies are kept. Built when first asked for,
// by reading the log once, and then kept up with what is appended. Safe to call from any thread.
class LogZones {
 public:
  explicit LogZones(Storage& storage) : storage_(storage) {}

  // Of all that was appended before the call and is still kept, in order.
  asio::awaitable<Result<std::vector<LogZone>>> of(LogId log);
  // All of them as one; nullopt when the log is empty.
  asio::awaitable<Result<std::optional<LogZone>>> sum_of(LogId log);
  void forget(LogId log);

 private:
  struct Map {
    AsyncMutex growing;
    std::mutex mutex;  // guards what follows
    std::vector<LogZone> zones;
    std::uint64_t covered = 0;  // the newest sequence in them
  };
  std::shared_ptr<Map> map_of(LogId log);
  asio::awaitable<Result<void>> catch_up(std::shared_ptr<Map> map, LogId log);
  // Leaves out what is below the horizon.
  asio::awaitable<Result<void>> cut(std::shared_ptr<Map> map, LogId log, std::uint64_t horizon);

  Storage& storage_;
  std::mutex mutex_;
  std::map<LogId, std::shared_ptr<Map>> maps_;
};

}  // namespace eventbus
