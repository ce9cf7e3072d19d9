#include "daemon/reset_command.h"

#include "tests/support/run_coroutine.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <string>
#include <utility>
#include <vector>

namespace eventbus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ResetCommandTest : public ::testing::Test {
 protected:
  asio::awaitable<Result<std::size_t>> take_part(std::string name, ResetScope scope) {
    asked_.push_back(name + " of " + scope.account.value_or("all"));
    if (name == broken_) co_return unavailable("the disk is full");
    co_return asked_.size();
  }
  ResetParticipant participant(const std::string& name) {
    return {name, [this, name](ResetScope scope) { return take_part(name, std::move(scope)); }};
  }
  net::Response post(std::string body, bool allowed = true) {
    const net::Handler handler = reset_command(allowed, {participant("rules"), participant("queues")}, log_);
    net::Request request;
    request.body = std::move(body);
    return testing::run(handler(std::move(request)));
  }
  static boost::json::object json(const net::Response& response) {
    return boost::json::parse(response.body).as_object();
  }

  spdlog::logger log_{"test"};
  std::vector<std::string> asked_;
  std::string broken_;
};

TEST_F(ResetCommandTest, AsksEverybodyInOrderAndSaysHowMuchIsGone) {
  const net::Response one = post(R"({"account": "123456789012"})");
  EXPECT_EQ(one.status, 200u);
  EXPECT_EQ(json(one).at("account"), "123456789012");
  EXPECT_EQ(json(one).at("cleared"), (boost::json::object{{"rules", 1u}, {"queues", 2u}}));
  EXPECT_THAT(asked_, ElementsAre("rules of 123456789012", "queues of 123456789012"));
  asked_.clear();
  EXPECT_TRUE(json(post("{}")).at("account").is_null());
  EXPECT_THAT(asked_, ElementsAre("rules of all", "queues of all"));
}

TEST_F(ResetCommandTest, TouchesNothingWithoutPermission) {
  const net::Response refused = post("{}", false);
  EXPECT_EQ(refused.status, 403u);
  EXPECT_THAT(refused.body, HasSubstr("allow_reset"));
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(ResetCommandTest, TakesNoOtherBody) {
  for (const char* body : {"", "[]", R"({"account": 1})", R"({"account": "1"})", R"({"account": "12345678901x"})",
                           R"({"account": "123456789012", "x": 1})", R"({"acount": "123456789012"})"})
    EXPECT_EQ(post(body).status, 400u) << body;
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(ResetCommandTest, SaysHowFarItCameWhenItCannotGoOn) {
  broken_ = "queues";
  const net::Response response = post("{}");
  EXPECT_EQ(response.status, 503u);
  EXPECT_EQ(json(response).at("cleared"), (boost::json::object{{"rules", 1u}}));
  EXPECT_THAT(response.body, HasSubstr("queues could not be cleared: the disk is full"));
}

}  // namespace
}  // namespace eventbus
