#include "logs/log_zones.h"

#include "bus/log_batch.h"

#include <algorithm>
#include <utility>

namespace eventbus {

namespace {

constexpr std::size_t kZoneEntriesMax = 100;
constexpr std::uint64_t kZoneBytesMax = 256 << 10;
constexpr std::size_t kReadEntries = 256, kReadBytes = 1 << 20;

LogZone zone_of(const LogEntry& entry, const LogBatch& batch) {
  LogZone zone;
  zone.first = zone.last = entry.sequence;
  zone.accepted_first = zone.accepted_last = entry.accepted_at;
  zone.oldest = TimePoint::max();
  zone.newest = TimePoint::min();
  for (const LogBatch::LogEvent& event : batch.events) {
    zone.oldest = std::min(zone.oldest, event.time);
    zone.newest = std::max(zone.newest, event.time);
    zone.bytes += event.message.size() + kLogEventOverhead;
  }
  zone.events = batch.events.size();
  zone.payload = entry.payload.size();
  return zone;
}

}  // namespace

void LogZone::add(const LogZone& other) {
  last = other.last;
  oldest = std::min(oldest, other.oldest);
  newest = std::max(newest, other.newest);
  accepted_first = std::min(accepted_first, other.accepted_first);
  accepted_last = std::max(accepted_last, other.accepted_last);
  events += other.events;
  bytes += other.bytes;
  payload += other.payload;
}

std::shared_ptr<LogZones::Map> LogZones::map_of(LogId log) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<Map>& map = maps_[log];
  if (!map) map = std::make_shared<Map>();
  return map;
}

void LogZones::forget(LogId log) {
  std::lock_guard lock(mutex_);
  maps_.erase(log);
}

asio::awaitable<Result<void>> LogZones::catch_up(std::shared_ptr<Map> map, LogId log) {
  const std::uint64_t head = storage_.log().bounds(log).head;
  {
    std::lock_guard lock(map->mutex);
    if (map->covered >= head) co_return Result<void>();
  }
  const AsyncMutex::Guard guard = co_await map->growing.lock();
  for (;;) {
    std::uint64_t from = 0;
    {
      std::lock_guard lock(map->mutex);
      from = map->covered + 1;
    }
    if (from > head) co_return Result<void>();
    CO_TRY(const std::vector<LogEntry> entries, co_await storage_.log().read(log, from, kReadEntries, kReadBytes));
    if (entries.empty()) co_return Result<void>();  // trimmed meanwhile
    std::vector<LogZone> added;
    for (const LogEntry& entry : entries) {
      CO_TRY(const LogBatch batch, LogBatch::decode(entry.payload));
      added.push_back(zone_of(entry, batch));
    }
    std::lock_guard lock(map->mutex);
    for (const LogZone& zone : added) {
      LogZone* const open = map->zones.empty() ? nullptr : &map->zones.back();
      if (open && open->last - open->first + 1 < kZoneEntriesMax && open->payload + zone.payload <= kZoneBytesMax) {
        open->add(zone);
      } else {
        map->zones.push_back(zone);
      }
    }
    map->covered = entries.back().sequence;
  }
}

asio::awaitable<Result<void>> LogZones::cut(std::shared_ptr<Map> map, LogId log, std::uint64_t horizon) {
  {
    std::lock_guard lock(map->mutex);
    if (map->zones.empty() || map->zones.front().first >= horizon) co_return Result<void>();
  }
  const AsyncMutex::Guard guard = co_await map->growing.lock();
  std::uint64_t last = 0;
  {
    std::lock_guard lock(map->mutex);
    const auto kept = std::ranges::find_if(map->zones, [&](const LogZone& zone) { return zone.last >= horizon; });
    map->zones.erase(map->zones.begin(), kept);
    if (map->zones.empty() || map->zones.front().first >= horizon) co_return Result<void>();
    last = map->zones.front().last;
  }
  // The zone in which the horizon lies is summed up anew.
  std::optional<LogZone> rest;
  for (std::uint64_t from = horizon; from <= last;) {
    CO_TRY(const std::vector<LogEntry> entries, co_await storage_.log().read(log, from, last - from + 1, kReadBytes));
    if (entries.empty()) break;
    for (const LogEntry& entry : entries) {
      CO_TRY(const LogBatch batch, LogBatch::decode(entry.payload));
      const LogZone zone = zone_of(entry, batch);
      if (rest) {
        rest->add(zone);
      } else {
        rest = zone;
      }
    }
    from = entries.back().sequence + 1;
  }
  std::lock_guard lock(map->mutex);
  if (rest) {
    map->zones.front() = *rest;
  } else {
    map->zones.erase(map->zones.begin());
  }
  co_return Result<void>();
}

asio::awaitable<Result<std::vector<LogZone>>> LogZones::of(LogId log) {
  const EventLog::Bounds bounds = storage_.log().bounds(log);
  if (bounds.head < bounds.horizon) co_return std::vector<LogZone>();
  const std::shared_ptr<Map> map = map_of(log);
  CO_TRY_VOID(co_await catch_up(map, log));
  CO_TRY_VOID(co_await cut(map, log, bounds.horizon));
  std::lock_guard lock(map->mutex);
  co_return map->zones;
}

asio::awaitable<Result<std::optional<LogZone>>> LogZones::sum_of(LogId log) {
  CO_TRY(const std::vector<LogZone> zones, co_await of(log));
  std::optional<LogZone> sum;
  for (const LogZone& zone : zones) {
    if (sum) {
      sum->add(zone);
    } else {
      sum = zone;
    }
  }
  co_return sum;
}

}  // namespace eventbus
