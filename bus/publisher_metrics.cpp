#include "bus/publisher_metrics.h"

#include "bus/metric_family.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace eventbus {

namespace {

constexpr std::size_t kRulesKept = 1'000;
constexpr std::array kLatencyBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,  0.25,
                                       0.5,   1.0,    2.5,   5.0,  10.0,  60.0, 600.0};
constexpr std::array kByteBounds = {256.0, 1'024.0, 4'096.0, 16'384.0, 65'536.0, 262'144.0, 524'288.0, 1'048'576.0};

struct CounterName {
  RuleMetrics::Counter counter;
  const char* name;
  const char* help;
};
constexpr std::array kRuleCounters = {
    CounterName{RuleMetrics::kTriggeredRules, "eventbridge_triggered_rules_total", "Events that matched the rule"},
    CounterName{RuleMetrics::kInvocations, "eventbridge_invocations_total",
                "Target invocations that ended, in success or permanent failure"},
    CounterName{RuleMetrics::kInvocationAttempts, "eventbridge_invocation_attempts_total",
                "Attempts at targets, retries included"},
    CounterName{RuleMetrics::kSuccessfulInvocationAttempts, "eventbridge_successful_invocation_attempts_total",
                "Attempts that delivered"},
    CounterName{RuleMetrics::kRetryInvocationAttempts, "eventbridge_retry_invocation_attempts_total",
                "Attempts that were retries"},
    CounterName{RuleMetrics::kFailedInvocations, "eventbridge_failed_invocations_total",
                "Invocations that failed for good"},
    CounterName{RuleMetrics::kThrottledRules, "eventbridge_throttled_rules_total", "Invocations held back"},
    CounterName{RuleMetrics::kDeadLetterInvocations, "eventbridge_dead_letter_invocations_total",
                "Invocations suppressed: events that would go from bus to bus without end"},
    CounterName{RuleMetrics::kInvocationsSentToDlq, "eventbridge_invocations_sent_to_dlq_total",
                "Failed invocations kept in a dead-letter queue"},
    CounterName{RuleMetrics::kInvocationsFailedToBeSentToDlq, "eventbridge_invocations_failed_to_be_sent_to_dlq_total",
                "Failed invocations that the dead-letter queue did not take: lost"},
};
static_assert(kRuleCounters.size() == RuleMetrics::kCounters);

struct HistogramName {
  const MetricHistogram& (RuleMetrics::*histogram)() const;
  const char* name;
  const char* help;
};
constexpr std::array kRuleHistograms = {
    HistogramName{&RuleMetrics::start_latency, "eventbridge_ingestion_to_invocation_start_seconds",
                  "From acceptance to the first attempt"},
    HistogramName{&RuleMetrics::complete_latency, "eventbridge_ingestion_to_invocation_complete_seconds",
                  "From acceptance to the end of the first attempt, success or not"},
    HistogramName{&RuleMetrics::success_latency, "eventbridge_ingestion_to_invocation_success_seconds",
                  "From acceptance to delivery, retries included"},
};

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

MetricLabels rule_labels(const RuleMetrics::Labels& labels) {
  return {{"Account", labels.scope.account},
          {"Region", labels.scope.region},
          {"EventBusName", labels.bus},
          {"RuleName", labels.rule}};
}

prometheus::MetricFamily counters(const char* name, const char* help) {
  return metric_family(name, help, prometheus::MetricType::Counter);
}

prometheus::MetricFamily counter(const char* name, const char* help, const std::atomic<std::uint64_t>& value) {
  return single_metric(name, help, prometheus::MetricType::Counter, value_of(value));
}

prometheus::MetricFamily histogram(const char* name, const char* help, const MetricHistogram& values) {
  prometheus::MetricFamily family = metric_family(name, help, prometheus::MetricType::Histogram);
  family.metric.push_back(values.collect());
  return family;
}

}  // namespace

void MetricHistogram::observe(double value) {
  const auto bucket = static_cast<std::size_t>(std::ranges::lower_bound(bounds_, value) - bounds_.begin());
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::uint64_t MetricHistogram::count() const {
  std::uint64_t total = 0;
  for (const auto& bucket : buckets_) total += bucket.load(std::memory_order_relaxed);
  return total;
}

prometheus::ClientMetric MetricHistogram::collect() const {
  prometheus::ClientMetric metric;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) {
    cumulative += buckets_[i].load(std::memory_order_relaxed);
    prometheus::ClientMetric::Bucket bucket;
    bucket.cumulative_count = cumulative;
    bucket.upper_bound = i < bounds_.size() ? bounds_[i] : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back(bucket);
  }
  metric.histogram.sample_count = cumulative;
  metric.histogram.sample_sum = sum_.load(std::memory_order_relaxed);
  return metric;
}

RuleMetrics::RuleMetrics(Labels labels)
    : labels_(std::move(labels)), start_(kLatencyBounds), complete_(kLatencyBounds), success_(kLatencyBounds) {}

void RuleMetrics::attempted(Duration since_accepted) {
  add(kInvocationAttempts);
  start_.observe(seconds(since_accepted));
}

void RuleMetrics::first_attempt_failed(Duration since_accepted) { complete_.observe(seconds(since_accepted)); }

