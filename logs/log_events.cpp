#include "logs/log_events.h"

#include "bus/log_delivery.h"
#include "logs/selection.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace eventbus {

namespace {

constexpr std::size_t kPageBytesMax = 1 << 20;        // AWS: 1 MB (GetLogEvents)
constexpr std::uint64_t kScannedBytesMax = 64 << 20;  // by one call; the client goes on with its token
constexpr std::size_t kReadBytes = 1 << 20;
constexpr Duration kTooOld = std::chrono::days(14);  // AWS: PutLogEvents
constexpr Duration kBatchSpanMax = std::chrono::hours(24);
constexpr std::size_t kBatchBytesMax = 1'048'576;

Error no_such_stream() { return not_found("The specified log stream does not exist."); }

Error too_large(std::string_view what, std::size_t bytes, std::size_t limit) {
  return invalid(std::string(what) + " too large: " + std::to_string(bytes) + " bytes exceeds limit of " +
                 std::to_string(limit));
}

// AWS: PutLogEvents' rules for a batch.
Result<void> check_batch(const std::vector<LogBatch::LogEvent>& events) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::size_t size = events[i].message.size() + kLogEventOverhead;
    if (size > kLogEventBytesMax) return too_large("Log event", size, kLogEventBytesMax);
    bytes += size;
    if (i > 0 && events[i].time < events[i - 1].time)
      return invalid("Log events in a single PutLogEvents request must be in chronological order.");
  }
  if (bytes > kBatchBytesMax) return too_large("Upload", bytes, kBatchBytesMax);
  if (!events.empty() && events.back().time - events.front().time > kBatchSpanMax)
    return invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  return {};
}

// Takes out what is not to be kept. The events are in order of time.
LogEvents::Rejected take_out_rejected(std::vector<LogBatch::LogEvent>& events, const LogGroup& group, TimePoint now) {
  const auto before = [&](TimePoint time) {
    const auto first = std::ranges::lower_bound(events, time, {}, &LogBatch::LogEvent::time);
    return static_cast<std::size_t>(first - events.begin());
  };
  LogEvents::Rejected rejected;
  const std::size_t expired = before(expiry_horizon(group, now)), old = before(now - kTooOld);
  const std::size_t acceptable = before(now + kLogEventsAheadMax + Duration(1));
  if (expired > 0) rejected.expired_to = expired;
  if (old > 0) rejected.too_old_to = old;
  if (acceptable < events.size()) rejected.too_new_from = acceptable;
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(acceptable), events.end());
  events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(std::max(expired, old)));
  return rejected;
}

// A zone of one of several logs.
struct ZoneOfLog {
  LogZone zone;
  LogId log = 0;
  bool deliveries = false;
};

// Entries of a zone, read piece by piece, each given to `visit`.
asio::awaitable<Result<void>> read_zone(Storage& storage, const ZoneOfLog& part,
                                        const std::function<void(const LogEntry&, LogBatch&)>& visit) {
  for (std::uint64_t from = part.zone.first; from <= part.zone.last;) {
    CO_TRY(const std::vector<LogEntry> entries,
           co_await storage.log().read(part.log, from, part.zone.last - from + 1, kReadBytes));
    if (entries.empty()) break;  // trimmed meanwhile
    for (const LogEntry& entry : entries) {
      CO_TRY(LogBatch batch, LogBatch::decode(entry.payload));
      visit(entry, batch);
    }
    from = entries.back().sequence + 1;
  }
  co_return Result<void>();
}

}  // namespace

// ---- Writing ----

asio::awaitable<Result<LogEvents::Put>> LogEvents::put(LogGroupPtr group, LogBatch batch) {
  CO_TRY_VOID(check_batch(batch.events));
  CO_TRY(const LogStreamPtr stream, co_await store_.writable_stream(group, batch.stream));
  const TimePoint now = clock_.now();
  Put put;
  put.rejected = take_out_rejected(batch.events, *group, now);
  if (batch.events.empty()) co_return put;
  Commit commit;
  commit.log.push_back({stream->log, now, batch.encode()});
  CO_TRY(const CommitReceipt receipt, co_await storage_.commit(std::move(commit)));
  if (!receipt.log.empty()) put.sequence = receipt.log.front();
  co_return put;
}

// ---- Finding events ----

bool LogEvents::shows_delivery(const LogQuery& query, std::string_view stream) const {
  if (!query.streams.empty()) {
    if (std::ranges::find(query.streams, stream) == query.streams.end()) return false;
  } else if (!stream.starts_with(query.stream_prefix)) {
    return false;
  }
  const LogStreamPtr record = store_.stream(*query.group, stream);
  return !record || record->with_delivery;
}

