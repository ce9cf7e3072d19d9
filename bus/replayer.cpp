#include "bus/replayer.h"

#include "base/lenient_sleep.h"
#include "base/log_value.h"

#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace eventbus {

namespace {

constexpr Duration kForgetEvery = std::chrono::hours(1);
constexpr std::size_t kZonesAtOnce = 10'000;

// AWS's words, behaviour §16 and §4.
Error does_not_exist(const std::string& name) { return not_found("Replay " + name + " does not exist."); }
Error exists_already(const std::string& name) { return conflict("Replay " + name + " already exists."); }
Error quota_exceeded() { return limit_exceeded("The requested resource exceeds the maximum number allowed."); }
Error not_valid(std::string_view parameter, const std::string& reason) {
  return invalid("Parameter " + std::string(parameter) + " is not valid. Reason: " + reason);
}

}  // namespace

Replayer::Replayer(ReplayContext context, ArchiveZones& zones, const BusCatalog& buses, Spawn spawn)
    : context_(std::move(context)), zones_(zones), buses_(buses), spawn_(std::move(spawn)) {}

Replayer::~Replayer() = default;

Result<void> Replayer::load() {
  for (const CatalogEntry& entry : context_.storage.catalog().list(kReplayPathPrefix)) {
    const std::optional<ReplayKey> key = replay_key_of(entry.key);
    const Result<ReplayRecord> record = decode_replay(entry.value);
    if (!key || !record) return internal("The catalog entry " + entry.key + " is not a replay.");
    if (record->over()) continue;
    context_.log.info("replay resumed replay={} seen={} replayed={}", replay_arn(*key), record->seen, record->replayed);
    begin(*key);
  }
  return {};
}

// ---- beginning one

CatalogResult<ArchivePtr> Replayer::archive_of(const Scope& caller, const std::string& arn) const {
  const std::optional<ArchiveKey> key = archive_of_arn(arn);
  if (!key) return not_valid("EventSourceArn", "Must contain an archive ARN.");
  const CatalogResult<ArchivePtr> archive =
      key->scope == caller ? context_.archives.archive(*key) : CatalogResult<ArchivePtr>(not_found(""));
  if (!archive) return not_valid("EventSourceArn", "Archive " + key->name + " does not exist.");
  return *archive;
}

// Without an archive: is it a bus that exists? With it: may the archive's events go there?
CatalogResult<void> Replayer::check_destination(const NewReplay& wanted, const Archive* archive) const {
  const std::optional<Arn> arn = Arn::parse(wanted.destination_arn);
  const bool elsewhere = wanted.any_bus && arn && context_.leads_elsewhere && context_.leads_elsewhere(*arn);
  const std::optional<LocalName> bus = arn ? local_bus(*arn) : std::nullopt;
  if (!bus) return not_valid("Destination.Arn", "Must contain an event bus ARN.");
  if (elsewhere) {
    if (wanted.filter_arns.empty()) return {};
    return not_valid("Destination.FilterArns", "The rules of a bus elsewhere cannot be chosen.");
  }
  if (!archive) {
    const auto found = buses_.bus({bus->scope, bus->name});
    if (!found) return found.error();
    return {};
  }
  if (!wanted.any_bus && (bus->scope != archive->scope || bus->name != archive->record.bus))
    return not_valid("Destination.Arn", "Cross event bus replay is not permitted.");
  return {};
}

