#include "daemon/admin_api.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace eventbus {
namespace {

using ::testing::HasSubstr;

// Only says how it feels.
class StorageInHealth final : public Storage {
 public:
  asio::awaitable<Result<CommitReceipt>> commit(Commit) override {
    throw std::logic_error("the admin API commits nothing");
  }
  CatalogStore& catalog() override { throw std::logic_error("not asked for"); }
  QueueStore& queues() override { throw std::logic_error("not asked for"); }
  EventLog& log() override { throw std::logic_error("not asked for"); }
  void close() override {}
  Health health() const override { return state; }

  Health state;
};

class AdminApiTest : public ::testing::Test {
 protected:
  AdminApiTest() : api_({config_, readiness_, storage_, [] { return std::string("metric 1\n"); }}) {
    readiness_.become(Readiness::kReady);
  }
  static net::Request request(std::string method, std::string target, std::vector<net::Header> headers = {}) {
    net::Request result;
    result.method = std::move(method);
    result.target = std::move(target);
    result.headers = std::move(headers);
    return result;
  }
  net::Response get(const std::string& target) { return api_.answer(request("GET", target)); }
  boost::json::object json(const net::Response& response) { return boost::json::parse(response.body).as_object(); }

  Config config_;
  Readiness readiness_;
  StorageInHealth storage_;
  AdminApi api_;
};

TEST_F(AdminApiTest, ClaimsItsOwnPathsAndNothingOfAws) {
  EXPECT_TRUE(api_.claims(request("GET", "/_eventbus/ready")));
  EXPECT_TRUE(api_.claims(request("POST", "/_eventbus/ready?x=1")));
  EXPECT_TRUE(api_.claims(request("GET", "/_localstack/health")));
  EXPECT_TRUE(api_.claims(request("GET", "/")));
  EXPECT_FALSE(api_.claims(request("POST", "/")));
  EXPECT_FALSE(api_.claims(request("GET", "/?Action=ListQueues"))) << "SQS's Query protocol by GET";
  EXPECT_FALSE(api_.claims(request("GET", "/", {{"Authorization", "AWS4-HMAC-SHA256 …"}})));
  EXPECT_FALSE(api_.claims(request("GET", "/000000000000/jobs")));
  EXPECT_FALSE(api_.claims(request("GET", "/_eventbusd")));
}

TEST_F(AdminApiTest, IsReadyOnlyBetweenStartAndStop) {
  EXPECT_EQ(get("/_eventbus/ready").status, 200u);
  readiness_.become(Readiness::kStarting);
  EXPECT_EQ(get("/_eventbus/ready").status, 503u);
  readiness_.become(Readiness::kStopping);
  const net::Response stopping = get("/_eventbus/ready");
  EXPECT_EQ(stopping.status, 503u);
  EXPECT_EQ(json(stopping).at("status"), "stopping");
  EXPECT_EQ(get("/_eventbus/health").status, 200u) << "alive nevertheless";
}

TEST_F(AdminApiTest, IsNotReadyWhileStorageTakesNoWritesAndSaysWhy) {
  storage_.state.writable = false;
  storage_.state.last_error = "No space left on device";
  const net::Response response = get("/_eventbus/ready");
  EXPECT_EQ(response.status, 503u);
  EXPECT_EQ(json(response).at("reason"), "No space left on device");
  storage_.state.writable = true;
  EXPECT_EQ(get("/_eventbus/ready").status, 200u);
}

TEST_F(AdminApiTest, SpeaksPrometheusText) {
  const net::Response response = get("/_eventbus/metrics");
  EXPECT_EQ(response.body, "metric 1\n");
  EXPECT_THAT(std::string(net::find_header(response.headers, "content-type")), HasSubstr("text/plain; version=0.0.4"));
}

TEST_F(AdminApiTest, AnswersLocalStackScripts) {
  const auto services = json(get("/_localstack/health")).at("services").as_object();
  for (const char* service : {"events", "sqs", "sts"}) EXPECT_EQ(services.at(service), "running");
}

TEST_F(AdminApiTest, TellsVersionAndSettings) {
  config_.limits.rules_per_bus = 7;
  const auto info = json(get("/_eventbus/info"));
  EXPECT_EQ(info.at("version"), EVENTBUS_VERSION);
  EXPECT_EQ(info.at("settings").at("rules_per_bus"), "7");
}

TEST_F(AdminApiTest, CommandsArePostedAsJsonAndNothingElse) {
  const AdminApi api(
      {config_,
       readiness_,
       storage_,
       [] { return std::string(); },
       {{"/_eventbus/do", [](net::Request) -> asio::awaitable<net::Response> { co_return net::Response{}; }}}});
  const std::vector<net::Header> json_type = {{"content-type", "application/json; charset=utf-8"}};
  EXPECT_NE(api.command(request("POST", "/_eventbus/do", json_type)), nullptr);
  EXPECT_EQ(api.command(request("GET", "/_eventbus/do", json_type)), nullptr);
  EXPECT_EQ(api.command(request("POST", "/_eventbus/other", json_type)), nullptr);
  // What a page of another origin can send without being asked for permission.
  EXPECT_EQ(api.command(request("POST", "/_eventbus/do", {{"Content-Type", "text/plain"}})), nullptr);
  EXPECT_EQ(api.command(request("POST", "/_eventbus/do", {{"Content-Type", "application/jsonp"}})), nullptr);
  EXPECT_EQ(api.answer(request("POST", "/_eventbus/do")).status, 415u);
  EXPECT_EQ(api.answer(request("GET", "/_eventbus/do")).status, 405u);
  EXPECT_EQ(api.answer(request("POST", "/_eventbus/other", json_type)).status, 405u);
}

TEST_F(AdminApiTest, APathMayBeAQuestionAndACommand) {
  const AdminApi api(
      {config_,
       readiness_,
       storage_,
       [] { return std::string(); },
       {{"/_eventbus/do", [](net::Request) -> asio::awaitable<net::Response> { co_return net::Response{}; }}},
       {{"/_eventbus/do", [] { return net::Response{.status = 200, .headers = {}, .body = "so it is"}; }}}});
  EXPECT_EQ(api.answer(request("GET", "/_eventbus/do?x=1")).body, "so it is");
  EXPECT_EQ(api.command(request("GET", "/_eventbus/do")), nullptr);
  EXPECT_NE(api.command(request("POST", "/_eventbus/do", {{"Content-Type", "application/json"}})), nullptr);
  EXPECT_EQ(api.answer(request("POST", "/_eventbus/do")).status, 415u);
}

TEST_F(AdminApiTest, UnknownPathsAndMethodsAreJsonErrors) {
  const net::Response missing = get("/_eventbus/nothing?x");
  EXPECT_EQ(missing.status, 404u);
  EXPECT_EQ(json(missing).at("error"), "there is no /_eventbus/nothing");
  EXPECT_EQ(api_.answer(request("DELETE", "/_eventbus/health")).status, 405u);
  EXPECT_EQ(api_.answer(request("HEAD", "/_eventbus/health")).status, 200u);
}

}  // namespace
}  // namespace eventbus
