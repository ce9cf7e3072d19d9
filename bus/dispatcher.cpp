#include "bus/dispatcher.h"

#include "base/lenient_sleep.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace eventbus {

namespace {

constexpr Duration kHousekeepingEvery{60'000}, kLeniency = std::chrono::hours(1);
constexpr Duration kOneLinePer{60'000};

}  // namespace

Dispatcher::Dispatcher(Dependencies dependencies, RetrySettings retry)
    : dependencies_(dependencies),
      retry_(retry),
      metrics_(dependencies.lanes),
      standby_(dependencies.storage, dependencies.clock),
      log_limiter_(kOneLinePer) {}

Dispatcher::~Dispatcher() = default;

void Dispatcher::start(const std::vector<asio::any_io_executor>& executors, std::span<const QueueId> lanes) {
  const LaneContext context{dependencies_.storage,
                            dependencies_.lanes,
                            dependencies_.queues,
                            dependencies_.targets,
                            dependencies_.clock,
                            dependencies_.rng,
                            dependencies_.limits,
                            retry_,
                            dependencies_.log,
                            metrics_,
                            rates_,
                            standby_,
                            log_limiter_,
                            dependencies_.bus_log};
  for (const asio::any_io_executor& executor : executors)
    runners_.push_back(std::make_unique<LaneRunner>(context, executor));
  started_.store(true, std::memory_order_release);
  kick_all(lanes);
}

void Dispatcher::kick_all(std::span<const QueueId> lanes) {
  for (const QueueId lane : lanes) {
    const Result<QueueDepth> depth = dependencies_.storage.queues().depth(lane);
    if (depth && depth->total() > 0) runner_of(lane).kick(lane);
  }
}

void Dispatcher::arrived(std::span<const QueueId> lanes) {
  if (!started_.load(std::memory_order_acquire)) return;
  QueueId previous = 0;
  for (const QueueId lane : lanes)
    if (std::exchange(previous, lane) != lane) runner_of(lane).kick(lane);
}

void Dispatcher::look_again() {
  if (!started_.load(std::memory_order_acquire)) return;
  for (const auto& runner : runners_) runner->look_again();
}

asio::awaitable<void> Dispatcher::run_housekeeping() {
  for (;;) {
    const TimePoint next = dependencies_.clock.now() + kHousekeepingEvery;
    co_await sleep_between(dependencies_.clock, next, next + kLeniency);
    rates_.forget_idle(dependencies_.clock.now());
    metrics_.forget_gone();
    kick_all(dependencies_.lanes.lanes());
  }
}

void Dispatcher::stop() {
  for (const auto& runner : runners_) runner->stop();
}

void Dispatcher::cancel() {
  for (const auto& runner : runners_) runner->cancel();
}

bool Dispatcher::idle() const {
  return std::ranges::all_of(runners_, [](const auto& runner) { return runner->idle(); });
}

}  // namespace eventbus