asio::awaitable<Result<std::vector<LogEvents::Source>>> LogEvents::sources_of(const LogQuery& query) {
  std::vector<Source> sources;
  if (query.streams.empty()) {
    sources.push_back({query.group->deliveries, true});
    for (const LogStreamPtr& stream : store_.streams(*query.group))
      if (stream->log != 0 && stream->name.starts_with(query.stream_prefix)) sources.push_back({stream->log, false});
    co_return sources;
  }
  bool deliveries = false;
  for (const std::string& name : query.streams) {
    const LogStreamPtr record = store_.stream(*query.group, name);
    if (record && record->log != 0) sources.push_back({record->log, false});
    if (record && !record->with_delivery) {
      if (record->log == 0) co_return no_such_stream();
      continue;
    }
    CO_TRY(const bool delivered, co_await store_.has_delivery(query.group, name));
    if (!record && !delivered) co_return no_such_stream();
    deliveries = deliveries || delivered;
  }
  if (deliveries) sources.push_back({query.group->deliveries, true});
  co_return sources;
}

asio::awaitable<Result<LogPage>> LogEvents::find(LogQuery query) {
  CO_TRY(const std::vector<Source> sources, co_await sources_of(query));
  query.from = std::max(query.from, expiry_horizon(*query.group, clock_.now()));
  if (query.after) query.from = std::max(query.from, query.after->time);
  if (query.before) query.to = std::min(query.to, query.before->time);

  // Single deliveries that are named are in few zones: their names tell when they came.
  std::vector<TimePoint> delivered_at;
  for (const std::string& name : query.streams)
    if (const std::optional<TimePoint> when = time_of_delivery_stream(name)) delivered_at.push_back(*when);
  const auto may_hold = [&](const ZoneOfLog& part) {
    if (part.zone.newest < query.from || part.zone.oldest > query.to) return false;
    if (!part.deliveries || query.streams.empty()) return true;
    return std::ranges::any_of(delivered_at, [&](TimePoint when) {
      return when >= part.zone.accepted_first && when <= part.zone.accepted_last;
    });
  };
  std::vector<ZoneOfLog> parts;
  for (const Source& source : sources) {
    CO_TRY(const std::vector<LogZone> zones, co_await store_.zones().of(source.log));
    for (const LogZone& zone : zones)
      if (ZoneOfLog part{zone, source.log, source.deliveries}; may_hold(part)) parts.push_back(part);
  }
  // With the parts in this order nothing that a later one holds can come before the start of that part.
  const bool backwards = query.backwards;
  std::ranges::sort(parts, [backwards](const ZoneOfLog& a, const ZoneOfLog& b) {
    return backwards ? a.zone.newest > b.zone.newest : a.zone.oldest < b.zone.oldest;
  });

  Selection<LogPosition, StoredLogEvent> selected(backwards, query.count_max, kPageBytesMax);
  std::function<void(const LogEntry&, LogBatch&)> look_at;
  LogId log = 0;
  bool deliveries = false;
  look_at = [&](const LogEntry& entry, LogBatch& batch) {
    if (deliveries && !shows_delivery(query, batch.stream)) return;
    std::uint32_t index = 0;
    for (LogBatch::LogEvent& event : batch.events) {
      const LogPosition position{event.time, log, entry.sequence, index++};
      if (event.time < query.from || event.time > query.to) continue;
      if ((query.after && position <= *query.after) || (query.before && position >= *query.before)) continue;
      if (!query.pattern.matches(event.message)) continue;
      const std::size_t bytes = event.message.size() + kLogEventOverhead;
      selected.add(position, {position, batch.stream, std::move(event.message), entry.accepted_at}, bytes);
    }
  };

  LogPage page;
  std::uint64_t scanned = 0;
  for (const ZoneOfLog& part : parts) {
    const TimePoint start = backwards ? part.zone.newest : part.zone.oldest;
    // The position before everything of this part, and of the parts after it.
    const LogPosition border = backwards ? LogPosition{start, ~LogId{0}, 0, 0} : LogPosition{start, 0, 0, 0};
    if (!selected.wants(border)) {
      page.more = border;
      break;
    }
    // Enough read for one call. What comes before the border is complete; and there is progress.
    const bool progress = backwards ? start < query.to : start > query.from;
    if (scanned >= kScannedBytesMax && progress) {
      selected.keep_before(border);
      page.more = border;
      break;
    }
    log = part.log;
    deliveries = part.deliveries;
    CO_TRY_VOID(co_await read_zone(storage_, part, look_at));
    scanned += part.zone.payload;
  }
  const bool overflowed = selected.overflowed();
  page.events = selected.take();
  if (overflowed && !page.events.empty())
    page.more = backwards ? page.events.front().position : page.events.back().position;
  co_return page;
}

// ---- Finding streams ----

