#include "bus/publisher_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <sstream>
#include <string>
#include <string_view>

namespace eventbus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string page(const PublisherMetrics& metrics) {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, metrics.Collect());
  return out.str();
}

const Scope kScope{"000000000000", "us-east-1"};

TEST(PublisherMetrics, CountsARuleUnderItsNameAndItsBus) {
  PublisherMetrics metrics;
  const std::shared_ptr<RuleMetrics> rule = metrics.rule(kScope, "orders", "to-queue");
  rule->triggered();
  rule->attempted(Duration(3));
  rule->succeeded(Duration(3), true);
  rule->triggered();
  rule->attempted(Duration(3));
  rule->failed(Duration(3), true);
  rule->sent_to_dead_letter_queue();
  const std::string text = page(metrics);
  const std::string labels = R"({Account="000000000000",Region="us-east-1",EventBusName="orders",RuleName="to-queue")";
  for (const auto& [name, value] : {std::pair("triggered_rules_total", "2"),
                                    {"invocations_total", "2"},
                                    {"invocation_attempts_total", "2"},
                                    {"successful_invocation_attempts_total", "1"},
                                    {"failed_invocations_total", "1"},
                                    {"invocations_sent_to_dlq_total", "1"},
                                    {"retry_invocation_attempts_total", "0"},
                                    {"ingestion_to_invocation_start_seconds_count", "2"},
                                    {"ingestion_to_invocation_complete_seconds_count", "2"},
                                    {"ingestion_to_invocation_success_seconds_count", "1"}})
    EXPECT_THAT(text, HasSubstr("eventbridge_" + std::string(name) + labels + "} " + value + "\n")) << name;
  EXPECT_THAT(text,
              HasSubstr("eventbridge_ingestion_to_invocation_start_seconds_bucket" + labels + ",le=\"0.0025\"} 0\n"));
  EXPECT_THAT(text,
              HasSubstr("eventbridge_ingestion_to_invocation_start_seconds_bucket" + labels + ",le=\"0.005\"} 2\n"));
}

TEST(PublisherMetrics, ARuleKeepsItsCountersWhenItIsCompiledAgain) {
  PublisherMetrics metrics;
  metrics.rule(kScope, "b", "r")->triggered();
  metrics.rule(kScope, "b", "r")->triggered();
  metrics.rule({"111122223333", "us-east-1"}, "b", "r")->triggered();
  EXPECT_EQ(metrics.rule(kScope, "b", "r")->value(RuleMetrics::kTriggeredRules), 2u);
}

TEST(PublisherMetrics, RulesThatNeverMatchedAreNotOnThePage) {
  PublisherMetrics metrics;
  metrics.rule(kScope, "b", "silent");
  EXPECT_THAT(page(metrics), Not(HasSubstr("silent")));
}

TEST(PublisherMetrics, RulesThatAreGoneMakeRoomForNewOnes) {
  PublisherMetrics metrics;
  metrics.rule(kScope, "b", "old")->triggered();
  const std::shared_ptr<RuleMetrics> alive = metrics.rule(kScope, "b", "alive");
  alive->triggered();
  for (int i = 0; i < 900; ++i) metrics.rule(kScope, "b", "gone-" + std::to_string(i))->triggered();
  EXPECT_THAT(page(metrics), HasSubstr("RuleName=\"old\"")) << "up to a thousand are kept";
  for (int i = 900; i < 5'000; ++i) metrics.rule(kScope, "b", "gone-" + std::to_string(i))->triggered();
  const std::string text = page(metrics);
  EXPECT_THAT(text, Not(HasSubstr("RuleName=\"old\"")));
  EXPECT_THAT(text, HasSubstr("eventbridge_triggered_rules_total{Account=\"000000000000\",Region=\"us-east-1\","
                              "EventBusName=\"b\",RuleName=\"alive\"} 1\n"));
  EXPECT_EQ(metrics.rule(kScope, "b", "alive"), alive);
  const std::string_view counter = "eventbridge_triggered_rules_total{";
  std::size_t series = 0;
  for (std::size_t at = text.find(counter); at != std::string::npos; at = text.find(counter, at + 1)) ++series;
  EXPECT_LE(series, 1'001u);
}

TEST(PublisherMetrics, CountsCallsEntriesAndBytes) {
  PublisherMetrics metrics;
  metrics.put_events_accepted(10, 2, Duration(4));
  metrics.put_events_size(1'024);
  metrics.put_events_failed();
  metrics.put_events_throttled();
  metrics.dropped_for_unknown_bus();
  metrics.event_matched();
  metrics.invocations_created(3);
  const std::string text = page(metrics);
  for (const char* line :
       {"eventbridge_put_events_requests_total{outcome=\"success\"} 1\n",
        "eventbridge_put_events_requests_total{outcome=\"failed\"} 1\n",
        "eventbridge_put_events_requests_total{outcome=\"throttled\"} 1\n",
        "eventbridge_put_events_entries_total{outcome=\"success\"} 8\n",
        "eventbridge_put_events_entries_total{outcome=\"failed\"} 2\n",
        "eventbridge_put_events_latency_seconds_bucket{le=\"0.005\"} 1\n",
        "eventbridge_put_events_request_size_bytes_bucket{le=\"256\"} 0\n",
        "eventbridge_put_events_request_size_bytes_bucket{le=\"1024\"} 1\n",
        "eventbridge_put_events_request_size_bytes_sum 1024\n", "eventbridge_unknown_bus_events_total 1\n",
        "eventbridge_matched_events_total 1\n", "eventbridge_invocations_created_total 3\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

}  // namespace
}  // namespace eventbus
