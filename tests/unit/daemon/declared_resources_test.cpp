#include "daemon/declared_resources.h"

#include "adapters/aws/events/events_service.h"
#include "adapters/aws/gateway.h"
#include "adapters/aws/sqs/sqs_api.h"
#include "base/rng.h"
#include "bus/bus_catalog.h"
#include "bus/connection_catalog.h"
#include "bus/message_moves.h"
#include "bus/publisher.h"
#include "bus/publisher_metrics.h"
#include "bus/queue_messages.h"
#include "bus/queue_service.h"
#include "daemon/config_file.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/replay_parts.h"
#include "tests/support/run_coroutine.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <string>
#include <vector>

namespace eventbus {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const Scope kScope{"000000000000", "us-east-1"};

// The whole API over a storage in memory, without a socket.
class DeclaredResourcesTest : public ::testing::Test {
 protected:
  static std::vector<std::unique_ptr<aws::Service>> services(DeclaredResourcesTest& test) {
    std::vector<std::unique_ptr<aws::Service>> all;
    all.push_back(aws::make_events_service({test.catalog_,
                                            test.connections_,
                                            test.archives_,
                                            test.replays_.replayer,
                                            test.limits_,
                                            {test.publisher_, test.clock_, test.rng_, test.limits_, test.metrics_}}));
    all.push_back(aws::make_sqs_service({test.queues_, test.messages_, test.moves_}));
    return all;
  }

  // What came of it: counts as "2 1 1 3", or the error.
  std::string apply(const std::string& yaml) {
    auto file = parse_config_file("f.yaml", yaml);
    if (!file) return file.error().message;
    auto applied = testing::run(apply_boxed(file->resources, gateway_.handler()));
    if (!applied->has_value()) return applied->error().message;
    const DeclaredResources::Counts& counts = **applied;
    return std::to_string(counts.queues) + " " + std::to_string(counts.event_buses) + " " +
           std::to_string(counts.rules) + " " + std::to_string(counts.targets);
  }
  using Boxed = std::unique_ptr<Result<DeclaredResources::Counts>>;
  static asio::awaitable<Boxed> apply_boxed(boost::json::object resources, net::Handler handler) {
    auto result = co_await DeclaredResources::apply(std::move(resources), std::move(handler), kScope);
    co_return std::make_unique<Result<DeclaredResources::Counts>>(std::move(result));
  }

  boost::json::object call(std::string target, std::string operation, boost::json::object input, Scope scope = kScope) {
    const ApiCaller api(gateway_.handler(), std::move(scope));
    return testing::run(call_boxed(api, std::move(target), std::move(operation), std::move(input)));
  }
  static asio::awaitable<boost::json::object> call_boxed(const ApiCaller& api, std::string target,
                                                         std::string operation, boost::json::object input) {
    auto answer = co_await api.call(target, operation, std::move(input));
    if (!answer) co_return boost::json::object{{"error", answer.error().type}};
    co_return std::move(*answer);
  }
  boost::json::object attributes(const std::string& queue) {
    const auto url = call("AmazonSQS", "GetQueueUrl", {{"QueueName", queue}}).at("QueueUrl");
    return call("AmazonSQS", "GetQueueAttributes", {{"QueueUrl", url}, {"AttributeNames", {"All"}}})
        .at("Attributes")
        .as_object();
  }

