#pragma once

#include "base/rng.h"
#include "bus/dispatcher.h"
#include "bus/message_attributes.h"
#include "bus/publisher_metrics.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/publisher_world.h"
#include "tests/support/run_coroutine.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::testing {

// A target that does what a test says, and remembers what it was asked.
class FakeTarget final : public DeliveryTarget {
 public:
  explicit FakeTarget(Clock& clock) : clock_(clock) {}

  struct Attempt {
    std::string event_id, input, target_arn;
    std::uint32_t number = 0;
    TimePoint at;
  };
  std::vector<Attempt> attempts;
  std::vector<std::size_t> call_sizes;
  std::size_t under_way = 0, most_under_way = 0, cancelled = 0;

  std::function<AttemptOutcome(const DeliveryAttempt&)> answer = [](const DeliveryAttempt&) {
    return AttemptOutcome::delivered();
  };
  Duration takes{0};
  bool throws = false;
  std::size_t batch = 1, concurrency = 8;
  Duration time_out{5'000};
  double rate = 0;
  std::string key;

  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> asked) override {
    call_sizes.push_back(asked.size());
    for (const DeliveryAttempt& each : asked)
      attempts.push_back({each.delivery.event_id, each.delivery.input, each.target.arn, each.number, clock_.now()});
    if (throws) throw std::runtime_error("a bug in the target");
    most_under_way = std::max(most_under_way, ++under_way);
    if (takes > Duration(0)) co_await asio::this_coro::throw_if_cancelled(false);
    if (takes > Duration(0)) co_await clock_.sleep_until(clock_.now() + takes);
    --under_way;
    std::vector<AttemptOutcome> outcomes;
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      ++cancelled;
      outcomes.assign(asked.size(), AttemptOutcome::retry("UNKNOWN", "cancelled"));
      co_return outcomes;
    }
    for (const DeliveryAttempt& each : asked) outcomes.push_back(answer(each));
    co_return outcomes;
  }
  std::size_t batch_max() const override { return batch; }
  std::size_t concurrency_max() const override { return concurrency; }
  Duration timeout() const override { return time_out; }
  double rate_per_second() const override { return rate; }
  std::string_view rate_key() const override { return key; }

 private:
  Clock& clock_;
};

// Queues over others; a test can come between a look at their depth and what is made of it.
class WatchedQueues final : public QueueStore {
 public:
  explicit WatchedQueues(QueueStore& inner) : inner_(inner) {}
  std::function<void(QueueId, const QueueDepth&)> after_depth;

  QueueId next_queue_id() override { return inner_.next_queue_id(); }
  bool exists(QueueId queue) const override { return inner_.exists(queue); }
  asio::awaitable<Result<LeaseBatch>> lease(LeaseRequest request) override { return inner_.lease(std::move(request)); }
  asio::awaitable<void> wait(QueueId queue, TimePoint deadline) override { return inner_.wait(queue, deadline); }
  LeaseState state(const Lease& lease) override { return inner_.state(lease); }
  LeaseState extend(const Lease& lease, TimePoint until) override { return inner_.extend(lease, until); }
  void give_back(const Lease& lease) override { inner_.give_back(lease); }
  Result<QueueDepth> depth(QueueId queue) override {
    Result<QueueDepth> depth = inner_.depth(queue);
    if (depth && after_depth) after_depth(queue, *depth);
    return depth;
  }
  QueueDepth total_depth() const override { return inner_.total_depth(); }
  asio::awaitable<Result<void>> expire() override { return inner_.expire(); }

 private:
  QueueStore& inner_;
};

// A storage over another that refuses commits while it is told to.
class RefusingStorage final : public Storage {
 public:
  explicit RefusingStorage(Storage& inner) : inner_(inner), queues_(inner.queues()) {}
  bool refusing = false;
  std::size_t answers_to_lose = 0;  // of commits that happen
  std::size_t refused = 0, commits = 0;
  std::function<void()> before_commit;  // as another thread may come first

  WatchedQueues& watched_queues() { return queues_; }
  asio::awaitable<Result<CommitReceipt>> commit(Commit commit) override {
    if (const auto come_first = std::exchange(before_commit, nullptr)) come_first();
    if (refusing) {
      ++refused;
      co_return unavailable("no space left on device");
    }
    ++commits;
    Result<CommitReceipt> receipt = co_await inner_.commit(std::move(commit));
    if (!receipt || answers_to_lose == 0) co_return receipt;
    --answers_to_lose;
    co_return unavailable("the disk does not sync");
  }
  CatalogStore& catalog() override { return inner_.catalog(); }
  QueueStore& queues() override { return queues_; }
  EventLog& log() override { return inner_.log(); }
  void close() override { inner_.close(); }
  Health health() const override { return inner_.health(); }

 private:
  Storage& inner_;
  WatchedQueues queues_;
};

