#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eventbus {

using LogId = std::uint64_t;

struct LogAppend {
  LogId log = 0;
  TimePoint accepted_at;
  std::string payload;  // kept byte for byte
};

struct LogEntry {
  std::uint64_t sequence = 0;
  TimePoint accepted_at;
  std::string payload;
  std::uint64_t bytes_before = 0;  // payload of all entries before it, kept or not
};

// The Log: events in order of acceptance; archives and replays read it. Each log has one total order: sequence numbers
// start at 1 and grow by one with every append. Appends travel in a Commit. A log exists from its first append; reading
// an unknown log yields nothing. Safe to call from any thread; calls that may touch a disk are awaitable.
class EventLog {
 public:
  virtual ~EventLog() = default;

  // Entries with sequence ≥ from, ascending, at most `count` and about `bytes` of payload (always at least one if there
  // is one).
  virtual asio::awaitable<Result<std::vector<LogEntry>>> read(LogId log, std::uint64_t from, std::size_t count,
                                                              std::size_t bytes) = 0;
  // The first sequence accepted at or after `when`; head + 1 when there is none.
  virtual asio::awaitable<Result<std::uint64_t>> seek(LogId log, TimePoint when) = 0;
  // The newest sequence (0 = nothing was ever appended) and the oldest one still kept; and how many bytes of payload
  // there are, known without reading. Entries written before version 2 of the data directory count as nothing.
  struct Bounds {
    std::uint64_t horizon = 1, head = 0;
    std::uint64_t bytes_before = 0;  // of everything below the horizon
    std::uint64_t bytes_ever = 0;    // of everything up to the head

    std::uint64_t bytes() const { return bytes_ever - bytes_before; }
  };
  virtual Bounds bounds(LogId log) const = 0;
  // Forgets all entries below `before`; their space comes back in ranges, not entry by entry.
  virtual asio::awaitable<Result<void>> trim(LogId log, std::uint64_t before) = 0;
};

}  // namespace eventbus