namespace {

using Place = LogStreamQuery::Place;

bool is_behind(const Place& place, const LogStreamQuery& query) {
  if (!query.after) return true;
  return query.descending ? place < *query.after : *query.after < place;
}

LogStreamSummary summary_of(const LogStream& stream, const std::optional<LogZone>& zone) {
  LogStreamSummary summary;
  summary.name = stream.name;
  summary.created_at = stream.created_at;
  if (zone) {
    summary.first_event = zone->oldest;
    summary.last_event = zone->newest;
    summary.last_ingestion = zone->accepted_last;
    summary.sequence = zone->last;
  }
  return summary;
}

}  // namespace

asio::awaitable<Result<LogStreamPage>> LogEvents::streams(LogStreamQuery query) {
  Selection<Place, LogStreamSummary> selected(query.descending, query.count_max, ~std::size_t{0});
  const auto offer = [&](LogStreamSummary summary) {
    Place place{TimePoint::min(), summary.name};
    if (query.by_time) place.time = summary.last_event.value_or(TimePoint::min());
    if (is_behind(place, query)) selected.add(std::move(place), std::move(summary), 0);
  };

  for (const LogStreamPtr& stream : store_.streams(*query.group)) {
    if (stream->log == 0 || !stream->name.starts_with(query.prefix)) continue;
    // By name the rest is asked of the streams on the page alone.
    std::optional<LogZone> zone;
    if (query.by_time) {
      CO_TRY(zone, co_await store_.zones().sum_of(stream->log));
    }
    offer(summary_of(*stream, zone));
  }

  // Streams of deliveries: in the order of their names, which is that of their coming, or of their events.
  CO_TRY(const std::vector<LogZone> zones, co_await store_.zones().of(query.group->deliveries));
  std::vector<ZoneOfLog> parts;
  for (const LogZone& zone : zones) parts.push_back({zone, query.group->deliveries, true});
  const auto start_of = [&](const LogZone& zone) {
    if (query.by_time) return query.descending ? zone.newest : zone.oldest;
    return query.descending ? zone.accepted_last : zone.accepted_first;
  };
  std::ranges::sort(parts, [&](const ZoneOfLog& a, const ZoneOfLog& b) {
    return query.descending ? start_of(a.zone) > start_of(b.zone) : start_of(a.zone) < start_of(b.zone);
  });
  const TimePoint horizon = expiry_horizon(*query.group, clock_.now());
  std::function<void(const LogEntry&, LogBatch&)> look_at = [&](const LogEntry& entry, LogBatch& batch) {
    if (!batch.stream.starts_with(query.prefix) || batch.events.empty()) return;
    if (store_.stream(*query.group, batch.stream)) return;  // its record has been looked at
    const TimePoint time = batch.events.front().time;
    if (time < horizon) return;
    offer({std::move(batch.stream), entry.accepted_at, time, time, entry.accepted_at, entry.sequence});
  };
  bool unread = false;
  for (const ZoneOfLog& part : parts) {
    // The name of a delivery that came then begins with these digits.
    const TimePoint start = start_of(part.zone);
    Place border{start, ""};
    if (!query.by_time) border = {TimePoint::min(), delivery_stream_bound(start, query.descending)};
    if (query.by_time && query.descending) border.name = "\xff";
    unread = !selected.wants(border);
    if (unread) break;
    CO_TRY_VOID(co_await read_zone(storage_, part, look_at));
  }

  LogStreamPage page;
  const bool more = unread || selected.overflowed();
  page.streams = selected.take();
  if (query.descending) std::ranges::reverse(page.streams);
  if (!query.by_time) {
    for (LogStreamSummary& summary : page.streams) {
      const LogStreamPtr record = store_.stream(*query.group, summary.name);
      if (!record || record->log == 0) continue;
      CO_TRY(const std::optional<LogZone> zone, co_await store_.zones().sum_of(record->log));
      summary = summary_of(*record, zone);
    }
  }
  if (more && !page.streams.empty()) {
    const LogStreamSummary& last = page.streams.back();
    page.more = Place{TimePoint::min(), last.name};
    if (query.by_time) page.more->time = last.last_event.value_or(TimePoint::min());
  }
  co_return page;
}

asio::awaitable<Result<std::uint64_t>> LogEvents::stored_bytes(LogGroupPtr group) {
  std::vector<LogId> logs{group->deliveries};
  for (const LogStreamPtr& stream : store_.streams(*group))
    if (stream->log != 0) logs.push_back(stream->log);
  std::uint64_t bytes = 0;
  for (const LogId log : logs) {
    CO_TRY(const std::optional<LogZone> zone, co_await store_.zones().sum_of(log));
    if (zone) bytes += zone->bytes;
  }
  co_return bytes;
}

}  // namespace eventbus
