// Zones as bytes:
//
//   entry  = %x01 first *zone
//   first  = varint                      ; the first sequence of the first zone; each zone begins behind the last
//   zone   = events oldest span accepted bytes
//   events = varint                      ; how many
//   oldest = signed                      ; seconds, from the oldest time of the zone before (of the first: from 1970)
//   span   = varint                      ; seconds, from oldest to newest
//   accepted = signed                    ; milliseconds, from that of the zone before (of the first: from 1970)
//   bytes  = varint
//   signed = varint                      ; zigzag: 0, -1, 1, -2, … are 0, 1, 2, 3, …

#include "bus/archive_zones.h"

#include "bus/iso_time.h"
#include "bus/json_text.h"
#include "bus/varint.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <utility>

namespace eventbus {

namespace {

constexpr char kVersion = 1;
constexpr std::uint64_t kZoneEventsMax = 1'024;
constexpr std::uint64_t kZoneBytesMax = 1 << 20;
constexpr std::size_t kReadEvents = 4'096, kReadBytes = 4 << 20;

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

std::int64_t seconds_of(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Error broken() { return internal("The data directory is damaged: zones of an archive cannot be read."); }

bool is_full(const ArchiveZone& zone) { return zone.events() >= kZoneEventsMax || zone.bytes >= kZoneBytesMax; }

void add(std::vector<ArchiveZone>& zones, const LogEntry& entry, TimePoint time) {
  if (zones.empty() || is_full(zones.back()) || zones.back().last + 1 != entry.sequence) {
    zones.push_back({entry.sequence, entry.sequence, time, time, entry.accepted_at, entry.payload.size()});
    return;
  }
  ArchiveZone& zone = zones.back();
  zone.last = entry.sequence;
  zone.oldest = std::min(zone.oldest, time);
  zone.newest = std::max(zone.newest, time);
  zone.accepted_last = std::max(zone.accepted_last, entry.accepted_at);
  zone.bytes += entry.payload.size();
}

// Of zones in order: the first that reaches the sequence.
std::vector<ArchiveZone>::const_iterator reaching(const std::vector<ArchiveZone>& zones, std::uint64_t sequence) {
  return std::ranges::lower_bound(zones, sequence, {}, &ArchiveZone::last);
}

}  // namespace

std::optional<TimePoint> time_of_envelope(std::string_view json) {
  JsonCursor cursor(json);
  if (!cursor.take('{')) return std::nullopt;
  do {
    const std::optional<std::string_view> name = cursor.string();
    if (!name || !cursor.take(':')) return std::nullopt;
    if (*name == "time") {
      const std::optional<std::string_view> text = cursor.string();
      return text ? parse_iso_time(*text) : std::nullopt;
    }
    if (!cursor.value()) return std::nullopt;
  } while (cursor.take(','));
  return std::nullopt;
}

std::string encode(const std::vector<ArchiveZone>& zones) {
  std::string bytes(1, kVersion);
  append_varint(bytes, zones.front().first);
  std::int64_t oldest = 0, accepted = 0;
  for (const ArchiveZone& zone : zones) {
    append_varint(bytes, zone.events());
    append_varint(bytes, zigzag(seconds_of(zone.oldest) - oldest));
    oldest = seconds_of(zone.oldest);
    append_varint(bytes, static_cast<std::uint64_t>(seconds_of(zone.newest) - oldest));
    append_varint(bytes, zigzag(zone.accepted_last.time_since_epoch().count() - accepted));
    accepted = zone.accepted_last.time_since_epoch().count();
    append_varint(bytes, zone.bytes);
  }
  return bytes;
}

Result<std::vector<ArchiveZone>> decode_zones(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kVersion) return broken();
  bytes.remove_prefix(1);
  std::optional<std::uint64_t> first = take_varint(bytes);
  if (!first) return broken();
  std::vector<ArchiveZone> zones;
  std::int64_t oldest = 0, accepted = 0;
  while (!bytes.empty()) {
    std::uint64_t fields[5];
    for (std::uint64_t& field : fields) {
      const std::optional<std::uint64_t> value = take_varint(bytes);
      if (!value) return broken();
      field = *value;
    }
    if (fields[0] == 0) return broken();
    oldest += unzigzag(fields[1]);
    accepted += unzigzag(fields[3]);
    ArchiveZone zone;
    zone.first = *first;
    zone.last = *first + fields[0] - 1;
    zone.oldest = TimePoint(std::chrono::seconds(oldest));
    zone.newest = TimePoint(std::chrono::seconds(oldest + static_cast<std::int64_t>(fields[2])));
    zone.accepted_last = TimePoint(Duration(accepted));
    zone.bytes = fields[4];
    zones.push_back(zone);
    *first = zone.last + 1;
  }
  return zones;
}

// ---- Keeping up

std::shared_ptr<ArchiveZones::Map> ArchiveZones::map_of(LogId log) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<Map>& map = maps_[log];
  if (!map) map = std::make_shared<Map>();
  return map;
}

void ArchiveZones::forget(const Archive& archive) {
  std::lock_guard lock(mutex_);
  maps_.erase(archive.record.events);
}

