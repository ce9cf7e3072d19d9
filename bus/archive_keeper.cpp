#include "bus/archive_keeper.h"

#include "base/lenient_sleep.h"
#include "base/log_value.h"

#include <spdlog/logger.h>

#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace eventbus {

namespace {

constexpr Duration kFollowEvery = std::chrono::seconds(2);  // while events come; an idle daemon is left in peace
constexpr Duration kExpireEvery = std::chrono::minutes(1), kLeniency = std::chrono::hours(1);
// A publisher that still holds an archive that is gone may append to its log for so long.
constexpr Duration kGoneLogsKeptFor = std::chrono::minutes(1);

// A range of fewer events is not worth its tombstone, unless it has been waited for so long.
constexpr std::uint64_t kTrimEventsMin = 1'024;
constexpr Duration kTrimEvery = std::chrono::hours(1);

template <typename Number>
bool parse(std::string_view text, Number& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number).ptr == text.data() + text.size();
}

}  // namespace

asio::awaitable<void> ArchiveKeeper::run() {
  TimePoint expires_at = dependencies_.clock.now();
  for (;;) {
    Result<void> done = co_await follow();
    // Or when the clock was set back since.
    const TimePoint now = dependencies_.clock.now();
    if (now >= expires_at || now + kExpireEvery < expires_at) {
      if (Result<void> expired = co_await expire(); !expired) done = std::move(expired);
      expires_at = dependencies_.clock.now() + kExpireEvery;
    }
    if (!done) {
      dependencies_.log.warn("Housekeeping of archives failed; it is tried again. reason={}",
                             log_value(done.error().message));
      co_await dependencies_.clock.sleep_until(dependencies_.clock.now() + kExpireEvery);
    }
    const std::uint64_t appended = appended_so_far();
    const bool quiet = std::exchange(followed_, appended) == appended;
    const TimePoint next = dependencies_.clock.now() + (quiet ? kExpireEvery : kFollowEvery);
    co_await sleep_between(dependencies_.clock, next, next + kLeniency);
  }
}

std::uint64_t ArchiveKeeper::appended_so_far() const {
  std::uint64_t appended = 0;
  for (const ArchivePtr& archive : dependencies_.archives.archives())
    appended += dependencies_.storage.log().bounds(archive->record.events).head;
  return appended;
}

asio::awaitable<Result<void>> ArchiveKeeper::follow() {
  Result<void> followed;
  for (const ArchivePtr& archive : dependencies_.archives.archives())
    if (Result<void> done = co_await dependencies_.zones.follow(archive); !done) followed = std::move(done);
  co_return followed;
}

asio::awaitable<Result<void>> ArchiveKeeper::expire() {
  Result<void> expired = co_await empty_gone_logs();
  for (const ArchivePtr& archive : dependencies_.archives.archives())
    if (Result<void> done = co_await expire(archive); !done) expired = std::move(done);
  co_return expired;
}

asio::awaitable<Result<void>> ArchiveKeeper::expire(ArchivePtr archive) {
  const TimePoint now = dependencies_.clock.now();
  const TimePoint before = expired_before(archive->record.settings, now);
  EventLog& log = dependencies_.storage.log();
  const LogId events = archive->record.events;
  const EventLog::Bounds bounds = log.bounds(events);
  if (before == TimePoint::min() || bounds.head < bounds.horizon) co_return Result<void>();
  CO_TRY(const std::uint64_t first_kept, co_await log.seek(events, before));
  if (first_kept <= bounds.horizon) co_return Result<void>();
  const auto last = trimmed_at_.find(events);
  const bool waited = last == trimmed_at_.end() || now >= last->second + kTrimEvery || now < last->second;
  if (first_kept - bounds.horizon < kTrimEventsMin && !waited) co_return Result<void>();
  CO_TRY_VOID(co_await log.trim(events, first_kept));
  trimmed_at_[events] = now;
  co_return co_await dependencies_.zones.trim(archive);
}

asio::awaitable<Result<void>> ArchiveKeeper::empty_gone_logs() {
  const TimePoint now = dependencies_.clock.now();
  for (const CatalogEntry& entry : dependencies_.storage.catalog().list(kGoneArchiveKeys)) {
    LogId log = 0;
    std::int64_t since = 0;
    if (!parse(std::string_view(entry.key).substr(kGoneArchiveKeys.size()), log) || !parse(entry.value, since))
      co_return internal("catalog key \"" + entry.key + "\": malformed");
    if (now - TimePoint(Duration(since)) < kGoneLogsKeptFor) continue;
    CO_TRY_VOID(co_await dependencies_.storage.log().trim(log, dependencies_.storage.log().bounds(log).head + 1));
    trimmed_at_.erase(log);
    Commit commit;
    commit.catalog.push_back({entry.key, std::nullopt, std::nullopt});
    CO_TRY_VOID(co_await dependencies_.storage.commit(std::move(commit)));
  }
  co_return Result<void>();
}

}  // namespace eventbus