  testing::ManualClock clock_{testing::test_epoch()};
  SeededRng rng_{1};
  Limits limits_;
  ConnectionLimits connection_limits_;
  spdlog::logger log_{"test"};
  std::unique_ptr<Storage> storage_ = make_memory_storage(clock_);
  PublisherMetrics metrics_;
  QueueService queues_{*storage_, clock_, limits_, log_};
  QueueMessages messages_{queues_, *storage_, clock_, rng_, limits_, log_};
  BusCatalog catalog_{*storage_, clock_, limits_, nullptr, log_};
  LogIds log_ids_{*storage_};
  ArchiveZones archive_zones_{*storage_};
  ArchiveCatalog archives_{{*storage_, log_ids_, catalog_, archive_zones_, clock_, rng_, limits_}};
  ConnectionCatalog connections_{
      *storage_, clock_, rng_, connection_limits_, SecretKeys::none("there are none in this test"), log_};
  Publisher publisher_{{catalog_, queues_, *storage_, clock_, rng_, limits_, metrics_, log_}};
  testing::ReplayParts replays_{*storage_, archive_zones_, archives_, catalog_, publisher_, clock_, rng_, log_};
  MessageMoves moves_{queues_, *storage_, clock_, rng_, log_, [](asio::awaitable<void>) {}};
  aws::Gateway gateway_{services(*this), {.rng = rng_, .log = log_}};
};

TEST_F(DeclaredResourcesTest, TheExampleAppliesAndApplyingItAgainChangesNothing) {
  auto file = read_config_file(std::string(EVENTBUS_SOURCE_DIR) + "/examples/eventbusd.yaml");
  ASSERT_TRUE(file) << file.error().message;
  const auto everything = [this] {
    boost::json::array seen;
    seen.push_back(call("AWSEvents", "ListEventBuses", {}));
    seen.push_back(call("AWSEvents", "ListRules", {{"EventBusName", "app"}}));
    for (const char* rule : {"audio-uploaded", "transcription-completed"}) {
      seen.push_back(call("AWSEvents", "ListTargetsByRule", {{"EventBusName", "app"}, {"Rule", rule}}));
    }
    for (const char* queue : {"transcription-jobs", "transcription-jobs-dead", "transcripts.fifo", "audit"}) {
      seen.push_back(attributes(queue));
    }
    return seen;
  };
  boost::json::array first;
  for (int round = 0; round < 2; ++round) {
    auto applied = testing::run(apply_boxed(file->resources, gateway_.handler()));
    ASSERT_TRUE(applied->has_value()) << applied->error().message;
    EXPECT_EQ((*applied)->queues, 4u);
    EXPECT_EQ((*applied)->targets, 3u);
    if (round == 0) first = everything();
  }
  EXPECT_EQ(everything(), first);
}

TEST_F(DeclaredResourcesTest, QueuesKnowTheirDeadLetterQueueByNameInAnyOrder) {
  EXPECT_EQ(apply("resources: {queues: [{QueueName: a, DeadLetterQueue: b, MaxReceiveCount: 3}, {QueueName: b}]}"),
            "2 0 0 0");
  EXPECT_EQ(
      boost::json::parse(std::string(attributes("a").at("RedrivePolicy").as_string())),
      (boost::json::object{{"deadLetterTargetArn", "arn:aws:sqs:us-east-1:000000000000:b"}, {"maxReceiveCount", 3}}));
}

TEST_F(DeclaredResourcesTest, ArchivesAreOfTheBusTheyNameAndStayOfIt) {
  const std::string archives =
      "resources: {event_buses: [{Name: app}, {Name: other}], archives: [{ArchiveName: a, EventBusName: app, "
      "EventPattern: {source: [x]}, RetentionDays: 7}, {ArchiveName: b}]}";
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(apply(archives), "0 2 0 0");
    const boost::json::object a = call("AWSEvents", "DescribeArchive", {{"ArchiveName", "a"}});
    EXPECT_EQ(a.at("EventSourceArn"), "arn:aws:events:us-east-1:000000000000:event-bus/app");
    EXPECT_EQ(a.at("EventPattern"), R"({"source":["x"]})");
    EXPECT_EQ(a.at("RetentionDays"), 7);
    EXPECT_EQ(a.at("State"), "ENABLED");
    const boost::json::object b = call("AWSEvents", "DescribeArchive", {{"ArchiveName", "b"}});
    EXPECT_EQ(b.at("EventSourceArn"), "arn:aws:events:us-east-1:000000000000:event-bus/default");
  }
  ASSERT_EQ(apply("resources: {archives: [{ArchiveName: a, EventBusName: app, Description: new}]}"), "0 0 0 0");
  const boost::json::object a = call("AWSEvents", "DescribeArchive", {{"ArchiveName", "a"}});
  EXPECT_EQ(a.at("RetentionDays"), 7);
  EXPECT_EQ(a.at("Description"), "new");
  EXPECT_THAT(apply("resources: {archives: [{ArchiveName: a, EventBusName: other}]}"),
              StartsWith("resources.archives[0]: the archive is there already, and is one of "));
  EXPECT_THAT(apply("resources: {archives: [{ArchiveName: a, Bus: other}]}"), HasSubstr("unknown key"));
}

TEST_F(DeclaredResourcesTest, WhatIsDeclaredReplacesWhatIsThereAndTheRestStays) {
  ASSERT_EQ(apply("resources: {queues: [{QueueName: a, Attributes: {VisibilityTimeout: 10, DelaySeconds: 7}}]}"),
            "1 0 0 0");
  ASSERT_EQ(apply("resources: {queues: [{QueueName: a, Attributes: {VisibilityTimeout: 20}}]}"), "1 0 0 0");
  EXPECT_EQ(attributes("a").at("VisibilityTimeout"), "20");
  EXPECT_EQ(attributes("a").at("DelaySeconds"), "7");

  ASSERT_EQ(apply("resources: {rules: [{Name: r, EventPattern: {source: [a]}, Targets: [{Id: one, Queue: a}]}]}"),
            "0 0 1 1");
  ASSERT_EQ(apply("resources: {rules: [{Name: r, EventPattern: {source: [b]}, Targets: [{Id: two, Queue: a}]}]}"),
            "0 0 1 1");
  EXPECT_EQ(call("AWSEvents", "DescribeRule", {{"Name", "r"}}).at("EventPattern"), R"({"source":["b"]})");
  EXPECT_EQ(call("AWSEvents", "ListTargetsByRule", {{"Rule", "r"}}).at("Targets").as_array().size(), 2u);
}

