#include "bus/replay_run.h"

#include "base/asleep.h"
#include "base/log_value.h"
#include "bus/foreign_text.h"
#include "bus/replay_metrics.h"
#include "bus/target_attempt.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace eventbus {

namespace {

// Of one commit: it shares the storage with those of clients.
constexpr std::size_t kBatchBytesMax = 1 << 20;
constexpr Duration kTryAgainFirst{100}, kTryAgainMax = std::chrono::seconds(30);
constexpr Duration kTryAgainHereMax = std::chrono::seconds(2);  // the storage, the outbox
constexpr std::size_t kReasonMax = 512;                         // AWS: ReplayStateReason
// One call of PutEvents, and where it stands is written behind each: that much comes twice after a crash.
constexpr std::size_t kForwardedAtOnce = 10;

// Grows with each failure in a row.
Duration pause_after(std::uint32_t failures) {
  return std::min(kTryAgainMax, kTryAgainFirst * (1 << std::min<std::uint32_t>(failures, 10)));
}

asio::awaitable<void> alarmed(std::shared_ptr<asio::steady_timer> alarm) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await alarm->async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace

ReplayRun::ReplayRun(const ReplayContext& context, ReplayKey key)
    : context_(context), key_(std::move(key)), progress_(context.metrics.progress(key_)) {}

asio::awaitable<void> ReplayRun::go() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto alarm = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor);
  {
    std::lock_guard lock(mutex_);
    alarm_ = alarm;
  }
  clients_ = context_.publisher.traffic();
  looked_at_ = work_time();
  while (!co_await ending() && co_await advance() == Next::kGoOn) {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);  // others have their turn
  }
  busy_.store(false, std::memory_order_release);
}