// A dispatcher with everything around it, on one event loop and in virtual time.
class DispatcherWorld : public LaneDirectory, public BusDirectory, public DeliveryTargets {
 public:
  ManualClock clock{test_epoch()};
  SeededRng rng{42};
  Limits limits;
  RetrySettings retry;
  PublisherMetrics metrics;
  std::unique_ptr<Storage> memory = make_memory_storage(clock);
  RefusingStorage storage{*memory};
  TestQueues queues;
  std::ostringstream log_text;
  spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text)};
  asio::io_context io{1};
  std::unique_ptr<Dispatcher> dispatcher;
  const BusLog* log_of_buses = nullptr;  // from the next restart() on

  DispatcherWorld() { restart(); }
  ~DispatcherWorld() override { stop(); }

  // ---- what there is

  FakeTarget& target(const std::string& arn) {
    std::shared_ptr<FakeTarget>& known = targets_[arn];
    if (!known) known = std::make_shared<FakeTarget>(clock);
    return *known;
  }
  QueueId add_lane(const std::string& arn, std::optional<RetryPolicy> policy = std::nullopt) {
    const QueueId id = ++last_lane_;
    create_queue(id);
    LaneTarget lane;
    lane.lane = id;
    lane.bus_scope = kHome;
    lane.bus = "default";
    lane.rule = "r";
    lane.rule_arn = rule_arn(kHome, "default", "r");
    lane.target.id = "t";
    lane.target.arn = arn;
    lane.target.retry = policy;
    lane.metrics = metrics.rule(kHome, "default", "r");
    lanes_[id] = std::make_shared<LaneTarget>(std::move(lane));
    return id;
  }
  void forget_lane(QueueId lane) { lanes_.erase(lane); }
  QueueId add_dead_letter_queue(const std::string& name) {
    const QueueId id = queues.add(name).id;
    create_queue(id);
    return id;
  }
  std::set<std::string> without_delivery;  // ARNs

  // ---- what happens

  void put(QueueId lane, std::size_t count = 1, std::optional<std::string> dead_letter_queue = std::nullopt) {
    arrive(lane, count, std::move(dead_letter_queue));
    settle();
  }
  // The same, on the way to whoever looks next.
  void arrive(QueueId lane, std::size_t count = 1, std::optional<std::string> dead_letter_queue = std::nullopt) {
    Commit commit;
    for (std::size_t i = 0; i < count; ++i) {
      Delivery delivery;
      delivery.event_id = "e" + std::to_string(++events_);
      delivery.rule_arn = lanes_.at(lane)->rule_arn;
      delivery.target_id = "t";
      delivery.target_arn = lanes_.at(lane)->target.arn;
      if (dead_letter_queue) delivery.dead_letter_arn = queue_arn(kHome, *dead_letter_queue);
      delivery.accepted_at = clock.now();
      delivery.trace_header = "Root=1-5759e988-bd862e3fe1be46a994272793";
      delivery.input = "{\"n\":" + std::to_string(events_) + "}";
      NewMessage message;
      message.queue = lane;
      message.id = rng.uuid();
      message.body = delivery.encode();
      message.sent_at = message.visible_at = clock.now();
      commit.messages.push_back(std::move(message));
    }
    if (!run(memory->commit(std::move(commit)))) throw std::logic_error("the events cannot be put");
    dispatcher->arrived(std::vector<QueueId>{lane});
  }
  // Lets everything happen that is due.
  void settle() {
    io.restart();
    while (io.poll() > 0) {
    }
  }
  void pass(Duration time, Duration step = Duration(100)) {
    for (Duration passed{0}; passed < time; passed += step) {
      clock.advance(std::min(step, time - passed));
      settle();
    }
  }
  void stop() {
    dispatcher->stop();
    settle();
    dispatcher->cancel();
    settle();
    if (!dispatcher->idle()) throw std::logic_error("the dispatcher does not end");
  }
  // Another life of the daemon on the same storage.
  void restart() {
    if (dispatcher) stop();
    dispatcher = std::make_unique<Dispatcher>(
        Dispatcher::Dependencies{storage, *this, queues, *this, clock, rng, limits, log, log_of_buses}, retry);
    if (!dispatcher->load()) throw std::logic_error("the dispatcher cannot load");
    dispatcher->start({io.get_executor()}, lanes());
    settle();
  }

  // ---- what can be seen

  std::uint64_t waiting(QueueId queue) { return memory->queues().depth(queue).value().total(); }
  std::vector<LeasedMessage> messages(QueueId queue) {
    QueueStore::LeaseRequest request;
    request.queue = queue;
    request.lease_until = clock.now() + Duration(1);
    request.count = 1'000;
    return run(memory->queues().lease(std::move(request))).value().messages;
  }
  std::uint64_t counted(RuleMetrics::Counter counter) { return metrics.rule(kHome, "default", "r")->value(counter); }

  std::shared_ptr<const LaneTarget> lane(QueueId lane) const override {
    const auto found = lanes_.find(lane);
    return found == lanes_.end() ? nullptr : found->second;
  }
  std::vector<QueueId> lanes() const override {
    std::vector<QueueId> ids;
    for (const auto& [id, lane] : lanes_) ids.push_back(id);
    return ids;
  }
  std::shared_ptr<const CompiledBus> find(const Scope&, std::string_view) const override { return nullptr; }
  LogConfig log_config(const Scope&, std::string_view) const override { return bus_log; }
  LogConfig bus_log;
  std::shared_ptr<DeliveryTarget> find(const Target& asked, const Scope&) override {
    if (without_delivery.contains(asked.arn)) return nullptr;
    target(asked.arn);
    return targets_.at(asked.arn);
  }

 private:
  void create_queue(QueueId id) {
    Commit commit;
    commit.queues.push_back({QueueChange::kPut, id, QueueTraits{}});
    if (!run(memory->commit(std::move(commit)))) throw std::logic_error("the queue cannot be made");
  }

  std::map<QueueId, std::shared_ptr<const LaneTarget>> lanes_;
  std::map<std::string, std::shared_ptr<FakeTarget>> targets_;
  QueueId last_lane_ = 1'000;
  std::size_t events_ = 0;
};

}  // namespace eventbus::testing
