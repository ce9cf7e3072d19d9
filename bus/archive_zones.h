#pragma once

#include "base/async_mutex.h"
#include "base/clock.h"
#include "base/result.h"
#include "bus/archive_records.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace eventbus {

// A run of an archive's events, in brief.
struct ArchiveZone {
  std::uint64_t first = 0, last = 0;  // sequences
  TimePoint oldest, newest;           // of the events' own times
  TimePoint accepted_last;            // when the last of them came
  std::uint64_t bytes = 0;            // of their JSON

  friend bool operator==(const ArchiveZone&, const ArchiveZone&) = default;
};

// Zone maps: where in an archive events of some time can be. An archive is in order of acceptance, its events' times
// are what their senders say. For each run of about a thousand events, or a megabyte, a zone is kept: in memory, 48
// bytes, and once it is full also in the archive's second log, so that an archive of any age opens without being read.
// What was appended since the last full zone is read when it is first asked about. Safe to call from any thread.
class ArchiveZones {
 public:
  explicit ArchiveZones(Storage& storage) : storage_(storage) {}

  // Of all that was appended before the call and is still kept, in order and without gaps. The first zone may begin
  // below the horizon. kUnavailable: storage cannot be read.
  asio::awaitable<Result<std::vector<ArchiveZone>>> of(ArchivePtr archive);

  // Reads what was appended, and makes the zones durable that have become full. The daemon calls it every few seconds
  // for every archive.
  asio::awaitable<Result<void>> follow(ArchivePtr archive);

  // Zones below the horizon go.
  asio::awaitable<Result<void>> trim(ArchivePtr archive, std::uint64_t horizon);
  void forget(const Archive& archive);

 private:
  Storage& storage_;
};

}  // namespace eventbus