asio::awaitable<bool> ReplayRun::ending() {
  co_return (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
}

void ReplayRun::look_again() {
  std::lock_guard lock(mutex_);
  changed_ = true;
  // The timer is its executor's alone. Expired, and not merely cancelled, so that a sleep that is only about to begin
  // ends as well.
  if (const auto alarm = alarm_.lock())
    asio::post(alarm->get_executor(), [alarm] { alarm->expires_at(asio::steady_timer::time_point::min()); });
}

void ReplayRun::abandon() {
  abandoned_.store(true, std::memory_order_release);
  look_again();
}

// Until then, or until the document changes.
asio::awaitable<ReplayRun::Woken> ReplayRun::sleep_until(Clock& clock, TimePoint when) {
  using asio::experimental::awaitable_operators::operator||;
  std::shared_ptr<asio::steady_timer> alarm;
  {
    std::lock_guard lock(mutex_);
    alarm = alarm_.lock();
    alarm->expires_at(asio::steady_timer::time_point::max());
    if (std::exchange(changed_, false)) co_return Woken::kByChange;
  }
  const auto first = co_await (asleep(clock, when) || alarmed(std::move(alarm)));
  if (co_await ending()) co_return Woken::kToEnd;
  co_return first.index() == 0 ? Woken::kByTime : Woken::kByChange;
}

asio::awaitable<void> ReplayRun::rest(Microseconds time) {
  if (time <= Microseconds(0)) co_return;
  context_.metrics.rested_microseconds.fetch_add(static_cast<std::uint64_t>(time.count()), std::memory_order_relaxed);
  const TimePoint until = context_.machine_clock.now() + std::chrono::ceil<Duration>(time);
  // Where both are one clock (a simulation), its mover would wait for ever for a replay that waits for it.
  if (&context_.machine_clock == &context_.clock) {
    co_await idle_until(context_.clock, until);
  } else {
    co_await sleep_until(context_.machine_clock, until);
  }
}

asio::awaitable<ReplayRun::Woken> ReplayRun::idle_until(Clock& clock, TimePoint when) {
  busy_.store(false, std::memory_order_release);
  const Woken woken = co_await sleep_until(clock, when);
  busy_.store(true, std::memory_order_release);
  co_return woken;
}

// A clock that is set back makes nobody wait for longer (base/virtual_clock.h): what was due in an hour still is.
asio::awaitable<void> ReplayRun::await_due(TimePoint when) {
  const Woken woken = co_await idle_until(context_.clock, when);
  if (const TimePoint now = context_.clock.now(); woken == Woken::kByTime && now < when) anchor_->due -= when - now;
}

// The storage, the outbox, or a bus elsewhere does not take more now.
asio::awaitable<void> ReplayRun::hold_back(const Error& why) {
  context_.metrics.held_back.fetch_add(1, std::memory_order_relaxed);
  if (failures_ == 0) context_.log.info("replay waits replay={} reason={}", replay_arn(key_), log_value(why.message));
  const Duration pause = std::min(pause_after(failures_++), kTryAgainHereMax);
  co_await idle_until(context_.machine_clock, context_.machine_clock.now() + pause);
}

void ReplayRun::look_at_clients() {
  const Publisher::Traffic now = context_.publisher.traffic();
  const Publisher::Traffic before = std::exchange(clients_, now);
  const Microseconds looked_at = work_time();
  const std::uint64_t publications = now.publications - before.publications;
  // Where time is made up, so is theirs.
  const Microseconds took = context_.work_time ? ReplayPace::kMomentMin * static_cast<Microseconds::rep>(publications)
                                               : now.took - before.took;
  pace_.saw({publications, took}, looked_at - std::exchange(looked_at_, looked_at));
}

// ---- the document

bool ReplayRun::read_record() {
  const std::optional<CatalogEntry> entry = context_.storage.catalog().get(replay_path(key_));
  // Of one that is abandoned the document is gone, or another replay's that has its name.
  if (!entry || abandoned_.load(std::memory_order_acquire)) return false;
  Result<ReplayRecord> record = decode_replay(entry->value);
  if (!record) {
    context_.log.error("replay stopped replay={} reason={}", replay_arn(key_), log_value(record.error().message));
    return false;
  }
  record_ = std::move(*record);
  revision_ = entry->revision;
  progress_->events_max.store(record_.events_max, std::memory_order_relaxed);
  progress_->seen.store(record_.seen, std::memory_order_relaxed);
  return true;
}

CatalogWrite ReplayRun::write_of(const ReplayRecord& record) const {
  return {.key = replay_path(key_), .value = encode(record), .expected_revision = revision_};
}

asio::awaitable<Result<void>> ReplayRun::write(ReplayRecord record) {
  Commit commit;
  commit.catalog.push_back(write_of(record));
  CO_TRY_VOID(co_await context_.storage.commit(std::move(commit)));
  co_return Result<void>();
}

asio::awaitable<ReplayRun::Next> ReplayRun::end(ReplayState state, std::string reason) {
  ReplayRecord record = record_;
  record.state = state;
  record.state_reason = foreign_text(reason, kReasonMax);
  record.ended_at = context_.clock.now();
  if (state == ReplayState::kCompleted) record.events_max = record.seen;
  const Result<void> written = co_await write(record);
  if (!written) {
    if (written.error().code != ErrorCode::kConflict) co_await hold_back(written.error());
    co_return Next::kGoOn;  // as the document then says
  }
  context_.log.info("replay ended replay={} state={} reason={} replayed={} left_out={} failed={}", replay_arn(key_),
                    to_string(state), log_value(record.state_reason), record.replayed,
                    record.seen - record.replayed - record.failed, record.failed);
  co_return Next::kOver;
}

// ---- one piece of work

asio::awaitable<ReplayRun::Next> ReplayRun::advance() {
  if (!read_record()) co_return Next::kOver;
  if (record_.state == ReplayState::kCancelling) co_return co_await end(ReplayState::kCancelled, "");
  if (record_.over()) co_return Next::kOver;

  const std::optional<ArchiveKey> archive = archive_of_arn(record_.archive_arn);
  const CatalogResult<ArchivePtr> found =
      archive ? context_.archives.archive(*archive) : CatalogResult<ArchivePtr>(not_found(""));
  // AWS's words (behaviour §16).
  if (!found || (*found)->record.id != record_.archive_id)
    co_return co_await end(ReplayState::kFailed, "Archive resource not found.");
  if (record_.state == ReplayState::kStarting) co_return co_await begin();
  if (!pattern_ && record_.pattern) {
    CatalogResult<PatternFilter> pattern = PatternFilter::compile(*record_.pattern);
    if (!pattern) co_return co_await end(ReplayState::kFailed, pattern.error().message);
    pattern_ = std::move(*pattern);
  }
  if (!scan_) {
    source_.emplace(context_.reader, *found);
    scan_.emplace(*source_, record_.window, record_.place, record_.until, ReplayScan::Bounds{});
  }
  if (waiting_.empty()) co_return co_await read_on();
  co_return co_await hand_on();
}

asio::awaitable<ReplayRun::Next> ReplayRun::begin() {
  ReplayRecord record = record_;
  record.state = ReplayState::kRunning;
  const Result<void> written = co_await write(std::move(record));
  if (!written && written.error().code != ErrorCode::kConflict) co_await hold_back(written.error());
  co_return Next::kGoOn;
}

// What was read is forgotten, and read again from where the document says.
void ReplayRun::begin_anew() {
  scan_.reset();
  source_.reset();
  waiting_.clear();
}

asio::awaitable<ReplayRun::Next> ReplayRun::read_on() {
  const Microseconds began = work_time();
  Result<ReplayScan::Step> step = co_await scan_->step();
  if (!step) {
    begin_anew();
    if (step.error().code == ErrorCode::kInternal) co_return co_await end(ReplayState::kFailed, step.error().message);
    co_await hold_back(step.error());
    co_return Next::kGoOn;
  }
  if (step->finished) co_return co_await end(ReplayState::kCompleted, "");
  for (ArchivedEvent& event : step->events) waiting_.push_back(std::move(event));
  const Microseconds took = work_time() - began;
  look_at_clients();
  co_await rest(pace_.worked(took));
  co_return Next::kGoOn;
}

asio::awaitable<ReplayRun::Next> ReplayRun::hand_on() {
  if (!anchor_) anchor_ = Anchor{place_of(waiting_.front()).time, context_.clock.now()};
  const std::optional<Arn> destination = Arn::parse(record_.destination_arn);
  const bool elsewhere = destination && context_.leads_elsewhere && context_.leads_elsewhere(*destination);
  const std::size_t count = due_now(elsewhere ? kForwardedAtOnce : pace_.events());
  if (count == 0) {
    co_await await_due(due(waiting_.front()));
    co_return Next::kGoOn;
  }
  const std::optional<LocalName> bus = destination ? local_bus(*destination) : std::nullopt;
  if (!elsewhere && (!bus || !context_.buses.find(bus->scope, bus->name)))
    co_return co_await end(ReplayState::kFailed,
                           "Event bus " + (bus ? bus->name : record_.destination_arn) + " does not exist.");
  const Microseconds began = work_time();
  Batch batch = make_batch(count);
  Result<void> handed_on;
  if (elsewhere) {
    handed_on = co_await forward(std::move(batch));
  } else {
    handed_on = co_await publish(std::move(batch), *bus);
  }
  if (!handed_on) {
    // The document may say now that it did happen; or that this replay is wanted no more.
    if (handed_on.error().code != ErrorCode::kLimit) begin_anew();
    if (handed_on.error().code != ErrorCode::kConflict) co_await hold_back(handed_on.error());
    co_return Next::kGoOn;
  }
  failures_ = 0;
  const Microseconds took = work_time() - began;
  look_at_clients();
  co_await rest(pace_.published(took));
  co_return Next::kGoOn;
}

// How many of those that were read are due, up to so many and to the bytes of one commit; a paced event is due when its
// time, stretched by the speed, has passed.
std::size_t ReplayRun::due_now(std::size_t count_max) const {
  const TimePoint now = context_.clock.now();
  std::size_t count = 0, bytes = 0;
  while (count < std::min(count_max, waiting_.size())) {
    const ArchivedEvent& event = waiting_[count];
    bytes += event.json.size();
    if (count > 0 && bytes > kBatchBytesMax) break;
    if (due(event) > now) break;
    ++count;
  }
  return count;
}

TimePoint ReplayRun::due(const ArchivedEvent& event) const {
  if (record_.speed <= 0 || !anchor_) return TimePoint::min();
  const double after = static_cast<double>((place_of(event).time - anchor_->event).count()) / record_.speed;
  constexpr double kLongest = 1e15;  // beyond all calendars; the clock's type still holds it
  return anchor_->due + Duration(static_cast<Duration::rep>(std::clamp(after, 0.0, kLongest)));
}

// The first `count` of those that wait, as they are to be published. They stay where they are until that is done.
ReplayRun::Batch ReplayRun::make_batch(std::size_t count) {
  Batch batch;
  batch.behind = record_;
  const TimePoint now = context_.clock.now();
  for (std::size_t i = 0; i < count; ++i) {
    ArchivedEvent& archived = waiting_[i];
    if (pattern_ && !pattern_->takes(archived.json)) {
      ++batch.left_out;
      continue;
    }
    Result<Event> event = replayed_event(archived.json, context_.rng.uuid(), record_.name, now);
    if (!event) {
      ++batch.unreadable;
      batch.behind.last_failure = event.error().message;
      context_.log.error("archived event passed over replay={} sequence={} reason={}", replay_arn(key_),
                         archived.sequence, log_value(event.error().message));
      continue;
    }
    batch.events.push_back(std::move(*event));
  }
  batch.behind.place = place_of(waiting_[count - 1]);
  batch.behind.seen += count;
  batch.behind.replayed += batch.events.size();
  batch.behind.failed += batch.unreadable;
  return batch;
}

asio::awaitable<Result<void>> ReplayRun::publish(Batch batch, LocalName bus) {
  if (!only_ && !record_.filter_arns.empty())
    only_ = std::make_shared<const Publisher::RuleFilter>(record_.filter_arns.begin(), record_.filter_arns.end());
  std::vector<Publisher::Addressed> events(batch.events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].scope = bus.scope;
    events[i].bus = bus.name;
    events[i].event = std::move(batch.events[i]);
    events[i].only = only_;
  }
  std::vector<CatalogWrite> place{write_of(batch.behind)};
  CO_TRY_VOID(co_await context_.publisher.publish_beside(std::move(events), std::move(place)));
  count(batch);
  co_return Result<void>();
}

