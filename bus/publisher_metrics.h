#pragma once

#include "base/clock.h"
#include "bus/scope.h"

#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// Counts values into buckets with fixed upper bounds. Safe to call from any thread.
class MetricHistogram {
 public:
  // `bounds` are ascending, at most kBucketsMax, and outlive the histogram.
  explicit MetricHistogram(std::span<const double> bounds) : bounds_(bounds) {}
  void observe(double value);
  prometheus::ClientMetric collect() const;
  std::uint64_t count() const;

  static constexpr std::size_t kBucketsMax = 16;

 private:
  std::span<const double> bounds_;
  std::array<std::atomic<std::uint64_t>, kBucketsMax + 1> buckets_{};  // the last one is +Inf
  std::atomic<double> sum_{0};
};

// What CloudWatch counts for one rule (behaviour §19), looked up once, when the rule is compiled: the hot path never
// sees a label. Safe to call from any thread.
class RuleMetrics {
 public:
  struct Labels {
    Scope scope;
    std::string bus, rule;
    friend auto operator<=>(const Labels&, const Labels&) = default;
  };
  explicit RuleMetrics(Labels labels);

  void triggered() { add(kTriggeredRules); }
  // One attempt at a target: the first one starts the clock of IngestionToInvocationStart.
  void attempted(Duration since_accepted);
  void retried() { add(kInvocationAttempts), add(kRetryInvocationAttempts); }
  // The first attempt is over and there will be another one.
  void first_attempt_failed(Duration since_accepted);
  // The end of an invocation, for good or ill. `first_attempt`: it took one attempt only.
  void succeeded(Duration since_accepted, bool first_attempt);
  void failed(Duration since_accepted, bool first_attempt);
  // An event handed to another bus. AWS: counts Invocations only, without attempts and latencies (behaviour §19).
  void forwarded() { add(kInvocations); }
  void forwarding_failed() { add(kInvocations), add(kFailedInvocations); }
  // A second hop from bus to bus, which would go round for ever. AWS: DeadLetterInvocations (behaviour §19).
  void suppressed() { add(kDeadLetterInvocations); }
  void sent_to_dead_letter_queue() { add(kInvocationsSentToDlq); }
  void dead_letter_lost() { add(kInvocationsFailedToBeSentToDlq); }
  void throttled() { add(kThrottledRules); }

  enum Counter {
    kTriggeredRules,
    kInvocations,
    kInvocationAttempts,
    kSuccessfulInvocationAttempts,
    kRetryInvocationAttempts,
    kFailedInvocations,
    kThrottledRules,
    kDeadLetterInvocations,
    kInvocationsSentToDlq,
    kInvocationsFailedToBeSentToDlq,
    kCounters
  };
  std::uint64_t value(Counter counter) const { return counters_[counter].load(std::memory_order_relaxed); }
  const MetricHistogram& start_latency() const { return start_; }
  const MetricHistogram& complete_latency() const { return complete_; }
  const MetricHistogram& success_latency() const { return success_; }
  const Labels& labels() const { return labels_; }

 private:
  void add(Counter counter) { counters_[counter].fetch_add(1, std::memory_order_relaxed); }

  Labels labels_;
  std::array<std::atomic<std::uint64_t>, kCounters> counters_{};
  MetricHistogram start_, complete_, success_;
};

// The metrics of ingestion and delivery, under the names of behaviour §19. The daemon adds what collect() gives to its
// page; a rule that never matched is not in it. Safe to call from any thread.
class PublisherMetrics final : public prometheus::Collectable {
 public:
  PublisherMetrics();
  ~PublisherMetrics() override;

  // The counters of one rule, made at the first call, so that they survive changes of the rule and serve deliveries
  // that outlive it. Kept for the life of the process, except that many rules which are gone make room: where rules
  // come and go under ever new names, neither memory nor the metrics page may grow without end.
  std::shared_ptr<RuleMetrics> rule(const Scope& scope, std::string_view bus, std::string_view rule);

  // One PutEvents call (behaviour §19): accepted counts every entry, `failed_entries` of them as failed; a rejected or
  // throttled call counts no entries. `request_bytes` follows the size rule of behaviour §5.
  void put_events_accepted(std::size_t entries, std::size_t failed_entries, Duration latency);
  void put_events_failed();
  void put_events_throttled();
  void put_events_size(std::size_t request_bytes);

  void event_matched() { matched_events_.fetch_add(1, std::memory_order_relaxed); }  // by at least one rule
  void invocations_created(std::size_t count) { invocations_created_.fetch_add(count, std::memory_order_relaxed); }
  // An event of an AWS service (behaviour §19, Events).
  void service_event() { service_events_.fetch_add(1, std::memory_order_relaxed); }
  // Accepted, and dropped because its bus does not exist: the ecosystem's oldest silence.
  void dropped_for_unknown_bus() { dropped_unknown_bus_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t dropped_for_unknown_bus_total() const { return dropped_unknown_bus_.load(std::memory_order_relaxed); }

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::atomic<std::uint64_t> matched_events_{0}, invocations_created_{0}, dropped_unknown_bus_{0};
  std::atomic<std::uint64_t> service_events_{0};
  std::atomic<std::uint64_t> requests_succeeded_{0}, requests_failed_{0}, requests_throttled_{0};
  std::atomic<std::uint64_t> entries_succeeded_{0}, entries_failed_{0};
  MetricHistogram latency_, request_bytes_;
};

}  // namespace eventbus
