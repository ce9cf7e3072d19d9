#include "daemon/application.h"

#include "tests/support/temp_dir.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace eventbus {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

// A daemon in this process, on a port the kernel chose; stopped in order at the end.
class RunningDaemon {
 public:
  explicit RunningDaemon(Config config) : application_(at_any_port(std::move(config)), log_, nullptr) {
    started_ = application_.start();
    if (*started_) thread_ = std::thread([this] { application_.run(); });
  }
  ~RunningDaemon() { stop(); }

  void stop() {
    if (!thread_.joinable()) return;
    application_.request_stop();
    thread_.join();
  }
  const Result<void>& started() const { return *started_; }
  Application& application() { return application_; }

  struct Answer {
    int status = 0;
    std::string body;
    json::object document() const { return json::parse(body).as_object(); }
  };
  // One request on a connection of its own.
  Answer send(const std::string& head, const std::string& body = "") {
    asio::ip::tcp::iostream stream("127.0.0.1", std::to_string(application_.port()));
    stream << head << "\r\nHost: test\r\nConnection: close\r\nContent-Length: " << body.size() << "\r\n\r\n"
           << body << std::flush;
    return read_answer(stream);
  }
  Answer call(const std::string& target, const json::object& input) {
    return send("POST / HTTP/1.1\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: " + target,
                json::serialize(input));
  }
  static Answer read_answer(std::istream& stream) {
    Answer answer;
    std::string version;
    stream >> version >> answer.status;
    for (std::string line; std::getline(stream, line) && line != "\r";) {
    }
    answer.body.assign(std::istreambuf_iterator<char>(stream), {});
    return answer;
  }

 private:
  static Config at_any_port(Config config) {
    config.listen.port = 0;
    return config;
  }

  spdlog::logger log_{"test"};
  Application application_;
  std::optional<Result<void>> started_;
  std::thread thread_;
};

class ApplicationTest : public ::testing::Test {
 protected:
  ApplicationTest() { config_.data_dir = (dir_.path() / "data").string(); }

  static std::string route_to_queue(RunningDaemon& daemon) {
    const auto url = daemon.call("AmazonSQS.CreateQueue", {{"QueueName", "jobs"}}).document().at("QueueUrl");
    daemon.call("AWSEvents.PutRule", {{"Name", "r"}, {"EventPattern", R"({"source":["test"]})"}});
    const json::object target = {{"Id", "q"}, {"Arn", "arn:aws:sqs:us-east-1:000000000000:jobs"}};
    daemon.call("AWSEvents.PutTargets", {{"Rule", "r"}, {"Targets", json::array{target}}});
    return std::string(url.as_string());
  }
  static RunningDaemon::Answer put(RunningDaemon& daemon) {
    const json::object entry = {{"Source", "test"}, {"DetailType", "t"}, {"Detail", R"({"n":1})"}};
    return daemon.call("AWSEvents.PutEvents", {{"Entries", json::array{entry}}});
  }
  static std::size_t receive(RunningDaemon& daemon, const std::string& url) {
    const auto answer =
        daemon.call("AmazonSQS.ReceiveMessage", {{"QueueUrl", url}, {"MaxNumberOfMessages", 10}}).document();
    return answer.contains("Messages") ? answer.at("Messages").as_array().size() : 0;
  }

  testing::TempDir dir_;
  Config config_;
};

TEST_F(ApplicationTest, AnEventGoesThroughTheWholeStackAndSurvivesARestart) {
  std::string url;
  {
    RunningDaemon daemon(config_);
    ASSERT_TRUE(daemon.started()) << daemon.started().error().message;
    url = route_to_queue(daemon);
    const RunningDaemon::Answer answer = put(daemon);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.document().at("FailedEntryCount"), 0) << answer.body;
    EXPECT_EQ(receive(daemon, url), 1u) << "receivable when PutEvents has returned";
    put(daemon);
  }
  RunningDaemon daemon(config_);
  ASSERT_TRUE(daemon.started());
  EXPECT_GE(receive(daemon, url), 1u);
}

TEST_F(ApplicationTest, MemoryNeedsNoDirectory) {
  config_.durability = Durability::kMemory;
  RunningDaemon daemon(config_);
  ASSERT_TRUE(daemon.started());
  const std::string url = route_to_queue(daemon);
  put(daemon);
  EXPECT_EQ(receive(daemon, url), 1u);
  EXPECT_FALSE(std::filesystem::exists(config_.data_dir));
}

