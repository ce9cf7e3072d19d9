#include "bus/lane_runner.h"

#include "base/lenient_sleep.h"
#include "base/log_value.h"
#include "base/thrown.h"
#include "bus/lane_runner_parts.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <string>
#include <utility>

namespace eventbus {

namespace {

// Deliveries of one lane in memory.
constexpr std::size_t kHeldMax = 256;
// A lease outlasts its call by this much, so that the outcome can be settled.
constexpr Duration kSettleIn{5'000};
// How long a pump sleeps at most while nothing happens.
constexpr Duration kLookAgain{600'000};
constexpr Duration kAfterFailure{1'000};
constexpr Duration kAskAgainEvery{1'000}, kAskAgainLeniency{600'000};
// A delivery that this version cannot read is looked at again after this time.
constexpr Duration kUnreadableFor{600'000};

}  // namespace

LaneRunner::LaneRunner(LaneContext context, asio::any_io_executor executor)
    : context_(context), executor_(std::move(executor)) {}

LaneRunner::~LaneRunner() = default;

// ---- beginning and ending

void LaneRunner::kick(QueueId id) {
  if (stopping_.load(std::memory_order_acquire)) return;
  std::shared_ptr<Lane> lane;
  {
    std::lock_guard lock(mutex_);
    std::shared_ptr<Lane>& known = lanes_[id];
    if (!known) {
      known = std::make_shared<Lane>(id);
      context_.metrics.active_lanes.fetch_add(1, std::memory_order_relaxed);
    }
    known->poked = true;
    if (known->pumping || known->blocked || known->standing_by) return;
    known->pumping = true;
    lane = known;
  }
  running_.fetch_add(1, std::memory_order_acq_rel);
  asio::post(executor_, [this, lane = std::move(lane)]() mutable {
    begin(Kind::kPump, pump(std::move(lane)));
    running_.fetch_sub(1, std::memory_order_acq_rel);
  });
}

std::vector<QueueId> LaneRunner::standing_by() {
  std::vector<QueueId> found;
  std::lock_guard lock(mutex_);
  for (const auto& [id, lane] : lanes_)
    if (lane->standing_by) found.push_back(id);
  return found;
}

// On the executor. Nothing sleeps as long as no lane stands by.
void LaneRunner::watch_standby() {
  if (watching_standby_ || standing_by().empty() || stopping_.load(std::memory_order_acquire)) return;
  watching_standby_ = true;
  begin(Kind::kPump, keep_asking());
}

void LaneRunner::look_again() {
  running_.fetch_add(1, std::memory_order_acq_rel);
  asio::post(executor_, [this] {
    if (!stopping_.load(std::memory_order_acquire)) ask_again(standing_by());
    running_.fetch_sub(1, std::memory_order_acq_rel);
  });
}

asio::awaitable<void> LaneRunner::keep_asking() {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (std::vector<QueueId> waiting = standing_by(); !waiting.empty(); waiting = standing_by()) {
    const TimePoint next = context_.clock.now() + kAskAgainEvery;
    co_await sleep_between(context_.clock, next, next + kAskAgainLeniency);
    if (stopping_.load(std::memory_order_acquire)) break;
    ask_again(waiting);
  }
  watching_standby_ = false;
}

void LaneRunner::ask_again(const std::vector<QueueId>& standing_by) {
  for (const QueueId id : standing_by) {
    const std::shared_ptr<const LaneTarget> target = context_.lanes.lane(id);
    if (target && !context_.targets.find(target->target, target->bus_scope)) continue;
    {
      std::lock_guard lock(mutex_);
      const auto lane = lanes_.find(id);
      if (lane == lanes_.end() || !std::exchange(lane->second->standing_by, false)) continue;
      context_.metrics.standby_lanes.fetch_sub(1, std::memory_order_relaxed);
    }
    kick(id);
  }
}

void LaneRunner::stop() {
  stopping_.store(true, std::memory_order_release);
  running_.fetch_add(1, std::memory_order_acq_rel);
  asio::post(executor_, [this] {
    end_all(Kind::kPump);
    running_.fetch_sub(1, std::memory_order_acq_rel);
  });
}

void LaneRunner::cancel() {
  cancelled_.store(true, std::memory_order_release);
  stop();
  running_.fetch_add(1, std::memory_order_acq_rel);
  asio::post(executor_, [this] {
    end_all(Kind::kCall);
    running_.fetch_sub(1, std::memory_order_acq_rel);
  });
}

void LaneRunner::end_all(Kind kind) {
  // What is cancelled may end, and leave the list, at once.
  for (auto work = works_.begin(); work != works_.end();) {
    Work& each = *work++;
    if (each.kind == kind) each.end.emit(asio::cancellation_type::terminal);
  }
}

// On the executor.
void LaneRunner::begin(Kind kind, asio::awaitable<void> work) {
  works_.emplace_back();
  const auto entry = std::prev(works_.end());
  entry->kind = kind;
  running_.fetch_add(1, std::memory_order_acq_rel);
  auto ended = [this, entry](const std::exception_ptr& thrown) {
    if (thrown) context_.log.error("Work of the outbox failed: a bug. reason={}", log_value(reason_of(thrown)));
    works_.erase(entry);
    running_.fetch_sub(1, std::memory_order_acq_rel);
  };
  asio::co_spawn(executor_, std::move(work), asio::bind_cancellation_slot(entry->end.slot(), std::move(ended)));
}

// ---- the pump

asio::awaitable<void> LaneRunner::pump(std::shared_ptr<Lane> lane) {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (;;) {
    Next next = Next::kGoOn;
    std::exception_ptr thrown;
    try {
      next = co_await advance(lane);
    } catch (...) {
      thrown = std::current_exception();
    }
    if (thrown) {
      context_.log.error("A lane of the outbox failed: a bug. lane={} reason={}", lane->id,
                         log_value(reason_of(thrown)));
      co_await context_.clock.sleep_until(context_.clock.now() + kAfterFailure);
    }
    if (next == Next::kGoOn || !leave_pump(lane, next)) continue;
    if (next == Next::kStandBy) watch_standby();
    co_return;
  }
}

asio::awaitable<LaneRunner::Next> LaneRunner::advance(std::shared_ptr<Lane> lane) {
  {
    std::lock_guard lock(mutex_);
    lane->poked = false;
  }
  if (stopping_.load(std::memory_order_acquire)) co_return Next::kStop;

  // Where the deliveries go, as it is configured at this moment.
  std::shared_ptr<const LaneTarget> target = context_.lanes.lane(lane->id);
  if (!target) {
    if (context_.standby.remembers(lane->id)) note_standby_failure(*lane, co_await context_.standby.forget(lane->id));
    co_return Next::kGone;
  }
  std::shared_ptr<DeliveryTarget> delivery = context_.targets.find(target->target, target->bus_scope);
  if (!delivery) co_return co_await stand_by(*lane, *target);
  if (context_.standby.remembers(lane->id)) co_await resume(*lane);

  // How many may go now.
  if (lane->calls >= std::max<std::size_t>(1, delivery->concurrency_max()) || lane->held >= kHeldMax)
    co_return Next::kBlocked;
  const bool rated = delivery->rate_per_second() > 0;
  // A turn that nobody uses may be lost for the others who share the rate: none is taken for an empty lane.
  if (rated && !is_due(*lane)) co_return co_await nothing_leased(*lane);
  Turn turn;
  if (rated) turn = co_await wait_for_rate(*delivery, *target);
  if (turn.kind == Turn::kNever) co_return Next::kStop;
  std::size_t count = 1;
  if (!rated) count = std::clamp<std::size_t>(delivery->batch_max(), 1, kHeldMax - lane->held);

  // Lease them.
  const TimePoint now = context_.clock.now();
  const TimePoint deadline = now + delivery->timeout();
  QueueStore::LeaseRequest request;
  request.queue = lane->id;
  request.lease_until = deadline + kSettleIn;
  request.count = count;
  request.in_flight_max = std::numeric_limits<std::size_t>::max();  // events that wait for a retry are in flight too
  Result<QueueStore::LeaseBatch> batch = co_await context_.storage.queues().lease(std::move(request));
  const bool leased = batch && !batch->messages.empty();
  if (rated && !leased) context_.rates.give_back(rate_key(*delivery, *target), delivery->rate_per_second(), turn.at);
  if (!batch && batch.error().code == ErrorCode::kNotFound) co_return Next::kGone;
  if (!batch) {
    co_await context_.clock.sleep_until(now + kAfterFailure);
    co_return Next::kGoOn;
  }
  if (!leased) co_return co_await nothing_leased(*lane);

  // Begin a call with them; those that have become too old while they waited are buried.
  Call call;
  call.target = target;
  call.metrics = context_.metrics.lane(*target);
  call.bounds = retry_bounds(target->target, context_.retry);
  call.began = now;
  call.deadline = deadline;
  call.held_back = turn.kind == Turn::kAfterAWait;
  if (context_.bus_log) call.log = context_.bus_log->settings(target->bus_scope, target->bus);
  Call too_old = call;
  sort_out(std::move(batch->messages), call, too_old);
  call.delivery = std::move(delivery);
  if (rated && call.held.empty())
    context_.rates.give_back(rate_key(*call.delivery, *target), call.delivery->rate_per_second(), turn.at);
  lane->held += call.held.size() + too_old.held.size();
  if (!too_old.held.empty()) begin(Kind::kCall, bury(lane, std::move(too_old), rated));
  if (!call.held.empty()) {
    ++lane->calls;
    begin(Kind::kCall, this->call(lane, std::move(call)));
  }
  co_return Next::kGoOn;
}

std::string_view LaneRunner::rate_key(const DeliveryTarget& delivery, const LaneTarget& target) {
  return delivery.rate_key().empty() ? std::string_view(target.target.arn) : delivery.rate_key();
}

// kNever when the daemon stops.
asio::awaitable<LaneRunner::Turn> LaneRunner::wait_for_rate(const DeliveryTarget& delivery, const LaneTarget& target) {
  const std::string key(rate_key(delivery, target));
  const double rate = delivery.rate_per_second();
  const TimePoint now = context_.clock.now();
  TimePoint turn = context_.rates.reserve(key, rate, now);
  if (turn <= now) co_return Turn{Turn::kAtOnce, turn};
  context_.metrics.lane(target)->held_back();
  if (target.metrics) target.metrics->throttled();
  turn = co_await context_.rates.wait(key, rate, turn, context_.clock);
  if (!stopping_.load(std::memory_order_acquire)) co_return Turn{Turn::kAfterAWait, turn};
  context_.rates.give_back(key, rate, turn);
  co_return Turn{Turn::kNever, turn};
}

bool LaneRunner::is_due(const Lane& lane) {
  const Result<QueueDepth> depth = context_.storage.queues().depth(lane.id);
  return !depth || depth->visible > 0;
}

asio::awaitable<LaneRunner::Next> LaneRunner::nothing_leased(Lane& lane) {
  const Result<QueueDepth> depth = context_.storage.queues().depth(lane.id);
  if (!depth) co_return Next::kGone;
  if (depth->total() == 0) {
    if (context_.standby.remembers(lane.id)) note_standby_failure(lane, co_await context_.standby.forget(lane.id));
    co_return Next::kIdle;
  }
  // All of it is under way already, and the end of a call looks again.
  if (depth->visible == 0 && depth->delayed == 0 && depth->in_flight <= lane.held) co_return Next::kIdle;
  if (depth->visible > 0) co_return Next::kGoOn;
  co_await context_.storage.queues().wait(lane.id, context_.clock.now() + kLookAgain);
  co_return Next::kGoOn;
}

asio::awaitable<LaneRunner::Next> LaneRunner::stand_by(Lane& lane, const LaneTarget& target) {
  const Result<QueueDepth> depth = context_.storage.queues().depth(lane.id);
  if (!depth) co_return Next::kGone;
  if (depth->total() == 0) co_return Next::kIdle;
  note_standby_failure(lane, co_await context_.standby.begin(lane.id));
  if (context_.log_limiter.admit("standby " + std::to_string(lane.id), context_.clock.now()))
    context_.log.warn(
        "Deliveries wait: as it is configured this daemon has no delivery for their target. lane={} rule={} target={} "
        "waiting={}",
        lane.id, target.rule_arn, target.target.arn, depth->total());
  co_return Next::kStandBy;
}

asio::awaitable<void> LaneRunner::resume(Lane& lane) {
  note_standby_failure(lane, co_await context_.standby.end(lane.id));
}

void LaneRunner::note_standby_failure(const Lane& lane, const Result<void>& written) {
  if (written) return;
  context_.log.warn(
      "The age of deliveries that have no target may be counted from their acceptance after a restart. lane={} "
      "reason={}",
      lane.id, log_value(written.error().message));
}

// Whether the pump may end; no: something has come since it looked.
bool LaneRunner::leave_pump(const std::shared_ptr<Lane>& lane, Next why) {
  std::lock_guard lock(mutex_);
  if ((why == Next::kIdle || why == Next::kGone) && lane->poked) return false;
  lane->pumping = false;
  lane->blocked = why == Next::kBlocked;
  if (why == Next::kStandBy) {
    lane->standing_by = true;
    context_.metrics.standby_lanes.fetch_add(1, std::memory_order_relaxed);
  }
  const bool over = why == Next::kIdle || why == Next::kGone || why == Next::kStop;
  if (over && lane->held == 0) forget(*lane);
  return true;
}

void LaneRunner::forget(const Lane& lane) {
  if (lanes_.erase(lane.id) > 0) context_.metrics.active_lanes.fetch_sub(1, std::memory_order_relaxed);
}

// ---- what is leased

void LaneRunner::sort_out(std::vector<LeasedMessage> messages, Call& call, Call& too_old) {
  for (LeasedMessage& message : messages) {
    Result<Delivery> delivery = Delivery::decode(message.body);
    if (!delivery) {
      put_aside(*call.target, message.lease, delivery.error());
      continue;
    }
    const TimePoint age_from = context_.standby.age_from(call.target->lane, delivery->accepted_at);
    const bool old = is_too_old(age_from, call.began, call.bounds);
    std::vector<Held>& to = old ? too_old.held : call.held;
    to.push_back({message.lease, std::move(message.id), *std::move(delivery), age_from, message.first_leased_at});
  }
}

// Written by a later version, or damaged: kept, for whoever can read it.
void LaneRunner::put_aside(const LaneTarget& target, const Lease& lease, const Error& why) {
  context_.metrics.unreadable.fetch_add(1, std::memory_order_relaxed);
  context_.log.error("A delivery is kept without an attempt. lane={} sequence={} rule={} target={} reason={}",
                     lease.queue, lease.sequence, target.rule_arn, target.target.arn, log_value(why.message));
  context_.storage.queues().extend(lease, context_.clock.now() + kUnreadableFor);
}

// ---- what the end of a call means for its lane

void LaneRunner::slot_is_free(const std::shared_ptr<Lane>& lane) {
  {
    std::lock_guard lock(mutex_);
    if (lane->pumping || !lane->blocked) return;
    lane->blocked = false;
    lane->pumping = true;
  }
  begin(Kind::kPump, pump(lane));
}

void LaneRunner::call_ended(const std::shared_ptr<Lane>& lane) {
  const Result<QueueDepth> depth = context_.storage.queues().depth(lane->id);
  const bool more = depth && (depth->total() > 0 || context_.standby.remembers(lane->id));  // the pump forgets that
  {
    std::lock_guard lock(mutex_);
    if (lane->pumping || lane->standing_by) return;
    // What has come since we looked was left to us, if the lane was blocked.
    const bool goes_on = (more || lane->poked) && !stopping_.load(std::memory_order_acquire);
    if (!goes_on) {
      lane->blocked = false;
      if (lane->held == 0) forget(*lane);
      return;
    }
    lane->blocked = false;
    lane->pumping = true;
  }
  begin(Kind::kPump, pump(lane));
}

}  // namespace eventbus