// To a bus elsewhere, until it has taken all of them or refused them for good.
asio::awaitable<Result<void>> ReplayRun::forward(Batch batch) {
  Target target;
  target.id = "replay";
  target.arn = record_.destination_arn;
  std::vector<Delivery> deliveries(batch.events.size());
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    deliveries[i].event_id = batch.events[i].id;
    deliveries[i].target_arn = target.arn;
    deliveries[i].accepted_at = batch.events[i].accepted_at;
    deliveries[i].input = std::move(batch.events[i].json);
  }
  std::vector<const Delivery*> left;
  for (const Delivery& delivery : deliveries) left.push_back(&delivery);

  for (std::uint32_t number = 1; !left.empty(); ++number) {
    const std::shared_ptr<DeliveryTarget> bus = context_.targets.find(target, key_.scope);
    if (!bus) co_return unavailable("There is no way to " + target.arn + " any more.");
    const std::size_t count = std::min(left.size(), bus->batch_max());
    std::vector<DeliveryAttempt> attempts;
    for (std::size_t i = 0; i < count; ++i)
      attempts.push_back({*left[i], target, key_.scope, number, context_.clock.now() + bus->timeout()});
    const std::vector<AttemptOutcome> outcomes =
        co_await attempt_at(*bus, std::move(attempts), context_.clock, context_.log);

    std::vector<const Delivery*> again;
    Duration pause = pause_after(number - 1);
    for (std::size_t i = 0; i < count; ++i) {
      const AttemptOutcome& outcome = outcomes[i];
      if (outcome.kind == AttemptOutcome::kDelivered) continue;
      const std::string failure = std::string(outcome.failure.code) + ": " + outcome.failure.message;
      if (outcome.kind == AttemptOutcome::kFailed) {
        batch.behind.last_failure = failure;
        --batch.behind.replayed;
        ++batch.behind.failed;
        continue;
      }
      if (number == 1 && again.empty())
        context_.log.info("replay waits replay={} reason={}", replay_arn(key_), log_value(failure));
      again.push_back(left[i]);
      pause = std::max(pause, outcome.retry_after.value_or(Duration(0)));
    }
    left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count));
    left.insert(left.begin(), again.begin(), again.end());
    if (again.empty()) {
      number = 0;
      continue;
    }
    context_.metrics.held_back.fetch_add(1, std::memory_order_relaxed);
    const Woken woken = co_await idle_until(context_.clock, context_.clock.now() + pause);
    const std::optional<CatalogEntry> entry = context_.storage.catalog().get(replay_path(key_));
    if (woken == Woken::kToEnd || !entry || entry->revision != revision_)
      co_return conflict("The replay is wanted no more.");
  }
  CO_TRY_VOID(co_await write(batch.behind));
  count(batch);
  co_return Result<void>();
}

// A batch is done.
void ReplayRun::count(const Batch& batch) {
  const std::uint64_t replayed = batch.behind.replayed - record_.replayed;
  context_.metrics.replayed.fetch_add(replayed, std::memory_order_relaxed);
  context_.metrics.left_out.fetch_add(batch.left_out, std::memory_order_relaxed);
  context_.metrics.failed.fetch_add(batch.behind.failed - record_.failed, std::memory_order_relaxed);
  const std::uint64_t seen = batch.behind.seen - record_.seen;
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(seen));
}

}  // namespace eventbus
