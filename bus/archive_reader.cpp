#include "bus/archive_reader.h"

#include <algorithm>

namespace eventbus {

namespace {

// What one call looks at, whatever it finds.
constexpr std::uint64_t kScanEventsMax = 8'192;
constexpr std::uint64_t kScanBytesMax = 4 << 20;
// What is read at once, however little is wanted: the events before the first of a window are many.
constexpr std::uint64_t kReadEvents = 512;
constexpr std::size_t kReadBytes = 512 << 10;

}  // namespace

asio::awaitable<Result<ArchiveBatch>> ArchiveReader::read(ArchivePtr archive, ArchiveWindow window, std::size_t count,
                                                          std::size_t bytes) {
  const TimePoint expired = expired_before(archive->record.settings, clock_.now());
  ArchiveBatch batch;
  std::uint64_t bytes_scanned = 0;
  std::size_t bytes_found = 0;
  const auto room = [&] {
    return batch.events.size() < count && bytes_found < bytes && batch.scanned < kScanEventsMax &&
           bytes_scanned < kScanBytesMax;
  };
  batch.next = std::max<std::uint64_t>(window.from, 1);
  while (room()) {
    window.from = batch.next;
    CO_TRY(const std::vector<ArchiveZone> zones, co_await zones_.find(archive, window, 1));
    if (zones.empty()) {
      batch.finished = true;
      break;
    }
    const std::uint64_t last = std::min(zones.front().last, window.until);
    batch.next = std::max(batch.next, zones.front().first);
    if (zones.front().accepted_last < expired) {
      batch.next = last + 1;
      continue;
    }
    const std::size_t wanted = std::min(kReadEvents, last - batch.next + 1);
    CO_TRY(std::vector<LogEntry> entries,
           co_await storage_.log().read(archive->record.events, batch.next, wanted, kReadBytes));
    if (entries.empty() || entries.front().sequence > last) {  // expired, and its space is given back
      batch.next = last + 1;
      continue;
    }
    for (LogEntry& entry : entries) {
      if (entry.sequence > last || !room()) break;
      batch.next = entry.sequence + 1;
      ++batch.scanned;
      bytes_scanned += entry.payload.size();
      if (entry.accepted_at < expired) continue;
      const TimePoint time = time_of_envelope(entry.payload).value_or(entry.accepted_at);
      if (time < window.start || time >= window.end) continue;
      bytes_found += entry.payload.size();
      batch.events.push_back({entry.sequence, time, entry.accepted_at, std::move(entry.payload)});
    }
  }
  co_return batch;
}

asio::awaitable<Result<ArchiveReader::Extent>> ArchiveReader::extent(ArchivePtr archive, ArchiveWindow window) {
  CO_TRY(const ArchiveZones::Sum sum, co_await zones_.sum(archive, window));
  co_return Extent{sum.events, sum.bytes};
}

}  // namespace eventbus
