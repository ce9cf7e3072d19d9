#pragma once

#include "base/alarm.h"
#include "base/clock.h"
#include "base/rng.h"
#include "bus/delivery.h"
#include "bus/invocation_plan.h"
#include "bus/lane_listener.h"
#include "bus/limits.h"
#include "bus/log_limiter.h"
#include "bus/queue_directory.h"
#include "bus/queue_message.h"
#include "bus/schedule_catalog.h"
#include "bus/schedule_lanes.h"
#include "bus/schedule_metrics.h"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

// Fires the schedules of EventBridge Scheduler: sleeps until the earliest comes due, and puts what is due into one
// commit with the fact that it was fired. A message for a local queue is in that commit itself; everything else waits
// in the lane of its target (bus/schedule_lanes.h), where the dispatcher takes it, with RetryPolicy and dead-letter
// queue. What cannot be delivered whatever one does (no such queue) is a dead letter in the same commit.
//
// So each occurrence is fired once, through restarts and crashes; what is delivered from a lane may come twice, as on
// AWS, if the daemon dies between the call and its settlement.
//
// Lanes are bounded, with those of rules. Where the outbox is full, what needs a lane is held back, and fired as soon
// as there is room; when its time is over first (bus/schedule_catalog.h) it is a dead letter with the code THROTTLING.
// What goes to local queues is not held up.
class ScheduleRunner {
 public:
  struct Dependencies {
    ScheduleCatalog& catalog;
    ScheduleLanes& lanes;
    const QueueDirectory& queues;
    LaneListener& outbox;
    // Queues that are not of this daemon, by its configuration: deliveries to them go through lanes.
    std::function<bool(const Arn& queue)> leads_elsewhere;
    const Limits& limits;
    Clock& clock;
    Rng& rng;
    ScheduleMetrics& metrics;
    spdlog::logger& log;
    // kLimit: the outbox is full. Null: it never is.
    std::function<Result<void>()> outbox_room = nullptr;
  };
  explicit ScheduleRunner(Dependencies dependencies);

  // Run until cancelled.
  asio::awaitable<void> run();
  asio::awaitable<void> run_housekeeping();  // lanes that are not used any more

 private:
  // A failure that is known when it is fired; reported once its commit has happened.
  struct Refused {
    Delivery invocation;
    DeliveryFailure failure;
    bool kept = false;  // in the dead-letter queue
  };

  asio::awaitable<void> fire();
  bool add(const DueSchedule& due, Commit& commit);
  void give_up(const DueSchedule& due, Commit& commit);
  void refuse(Delivery invocation, DeliveryFailure failure, const SpentRetries& retries, const Scope& scope,
              Commit& commit);
  void report(const Refused& refused);

  Dependencies dependencies_;
  InvocationPlan plan_;
  Alarm alarm_;
  LogLimiter log_limiter_;
  // Of the commit that is being made:
  bool outbox_is_full_ = false;
  std::vector<QueueId> lanes_used_;
  std::vector<Refused> refused_;
};

}  // namespace eventbus
