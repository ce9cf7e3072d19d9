#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/archive_catalog.h"
#include "bus/archive_zones.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>

namespace spdlog {
class logger;
}

namespace eventbus {

// What archives need done while nobody asks for anything: their zones follow what is appended, what has expired gives
// its space back, and so do archives that are gone. Space comes back in whole ranges: an archive is trimmed once there
// is a thousand expired events to trim, or once an hour; that has nothing to do with what is seen, which is exact to
// the millisecond (ArchiveReader, ArchiveCatalog::contents).
class ArchiveKeeper {
 public:
  struct Dependencies {
    Storage& storage;
    ArchiveCatalog& archives;
    ArchiveZones& zones;
    Clock& clock;
    spdlog::logger& log;
  };
  explicit ArchiveKeeper(Dependencies dependencies) : dependencies_(dependencies) {}

  // Background work the daemon spawns; runs until cancelled.
  asio::awaitable<void> run();

  // One round of each, for tests and for who cannot wait. An archive that fails keeps no other waiting; the last
  // failure is the answer.
  asio::awaitable<Result<void>> follow();
  asio::awaitable<Result<void>> expire();

 private:
  asio::awaitable<Result<void>> expire(ArchivePtr archive);
  asio::awaitable<Result<void>> empty_gone_logs();
  // Of all archives together.
  std::uint64_t appended_so_far() const;

  const Dependencies dependencies_;
  std::map<LogId, TimePoint> trimmed_at_;  // of this life of the daemon
  std::uint64_t followed_ = 0;             // appended_so_far() of the last round
};

}  // namespace eventbus