TEST_F(ApplicationTest, IsReadyAndTellsMetrics) {
  config_.durability = Durability::kMemory;
  RunningDaemon daemon(config_);
  EXPECT_EQ(daemon.send("GET /_eventbus/ready HTTP/1.1").status, 200);
  put(daemon);
  const std::string metrics = daemon.send("GET /_eventbus/metrics HTTP/1.1").body;
  EXPECT_THAT(metrics, HasSubstr(R"(eventbus_requests_total{operation="PutEvents",service="events",status="200"} 1)"));
  EXPECT_THAT(metrics, HasSubstr("eventbridge_put_events_requests_total"));
  EXPECT_THAT(metrics, HasSubstr("eventbus_storage_writable 1"));
  EXPECT_THAT(metrics, HasSubstr(R"(eventbus_build_info{version=")" EVENTBUS_VERSION R"("} 1)"));
}

TEST_F(ApplicationTest, TellsOperationsOfOneNameApartByTheirService) {
  config_.durability = Durability::kMemory;
  RunningDaemon daemon(config_);
  daemon.call("Logs_20140328.ListTagsForResource", json::object());
  daemon.call("AWSEvents.ListTagsForResource", json::object());
  const std::string metrics = daemon.send("GET /_eventbus/metrics HTTP/1.1").body;
  for (const char* service : {"logs", "events"})
    EXPECT_THAT(metrics, HasSubstr(std::string(R"(eventbus_requests_total{operation="ListTagsForResource",service=")") +
                                   service + R"(",status="400"} 1)"));
}

TEST_F(ApplicationTest, AnswersARequestThatIsUnderWayWhenTheStopBegins) {
  RunningDaemon daemon(config_);
  route_to_queue(daemon);
  const std::string body = R"({"Entries":[{"Source":"test","DetailType":"t","Detail":"{}"}]})";
  asio::ip::tcp::iostream stream("127.0.0.1", std::to_string(daemon.application().port()));
  stream << "POST / HTTP/1.1\r\nHost: test\r\nX-Amz-Target: AWSEvents.PutEvents\r\nContent-Type: "
            "application/x-amz-json-1.1\r\n"
         << "Expect: 100-continue\r\nContent-Length: " << body.size() << "\r\n\r\n"
         << std::flush;
  std::string read;  // the head, the daemon says
  std::getline(stream, read);
  EXPECT_EQ(read, "HTTP/1.1 100 Continue\r");
  std::getline(stream, read);
  stream << body.substr(0, 10) << std::flush;
  daemon.application().request_stop();
  stream << body.substr(10) << std::flush;
  const RunningDaemon::Answer answer = RunningDaemon::read_answer(stream);
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("\"FailedEntryCount\":0"));
  daemon.stop();
}

TEST_F(ApplicationTest, StopsALongPollAtOnceAndAnswersIt) {
  RunningDaemon daemon(config_);
  const std::string url = route_to_queue(daemon);
  RunningDaemon::Answer answer;
  std::thread poll([&] {
    answer = daemon.call("AmazonSQS.ReceiveMessage", {{"QueueUrl", url}, {"WaitTimeSeconds", 20}});
  });
  const auto waits = R"(eventbus_requests_under_way{operation="ReceiveMessage",service="sqs"} 1)";
  while (daemon.send("GET /_eventbus/metrics HTTP/1.1").body.find(waits) == std::string::npos) {
  }
  daemon.stop();
  poll.join();
  EXPECT_EQ(answer.status, 200);
}

TEST_F(ApplicationTest, AStopThatIsAskedForDuringTheStartIsRemembered) {
  spdlog::logger log("test");
  config_.listen.port = 0;
  config_.file = "f.yaml";
  config_.resources = json::parse(R"({"queues": [{"QueueName": "jobs"}]})").as_object();
  Application application(config_, log, nullptr);
  application.request_stop();
  ASSERT_TRUE(application.start());
  application.run();  // returns
}

TEST_F(ApplicationTest, AppliesDeclaredResourcesBeforeItIsReady) {
  config_.file = "f.yaml";
  config_.resources = json::parse(R"({"queues": [{"QueueName": "jobs"}]})").as_object();
  for (int life = 0; life < 2; ++life) {
    RunningDaemon daemon(config_);
    ASSERT_TRUE(daemon.started()) << daemon.started().error().message;
    EXPECT_EQ(daemon.call("AmazonSQS.GetQueueUrl", {{"QueueName", "jobs"}}).status, 200);
  }
  config_.resources = json::parse(R"({"queues": [{"QueueName": "not a name"}]})").as_object();
  const RunningDaemon daemon(config_);
  ASSERT_FALSE(daemon.started());
  EXPECT_THAT(daemon.started().error().message, HasSubstr("f.yaml: resources.queues[0]: "));
}

TEST_F(ApplicationTest, RefusesADirectoryThatSomebodyElseHas) {
  RunningDaemon first(config_);
  ASSERT_TRUE(first.started());
  const RunningDaemon same_directory(config_);
  ASSERT_FALSE(same_directory.started());
  EXPECT_EQ(same_directory.started().error().code, ErrorCode::kConflict);
}

}  // namespace
}  // namespace eventbus
