#pragma once

#include "bus/lane_directory.h"
#include "bus/lane_listener.h"
#include "bus/lane_runner.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <memory>
#include <span>
#include <vector>

namespace eventbus {

// Delivers what waits in outbox lanes: leases what is due, calls targets, settles outcomes (bus/lane_runner.h). Lanes
// are spread over the event loops it is given, each lane belongs to one of them, and a dead or slow target holds up
// nobody but its own lane. It learns of new deliveries from the publisher (LaneListener), of retries from the queues,
// and at start from the depths of all lanes.
//
// Which policy counts: the one the target has when an attempt ends, so changing RetryPolicy changes it for what waits
// already; the dead-letter queue is the one the target had when the event was accepted.
//
// Safe to call from any thread, except for start().
class Dispatcher final : public LaneListener {
 public:
  struct Dependencies {
    Storage& storage;
    const LaneDirectory& lanes;
    const QueueDirectory& queues;
    DeliveryTargets& targets;
    Clock& clock;
    Rng& rng;
    const Limits& limits;
    spdlog::logger& log;
    const BusLog* bus_log = nullptr;  // may be null
  };
  Dispatcher(Dependencies dependencies, RetrySettings retry);
  ~Dispatcher() override;

  // Reads what earlier lives left beside the lanes. Once, before start().
  Result<void> load() { return standby_.load(); }
  // Begins to deliver, on these event loops, with lanes that hold something already. Until then arrivals only wait.
  void start(const std::vector<asio::any_io_executor>& executors, std::span<const QueueId> lanes);
  void arrived(std::span<const QueueId> lanes) override;

  // Lanes may be gone, or their targets may have become deliverable: those that stand by are asked about at once.
  void look_again();

  // Every minute: what need not be remembered is forgotten, and what waits without anybody having said so, because the
  // commit that brought it failed and was found on the disk after all, is delivered. Ends by cancellation.
  asio::awaitable<void> run_housekeeping();

  // The orderly stop: no new attempts, those under way end and are settled; then cancel(), which breaks them off.
  void stop();
  void cancel();
  bool idle() const;

  const DispatcherMetrics& metrics() const { return metrics_; }

 private:
  void kick_all(std::span<const QueueId> lanes);
  LaneRunner& runner_of(QueueId lane) { return *runners_[lane % runners_.size()]; }

  Dependencies dependencies_;
  const RetrySettings retry_;
  DispatcherMetrics metrics_;
  RateLimiter rates_;
  LaneStandby standby_;
  LogLimiter log_limiter_;
  std::vector<std::unique_ptr<LaneRunner>> runners_;
  std::atomic<bool> started_{false};
};

}  // namespace eventbus
