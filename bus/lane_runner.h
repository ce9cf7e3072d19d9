#pragma once

#include "base/clock.h"
#include "base/rng.h"
#include "bus/bus_log.h"
#include "bus/delivery.h"
#include "bus/delivery_target.h"
#include "bus/dispatcher_metrics.h"
#include "bus/lane_directory.h"
#include "bus/lane_standby.h"
#include "bus/limits.h"
#include "bus/log_limiter.h"
#include "bus/queue_directory.h"
#include "bus/queue_message.h"
#include "bus/rate_limiter.h"
#include "bus/retry_policy.h"
#include "storage/storage.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

// What the runners of a dispatcher share; outlives them.
struct LaneContext {
  Storage& storage;
  const LaneDirectory& lanes;
  const QueueDirectory& queues;
  DeliveryTargets& targets;
  Clock& clock;
  Rng& rng;
  const Limits& limits;
  const RetrySettings& retry;
  spdlog::logger& log;
  DispatcherMetrics& metrics;
  RateLimiter& rates;
  LaneStandby& standby;
  LogLimiter& log_limiter;
  const BusLog* bus_log = nullptr;  // may be null
};

// The lanes of one event loop. A lane that is empty costs nothing here. One that holds something has a **pump**, a
// coroutine that leases what is due and begins calls of the target, and sleeps in QueueStore::wait when all that is
// left is retries to come; it ends as soon as it has nothing to lease and nothing to wait for, and when as many calls
// are under way as the target takes: the end of a call starts it again. Each **call** is a coroutine of its own, so
// lanes know nothing of each other's targets.
//
//   lease → (too old? dead letter) → DeliveryTarget::deliver → outcome
//     delivered          ack
//     to be retried      extend the lease to the next attempt
//     for good           dead letter and ack, in one commit
//
// Lanes without a delivery stand by. As long as there are any, they are asked about again every second, for the
// configuration may have changed. What is under way to a target whose lane is dropped has no consequence any more.
//
// What a crash repeats: deliveries whose ack was not durable yet, that is at most what was under way or being settled.
// An attempt under way at the crash is tried again when its lease ends (the call's timeout and kSettleIn), or at once
// if the store had not written the lease down. Attempts and retry times survive as the store's lease notes do: the last
// moments may be missing, so that a target may be given an attempt more than its policy says, and a retry may come
// early. Neither may be lost.
class LaneRunner {
 public:
  LaneRunner(LaneContext context, asio::any_io_executor executor);
  ~LaneRunner();

  // The lane may hold something. Any thread; returns at once.
  void kick(QueueId lane);
  // Lanes that stand by are asked about now. Any thread; returns at once.
  void look_again();
  // No new calls; those under way end, and are settled. Any thread.
  void stop();
  // Ends what is under way: unsettled deliveries are visible again at once. Any thread.
  void cancel();
  // Nothing runs any more. Any thread.
  bool idle() const { return running_.load(std::memory_order_acquire) == 0; }

 private:
  struct Lane;
  struct Held;
  struct Call;
  struct DeadLetter;
  struct Settlement;
  enum class Next { kGoOn, kIdle, kBlocked, kStandBy, kGone, kStop };

  enum class Kind { kPump, kCall };
  void begin(Kind kind, asio::awaitable<void> work);
  void end_all(Kind kind);

  asio::awaitable<void> pump(std::shared_ptr<Lane> lane);
  asio::awaitable<Next> advance(std::shared_ptr<Lane> lane);
  struct Turn {
    enum Kind { kAtOnce, kAfterAWait, kNever } kind = kAtOnce;
    TimePoint at;
  };
  asio::awaitable<Turn> wait_for_rate(const DeliveryTarget& delivery, const LaneTarget& target);
  bool is_due(const Lane& lane);
  asio::awaitable<Next> nothing_leased(Lane& lane);
  asio::awaitable<Next> stand_by(Lane& lane, const LaneTarget& target);
  asio::awaitable<void> resume(Lane& lane);
  void watch_standby();
  asio::awaitable<void> keep_asking();
  void ask_again(const std::vector<QueueId>& standing_by);
  std::vector<QueueId> standing_by();
  void note_standby_failure(const Lane& lane, const Result<void>& written);
  bool leave_pump(const std::shared_ptr<Lane>& lane, Next why);
  void forget(const Lane& lane);  // under mutex_
  void sort_out(std::vector<LeasedMessage> messages, Call& call, Call& too_old);
  void put_aside(const LaneTarget& target, const Lease& lease, const Error& why);
  void slot_is_free(const std::shared_ptr<Lane>& lane);
  void call_ended(const std::shared_ptr<Lane>& lane);
  static std::string_view rate_key(const DeliveryTarget& delivery, const LaneTarget& target);

  // lane_runner_calls.cpp
  asio::awaitable<void> call(std::shared_ptr<Lane> lane, Call call);
  asio::awaitable<void> bury(std::shared_ptr<Lane> lane, Call call, bool held_back);
  asio::awaitable<std::vector<AttemptOutcome>> attempt(const Call& call);
  void conclude(const Call& call, const Held& held, const AttemptOutcome& outcome, Settlement& settlement);
  void count_attempt(const Call& call, const Held& held, const AttemptOutcome& outcome, Duration took) const;
  BusLog::Invocation invocation(const Call& call, const Held& held) const;
  BusLog::Latencies latencies(const Held& held, TimePoint now) const;
  void add_dead_letter(const Call& call, const Held& held, const DeliveryFailure& failure, const SpentRetries& retries,
                       Settlement& settlement);
  asio::awaitable<void> settle(const Call& call, Settlement settlement);
  void drop_lost_queues(Settlement& settlement) const;
  bool drop_settled(Settlement& settlement, bool by_ourselves) const;
  void report(const Call& call, const DeadLetter& letter);

  const LaneContext context_;
  const asio::any_io_executor executor_;
  std::atomic<std::size_t> running_{0};
  std::atomic<bool> stopping_{false}, cancelled_{false};
  std::mutex mutex_;
  std::unordered_map<QueueId, std::shared_ptr<Lane>> lanes_;  // under mutex_
  struct Work {
    Kind kind;
    asio::cancellation_signal end;
  };
  std::list<Work> works_;          // on the executor
  bool watching_standby_ = false;  // on the executor
};

}  // namespace eventbus