asio::awaitable<Result<void>> ArchiveZones::load(Map& map, const Archive& archive) {
  if (map.loaded) co_return Result<void>();
  std::vector<ArchiveZone> zones;
  map.entries.clear();
  for (std::uint64_t from = 1;;) {
    CO_TRY(const std::vector<LogEntry> entries,
           co_await storage_.log().read(archive.record.zones, from, kReadEvents, kReadBytes));
    if (entries.empty()) break;
    for (const LogEntry& entry : entries) {
      CO_TRY(const std::vector<ArchiveZone> more, decode_zones(entry.payload));
      for (const ArchiveZone& zone : more) {
        // A write that failed and was on the disk after all has been made twice.
        if (zones.empty() || zone.first > zones.back().last) zones.push_back(zone);
      }
      if (!zones.empty()) map.entries[entry.sequence] = zones.back().last;
    }
    from = entries.back().sequence + 1;
  }
  const std::uint64_t horizon = storage_.log().bounds(archive.record.events).horizon;
  map.written = zones.empty() ? 0 : zones.back().last;
  map.loaded = true;
  std::lock_guard lock(map.mutex);
  map.zones.assign(reaching(zones, horizon), zones.cend());
  map.covered = std::max(map.written, horizon - 1);
  co_return Result<void>();
}

asio::awaitable<Result<void>> ArchiveZones::catch_up(Map& map, const Archive& archive, std::uint64_t until) {
  CO_TRY_VOID(co_await load(map, archive));
  until = std::min(until, storage_.log().bounds(archive.record.events).head);
  while (map.covered < until) {
    CO_TRY(const std::vector<LogEntry> entries,
           co_await storage_.log().read(archive.record.events, map.covered + 1, kReadEvents, kReadBytes));
    if (entries.empty()) break;  // trimmed meanwhile
    std::vector<TimePoint> times;
    times.reserve(entries.size());
    for (const LogEntry& entry : entries) {
      // Whatever else may stand there is found by its acceptance.
      times.push_back(time_of_envelope(entry.payload).value_or(entry.accepted_at));
    }
    std::lock_guard lock(map.mutex);
    for (std::size_t i = 0; i < entries.size(); ++i) add(map.zones, entries[i], times[i]);
    map.covered = entries.back().sequence;
  }
  co_return Result<void>();
}

asio::awaitable<Result<std::shared_ptr<ArchiveZones::Map>>> ArchiveZones::map_up_to(ArchivePtr archive,
                                                                                    std::uint64_t until) {
  std::shared_ptr<Map> map = map_of(archive->record.events);
  {
    std::lock_guard lock(map->mutex);
    if (map->covered >= until) co_return map;
  }
  const AsyncMutex::Guard guard = co_await map->growing.lock();
  CO_TRY_VOID(co_await catch_up(*map, *archive, until));
  co_return map;
}

asio::awaitable<Result<void>> ArchiveZones::follow(ArchivePtr archive) {
  const std::shared_ptr<Map> map = map_of(archive->record.events);
  const AsyncMutex::Guard guard = co_await map->growing.lock();
  CO_TRY_VOID(co_await catch_up(*map, *archive, std::numeric_limits<std::uint64_t>::max()));

  // Only this coroutine changes the zones now: reading them needs no lock.
  std::vector<ArchiveZone> full;
  for (auto zone = reaching(map->zones, map->written + 1); zone != map->zones.cend() && is_full(*zone); ++zone)
    full.push_back(*zone);
  if (full.empty()) co_return Result<void>();
  Commit commit;
  commit.log.push_back({archive->record.zones, full.back().accepted_last, encode(full)});
  CO_TRY(const CommitReceipt receipt, co_await storage_.commit(std::move(commit)));
  map->written = full.back().last;
  map->entries[receipt.log.front()] = map->written;
  co_return Result<void>();
}

asio::awaitable<Result<void>> ArchiveZones::trim(ArchivePtr archive) {
  const std::shared_ptr<Map> map = map_of(archive->record.events);
  const AsyncMutex::Guard guard = co_await map->growing.lock();
  CO_TRY_VOID(co_await load(*map, *archive));
  const std::uint64_t horizon = storage_.log().bounds(archive->record.events).horizon;
  {
    std::lock_guard lock(map->mutex);
    map->zones.erase(map->zones.cbegin(), reaching(map->zones, horizon));
    map->covered = std::max(map->covered, horizon - 1);
  }
  const auto kept = std::ranges::find_if(map->entries, [&](const auto& entry) { return entry.second >= horizon; });
  if (kept == map->entries.begin()) co_return Result<void>();
  const std::uint64_t before = std::prev(kept)->first + 1;
  CO_TRY_VOID(co_await storage_.log().trim(archive->record.zones, before));
  map->entries.erase(map->entries.begin(), kept);
  co_return Result<void>();
}

// ---- Asking

asio::awaitable<Result<std::vector<ArchiveZone>>> ArchiveZones::find(ArchivePtr archive, ArchiveWindow window,
                                                                     std::size_t count) {
  CO_TRY(const std::shared_ptr<Map> map, co_await map_up_to(archive, window.until));
  std::lock_guard lock(map->mutex);
  std::vector<ArchiveZone> found;
  for (auto zone = reaching(map->zones, window.from);
       zone != map->zones.cend() && zone->first <= window.until && found.size() < count; ++zone) {
    if (zone->may_hold(window)) found.push_back(*zone);
  }
  co_return found;
}

asio::awaitable<Result<ArchiveZones::Sum>> ArchiveZones::sum(ArchivePtr archive, ArchiveWindow window) {
  CO_TRY(const std::shared_ptr<Map> map, co_await map_up_to(archive, window.until));
  std::lock_guard lock(map->mutex);
  Sum sum;
  for (auto zone = reaching(map->zones, window.from); zone != map->zones.cend() && zone->first <= window.until;
       ++zone) {
    if (!zone->may_hold(window)) continue;
    const std::uint64_t events = std::min(zone->last, window.until) - std::max(zone->first, window.from) + 1;
    ++sum.zones;
    sum.events += events;
    sum.bytes += zone->bytes * events / zone->events();
  }
  co_return sum;
}

}  // namespace eventbus