asio::awaitable<CatalogResult<ReplayRecord>> Replayer::start(ReplayKey key, NewReplay wanted) {
  using std::chrono::seconds;
  CO_TRY_VOID(check_destination(wanted, nullptr));
  CO_TRY(const ArchivePtr archive, archive_of(key.scope, wanted.archive_arn));
  CO_TRY_VOID(check_destination(wanted, archive.get()));
  const ReplayWindow window{std::chrono::floor<seconds>(wanted.start), std::chrono::floor<seconds>(wanted.end)};
  if (window.start >= window.end) co_return not_valid("EventEndTime", "EventStartTime must be before EventEndTime.");
  if (wanted.pattern) CO_TRY_VOID(PatternFilter::compile(*wanted.pattern));

  const AsyncMutex::Guard guard = co_await starts_.lock();
  const TimePoint now = context_.clock.now();
  const std::string path = replay_path(key);
  std::uint64_t revision = 0;  // of a replay of this name that is forgotten but for its document
  if (const std::optional<CatalogEntry> earlier = context_.storage.catalog().get(path)) {
    CO_TRY(const ReplayRecord record, decode_replay(earlier->value));
    if (!is_forgotten(record, now)) {
      take_up(key, record);
      co_return exists_already(key.name);
    }
    revision = earlier->revision;
  }
  const std::vector<ReplayRecord> all = replays(key.scope);
  if (std::ranges::count_if(all, &ReplayRecord::active) >= static_cast<std::ptrdiff_t>(kActiveMax))
    co_return quota_exceeded();

  ReplayRecord record;
  record.name = key.name;
  record.description = std::move(wanted.description);
  record.archive_arn = archive->arn();
  record.archive_id = archive->record.id;
  record.destination_arn = std::move(wanted.destination_arn);
  record.filter_arns = std::move(wanted.filter_arns);
  record.window = window;
  record.pattern = std::move(wanted.pattern);
  record.speed = wanted.speed;
  record.started_at = now;
  record.until = context_.reader.head(*archive);
  if (record.until > 0) {
    const ArchiveWindow extent{window.start, window.end, 1, record.until};
    CO_TRY(const ArchiveReader::Extent events, co_await context_.reader.extent(archive, extent));
    record.events_max = events.events;
  }
  Commit commit;
  commit.catalog.push_back({.key = path, .value = encode(record), .expected_revision = revision});
  CO_TRY_VOID(co_await context_.storage.commit(std::move(commit)));
  context_.log.info("replay started replay={} archive={} destination={} from={} to={} events_max={}", replay_arn(key),
                    record.archive_arn, log_value(record.destination_arn), format_iso_seconds(window.start),
                    format_iso_seconds(window.end), record.events_max);
  begin(key);
  co_return record;
}

void Replayer::begin(const ReplayKey& key) {
  auto under_way = std::make_shared<ReplayRun>(context_, key);
  {
    std::lock_guard lock(mutex_);
    runs_[key] = under_way;
  }
  spawn_(run(*this, std::move(under_way), key));
}

void Replayer::take_up(const ReplayKey& key, const ReplayRecord& record) {
  if (record.over() || under_way(key)) return;
  context_.log.info("replay taken up replay={} seen={} replayed={}", replay_arn(key), record.seen, record.replayed);
  begin(key);
}

asio::awaitable<void> Replayer::run(Replayer& replayer, std::shared_ptr<ReplayRun> run, ReplayKey key) {
  co_await run->go();
  std::lock_guard lock(replayer.mutex_);
  const auto entry = replayer.runs_.find(key);
  if (entry != replayer.runs_.end() && entry->second == run) replayer.runs_.erase(entry);
}

// ---- looking, and ending one

CatalogResult<ReplayRecord> Replayer::replay(const ReplayKey& key) const {
  const std::optional<CatalogEntry> entry = context_.storage.catalog().get(replay_path(key));
  if (!entry) return does_not_exist(key.name);
  TRY(ReplayRecord record, decode_replay(entry->value));
  if (is_forgotten(record, context_.clock.now())) return does_not_exist(key.name);
  return record;
}

std::vector<ReplayRecord> Replayer::replays(const Scope& scope) const {
  const TimePoint now = context_.clock.now();
  std::vector<ReplayRecord> all;
  for (const CatalogEntry& entry : context_.storage.catalog().list(replay_path_prefix(scope))) {
    Result<ReplayRecord> record = decode_replay(entry.value);  // load() has seen to it that it can be read
    if (record && !is_forgotten(*record, now)) all.push_back(std::move(*record));
  }
  return all;
}

