#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/archive_records.h"
#include "bus/archive_zones.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace eventbus {

struct ArchivedEvent {
  std::uint64_t sequence = 0;
  TimePoint time;         // the event's own
  TimePoint accepted_at;  // when it was archived
  std::string json;       // as rules saw it; event_of_envelope (bus/event.h) makes an Event of it
};

struct ArchiveBatch {
  std::vector<ArchivedEvent> events;  // those of the window, by ascending sequence
  std::uint64_t next = 1;             // where to go on: the next batch's `from`; also what to keep across a restart
  std::uint64_t scanned = 0;          // events looked at for it, in the window or not; what zones exclude is not
  bool finished = false;              // nothing of the window is left at or behind `next`
};

// Reads archives by the times of their events, in order of acceptance, skipping what the zone maps exclude. What has
// expired is never seen. Safe to call from any thread. Errors: kUnavailable, kInternal (damaged files).
class ArchiveReader {
 public:
  ArchiveReader(Storage& storage, ArchiveZones& zones, Clock& clock)
      : storage_(storage), zones_(zones), clock_(clock) {}

  // The next at most `count` events of about `bytes` (one at least, if one is left). A batch may hold fewer, even none,
  // without being finished: each call looks at a bounded number of events, so that reading can be paced and stopped.
  asio::awaitable<Result<ArchiveBatch>> read(ArchivePtr archive, ArchiveWindow window, std::size_t count,
                                             std::size_t bytes);

  // How much reading the window would look at: an upper bound of what is in it, and what `ArchiveBatch::scanned` adds
  // up to, but for what expires meanwhile. Looks at no events.
  struct Extent {
    std::uint64_t events = 0, bytes = 0;
  };
  asio::awaitable<Result<Extent>> extent(ArchivePtr archive, ArchiveWindow window);

  // The newest sequence; 0: it never held anything.
  std::uint64_t head(const Archive& archive) const { return storage_.log().bounds(archive.record.events).head; }

 private:
  Storage& storage_;
  ArchiveZones& zones_;
  Clock& clock_;
};

// What archiving an event is: part of the commit in which it is accepted, or imported.
inline LogAppend archive_append(LogId events, TimePoint accepted_at, std::string json) {
  return {events, accepted_at, std::move(json)};
}

}  // namespace eventbus
