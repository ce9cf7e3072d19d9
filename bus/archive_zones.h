#pragma once

#include "base/async_mutex.h"
#include "base/clock.h"
#include "base/result.h"
#include "bus/archive_records.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// Which events of an archive: those whose own `time` lies in [start, end) (behaviour §16), with sequences from the
// cursor `from` up to and including `until`. An archive's events have the sequences of its log: they ascend with
// acceptance, start at 1, and never come again. A reader that notes the newest sequence when it begins (head) as
// `until` sees nothing of what is archived meanwhile.
struct ArchiveWindow {
  TimePoint start = TimePoint::min(), end = TimePoint::max();
  std::uint64_t from = 1;
  std::uint64_t until = UINT64_MAX;
};

// A run of an archive's events, in brief.
struct ArchiveZone {
  std::uint64_t first = 0, last = 0;  // sequences
  TimePoint oldest, newest;           // of the events' own times
  TimePoint accepted_last;            // when the newest of them came
  std::uint64_t bytes = 0;            // of their JSON

  std::uint64_t events() const { return last - first + 1; }
  bool may_hold(const ArchiveWindow& window) const {
    return std::max(first, window.from) <= std::min(last, window.until) && newest >= window.start &&
           oldest < window.end;
  }

  friend bool operator==(const ArchiveZone&, const ArchiveZone&) = default;
};

// Zones that follow on each other, as bytes: the entries of an archive's second log.
std::string encode(const std::vector<ArchiveZone>& zones);
Result<std::vector<ArchiveZone>> decode_zones(std::string_view bytes);

// The envelope's own `time`, read no further than it stands. nullopt: no envelope.
std::optional<TimePoint> time_of_envelope(std::string_view json);

// Zone maps: where in an archive events of some time can be. An archive is in order of acceptance, its events' times
// are what their senders say. For each run of about a thousand events, or of a megabyte, there is a zone: 48 bytes in
// memory, and, once it is full, some fifteen in the archive's second log, so that an archive of any size opens without
// being read. What came since the last zone that was written down is read once it is asked about. Safe to call from any
// thread. Errors: kUnavailable, kInternal (damaged files).
class ArchiveZones {
 public:
  explicit ArchiveZones(Storage& storage) : storage_(storage) {}

  // The zones that may hold something of the window, in order, at most `count`.
  asio::awaitable<Result<std::vector<ArchiveZone>>> find(ArchivePtr archive, ArchiveWindow window, std::size_t count);

  // How much that would be to read, all of it.
  struct Sum {
    std::uint64_t zones = 0, events = 0, bytes = 0;
  };
  asio::awaitable<Result<Sum>> sum(ArchivePtr archive, ArchiveWindow window);

  // Reads what was appended and writes down the zones that have become full. Called every few seconds for every archive
  // (ArchiveKeeper).
  asio::awaitable<Result<void>> follow(ArchivePtr archive);

  // Forgets zones that end below the archive's horizon, in memory and on disk.
  asio::awaitable<Result<void>> trim(ArchivePtr archive);

  // The archive is gone; its second log is for the caller to empty.
  void forget(const Archive& archive);

 private:
  struct Map {
    AsyncMutex growing;  // held by whoever reads or writes logs for it
    bool loaded = false;
    std::uint64_t written = 0;  // the newest sequence in zones that are written down
    // Entries of the second log: the newest sequence that each speaks of, by its own sequence.
    std::map<std::uint64_t, std::uint64_t> entries;

    std::mutex mutex;  // guards what follows; only who holds `growing` changes it
    std::vector<ArchiveZone> zones;
    std::uint64_t covered = 0;  // the newest sequence in them
  };

  std::shared_ptr<Map> map_of(LogId log);
  // The map with everything up to `until` in it, as far as there is something.
  asio::awaitable<Result<std::shared_ptr<Map>>> map_up_to(ArchivePtr archive, std::uint64_t until);
  // These with `growing` held.
  asio::awaitable<Result<void>> load(Map& map, const Archive& archive);
  asio::awaitable<Result<void>> catch_up(Map& map, const Archive& archive, std::uint64_t until);

  Storage& storage_;
  std::mutex mutex_;
  std::map<LogId, std::shared_ptr<Map>> maps_;  // by the log of events
};

}  // namespace eventbus