asio::awaitable<CatalogResult<ReplayRecord>> Replayer::cancel(ReplayKey key) {
  const std::string path = replay_path(key);
  for (;;) {
    const std::optional<CatalogEntry> entry = context_.storage.catalog().get(path);
    if (!entry) co_return does_not_exist(key.name);
    CO_TRY(ReplayRecord record, decode_replay(entry->value));
    if (is_forgotten(record, context_.clock.now())) co_return does_not_exist(key.name);
    if (!record.active()) co_return conflict("Replay " + key.name + " is not in a valid state for this operation.");
    record.state = ReplayState::kCancelling;
    Commit commit;
    commit.catalog.push_back({.key = path, .value = encode(record), .expected_revision = entry->revision});
    const Result<CommitReceipt> receipt = co_await context_.storage.commit(std::move(commit));
    if (receipt) {
      if (const std::shared_ptr<ReplayRun> run = under_way(key)) {
        run->look_again();
      } else {
        const AsyncMutex::Guard guard = co_await starts_.lock();
        if (const CatalogResult<ReplayRecord> current = replay(key)) take_up(key, *current);
      }
      co_return record;
    }
    if (receipt.error().code != ErrorCode::kConflict) co_return receipt.error();
    // It has just gone on: look again.
  }
}

// A batch that is under way is in a commit that expects the document as it was, and so it fails behind ours.
asio::awaitable<Result<std::size_t>> Replayer::reset(ResetScope scope) {
  const AsyncMutex::Guard guard = co_await starts_.lock();
  std::vector<ReplayKey> abandoned;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, run] : runs_) {
      if (!scope.covers(key.scope)) continue;
      run->abandon();
      abandoned.push_back(key);
    }
  }
  Commit commit;
  for (CatalogEntry& entry : context_.storage.catalog().list(std::string(kReplayPathPrefix) + scope.key_prefix()))
    commit.catalog.push_back({.key = std::move(entry.key), .value = std::nullopt, .expected_revision = std::nullopt});
  const std::size_t gone = commit.catalog.size();
  if (gone == 0) co_return gone;
  const Result<CommitReceipt> erased = co_await context_.storage.commit(std::move(commit));
  if (erased) co_return gone;
  for (const ReplayKey& key : abandoned) begin(key);  // they go on, or find that they are gone after all
  co_return erased.error();
}

std::shared_ptr<ReplayRun> Replayer::under_way(const ReplayKey& key) const {
  std::lock_guard lock(mutex_);
  const auto entry = runs_.find(key);
  return entry == runs_.end() ? nullptr : entry->second;
}

bool Replayer::busy() const {
  std::lock_guard lock(mutex_);
  return std::ranges::any_of(runs_, [](const auto& entry) { return entry.second->busy(); });
}

asio::awaitable<Result<ReplayWindow>> Replayer::whole_window(ArchivePtr archive) const {
  ReplayWindow window;
  ArchiveWindow all;
  for (;;) {
    CO_TRY(const std::vector<ArchiveZone> zones, co_await zones_.find(archive, all, kZonesAtOnce));
    for (const ArchiveZone& zone : zones) {
      const TimePoint oldest = std::chrono::floor<std::chrono::seconds>(zone.oldest);
      const TimePoint behind = std::chrono::floor<std::chrono::seconds>(zone.newest) + std::chrono::seconds(1);
      const bool first = window.start == window.end;
      window.start = first ? oldest : std::min(window.start, oldest);
      window.end = first ? behind : std::max(window.end, behind);
    }
    if (zones.size() < kZonesAtOnce) break;
    all.from = zones.back().last + 1;
  }
  co_return window;
}

// ---- forgetting

asio::awaitable<void> Replayer::run_housekeeping() {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (;;) {
    const Result<void> done = co_await forget();
    if (!done) context_.log.warn("replays could not be forgotten reason={}", log_value(done.error().message));
    const TimePoint next = context_.clock.now() + kForgetEvery;
    co_await sleep_between(context_.clock, next, next + kForgetEvery);
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
  }
}

asio::awaitable<Result<void>> Replayer::forget() {
  const AsyncMutex::Guard guard = co_await starts_.lock();
  const TimePoint now = context_.clock.now();
  Commit commit;
  for (const CatalogEntry& entry : context_.storage.catalog().list(kReplayPathPrefix)) {
    const Result<ReplayRecord> record = decode_replay(entry.value);
    const std::optional<ReplayKey> key = replay_key_of(entry.key);
    if (key && record) take_up(*key, *record);
    if (record && is_forgotten(*record, now))
      commit.catalog.push_back({.key = entry.key, .value = std::nullopt, .expected_revision = entry.revision});
  }
  if (commit.empty()) co_return Result<void>();
  CO_TRY_VOID(co_await context_.storage.commit(std::move(commit)));
  co_return Result<void>();
}

}  // namespace eventbus