TEST_F(DeclaredResourcesTest, PatternsAndPoliciesMayBeYamlOrText) {
  EXPECT_EQ(apply(R"(
resources:
  event_buses:
  - Name: app
    Tags: {team: media}
    Policy: {Version: "2012-10-17", Statement: [{Sid: s, Effect: Allow, Principal: "*", Action: "events:PutEvents", Resource: "arn:aws:events:us-east-1:000000000000:event-bus/app"}]}
  rules:
  - {Name: text, EventBusName: app, EventPattern: '{"source": ["a"]}'}
  - {Name: yaml, EventBusName: app, EventPattern: {source: ["5", {prefix: b}], detail: {n: [5, true, null]}}}
)"),
            "0 1 2 0");
  EXPECT_EQ(call("AWSEvents", "DescribeRule", {{"Name", "yaml"}, {"EventBusName", "app"}}).at("EventPattern"),
            R"({"source":["5",{"prefix":"b"}],"detail":{"n":[5,true,null]}})");
  EXPECT_TRUE(call("AWSEvents", "DescribeEventBus", {{"Name", "app"}}).contains("Policy"));
  const auto tags = call("AWSEvents", "ListTagsForResource",
                         {{"ResourceARN", "arn:aws:events:us-east-1:000000000000:event-bus/app"}});
  EXPECT_EQ(tags.at("Tags").as_array().size(), 1u);
}

TEST_F(DeclaredResourcesTest, LivesInTheAccountAndRegionOfTheFile) {
  EXPECT_EQ(apply("resources: {account: \"111122223333\", region: eu-west-1, event_buses: [{Name: app}]}"), "0 1 0 0");
  EXPECT_TRUE(call("AWSEvents", "DescribeEventBus", {{"Name", "app"}}, {"111122223333", "eu-west-1"}).contains("Arn"));
  EXPECT_EQ(call("AWSEvents", "DescribeEventBus", {{"Name", "app"}}).at("error"), "ResourceNotFoundException");
}

TEST_F(DeclaredResourcesTest, ErrorsNameThePlaceInTheFile) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{queue: []}", "resources: unknown key \"queue\"; did you mean queues?"},
      {"{queues: {}}", "resources.queues: must be a list"},
      {"{queues: [{QueueName: a}, 5]}", "resources.queues[1]: must be a mapping"},
      {"{queues: [{Name: a}]}", "resources.queues[0]: unknown key \"Name\""},
      {"{queues: [{}]}", "resources.queues[0]: QueueName is missing"},
      {"{queues: [{QueueName: a, DeadLetterQueue: b}]}", "resources.queues[0]: DeadLetterQueue needs MaxReceiveCount"},
      {"{queues: [{QueueName: 'a b'}]}", "resources.queues[0]: InvalidParameterValue"},
      {"{queues: [{QueueName: a, Attributes: {VisibilityTimeout: 99999}}]}",
       "resources.queues[0]: InvalidAttributeValue"},
      {"{event_buses: [{Name: default2, Descripton: x}]}",
       "resources.event_buses[0]: unknown key \"Descripton\"; did you mean Description?"},
      {"{rules: [{Name: r, EventBusName: none, EventPattern: {source: [a]}}]}",
       "resources.rules[0]: ResourceNotFoundException: "},
      {"{rules: [{Name: r, EventPattern: {source: a}}]}", "resources.rules[0]: InvalidEventPatternException: "},
      {"{rules: [{Name: r, EventPattern: {source: [a]}, Targets: [{Id: t, Queue: q, Arn: x}]}]}",
       "resources.rules[0].Targets[0]: Queue and Arn exclude each other"},
      {"{rules: [{Name: r, EventPattern: {source: [a]}, Targets: [{Id: t, Arn: nonsense}]}]}",
       "resources.rules[0].Targets: "},
      {"{account: \"12\"}", "resources.account: "},
  };
  for (const auto& [section, message] : cases)
    EXPECT_THAT(apply("resources: " + section), StartsWith(message)) << section;
}

}  // namespace
}  // namespace eventbus