void RuleMetrics::succeeded(Duration since_accepted, bool first_attempt) {
  add(kInvocations);
  add(kSuccessfulInvocationAttempts);
  success_.observe(seconds(since_accepted));
  if (first_attempt) complete_.observe(seconds(since_accepted));
}

void RuleMetrics::failed(Duration since_accepted, bool first_attempt) {
  add(kInvocations);
  add(kFailedInvocations);
  if (first_attempt) complete_.observe(seconds(since_accepted));
}

struct PublisherMetrics::State {
  mutable std::mutex mutex;
  std::map<RuleMetrics::Labels, std::shared_ptr<RuleMetrics>> rules;
  std::size_t sweep_above = kRulesKept;

  // Nobody but the map holds the counters of a rule that is gone: rule() and Collect copy them under the mutex.
  void forget_gone_rules() {
    std::erase_if(rules, [](const auto& entry) { return entry.second.use_count() == 1; });
    sweep_above = std::max(kRulesKept, 2 * rules.size());
  }
};

PublisherMetrics::PublisherMetrics()
    : state_(std::make_unique<State>()), latency_(kLatencyBounds), request_bytes_(kByteBounds) {}

PublisherMetrics::~PublisherMetrics() = default;

std::shared_ptr<RuleMetrics> PublisherMetrics::rule(const Scope& scope, std::string_view bus, std::string_view rule) {
  RuleMetrics::Labels labels{scope, std::string(bus), std::string(rule)};
  std::lock_guard lock(state_->mutex);
  if (state_->rules.size() > state_->sweep_above) state_->forget_gone_rules();
  std::shared_ptr<RuleMetrics>& metrics = state_->rules[labels];
  if (!metrics) metrics = std::make_shared<RuleMetrics>(std::move(labels));
  return metrics;
}

void PublisherMetrics::put_events_accepted(std::size_t entries, std::size_t failed_entries, Duration latency) {
  requests_succeeded_.fetch_add(1, std::memory_order_relaxed);
  entries_succeeded_.fetch_add(entries - failed_entries, std::memory_order_relaxed);
  entries_failed_.fetch_add(failed_entries, std::memory_order_relaxed);
  latency_.observe(seconds(latency));
}

void PublisherMetrics::put_events_failed() { requests_failed_.fetch_add(1, std::memory_order_relaxed); }

void PublisherMetrics::put_events_throttled() { requests_throttled_.fetch_add(1, std::memory_order_relaxed); }

void PublisherMetrics::put_events_size(std::size_t request_bytes) {
  request_bytes_.observe(static_cast<double>(request_bytes));
}

std::vector<prometheus::MetricFamily> PublisherMetrics::Collect() const {
  std::vector<prometheus::MetricFamily> families;

  auto& requests =
      families.emplace_back(counters("eventbridge_put_events_requests_total", "PutEvents calls by outcome"));
  add_metric(requests, value_of(requests_succeeded_), {{"outcome", "success"}});
  add_metric(requests, value_of(requests_failed_), {{"outcome", "failed"}});
  add_metric(requests, value_of(requests_throttled_), {{"outcome", "throttled"}});
  auto& entries =
      families.emplace_back(counters("eventbridge_put_events_entries_total", "PutEvents entries by outcome"));
  add_metric(entries, value_of(entries_succeeded_), {{"outcome", "success"}});
  add_metric(entries, value_of(entries_failed_), {{"outcome", "failed"}});
  families.push_back(
      histogram("eventbridge_put_events_latency_seconds", "Time to answer an accepted PutEvents call", latency_));
  families.push_back(histogram("eventbridge_put_events_request_size_bytes",
                               "Size of a PutEvents call by the rule for entry sizes", request_bytes_));
  families.push_back(
      counter("eventbridge_matched_events_total", "Events that matched at least one rule", matched_events_));
  families.push_back(counter("eventbridge_invocations_created_total", "Invocations created: one a matched target",
                             invocations_created_));
  families.push_back(counter("eventbridge_events_total", "Events of AWS services that were accepted", service_events_));
  families.push_back(counter("eventbridge_unknown_bus_events_total",
                             "Events accepted and dropped because their bus does not exist", dropped_unknown_bus_));

  std::vector<std::shared_ptr<RuleMetrics>> rules;
  {
    std::lock_guard lock(state_->mutex);
    for (const auto& [labels, metrics] : state_->rules)
      if (metrics->value(RuleMetrics::kTriggeredRules) > 0) rules.push_back(metrics);
  }
  for (const CounterName& described : kRuleCounters) {
    auto& result = families.emplace_back(counters(described.name, described.help));
    for (const auto& rule : rules)
      add_metric(result, static_cast<double>(rule->value(described.counter)), rule_labels(rule->labels()));
  }
  for (const HistogramName& described : kRuleHistograms) {
    auto& result =
        families.emplace_back(metric_family(described.name, described.help, prometheus::MetricType::Histogram));
    for (const auto& rule : rules) {
      result.metric.push_back(((*rule).*described.histogram)().collect());
      result.metric.back().label = rule_labels(rule->labels());
    }
  }
  return families;
}

}  // namespace eventbus
