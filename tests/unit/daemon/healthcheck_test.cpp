#include "daemon/healthcheck.h"

#include "daemon/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

namespace eventbus {
namespace {

using ::testing::HasSubstr;

asio::awaitable<net::Response> answer(const std::atomic<unsigned>& status, net::Request request) {
  net::Response response;
  response.status = request.target == "/_eventbus/ready" ? status.load() : 404;
  response.body = "the body";
  co_return response;
}

// A shard that answers /_eventbus/ready with a status of the test's choice.
class Healthcheck : public ::testing::Test {
 protected:
  Healthcheck() {
    net::HttpServer::Options options;
    options.port = 0;
    auto done = shard_.listen(
        options, net::make_connection_budget(10),
        [this](net::Request request) { return answer(status_, std::move(request)); },
        [](unsigned status, std::string_view, const net::Request&) {
          return net::Response{status, {}, ""};
        });
    EXPECT_TRUE(done);
    shard_.start(0, false);
  }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(shard_.port()); }

  std::atomic<unsigned> status_{200};
  Shard shard_;
};

constexpr std::chrono::milliseconds kTimeout{10'000};

TEST_F(Healthcheck, SucceedsWhenTheDaemonIsReady) {
  EXPECT_TRUE(check_health(endpoint(), kTimeout));
  EXPECT_TRUE(check_health(endpoint() + "/", kTimeout));
}

TEST_F(Healthcheck, FailsWithTheReasonWhenItIsNot) {
  status_ = 503;
  auto checked = check_health(endpoint(), kTimeout);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, HasSubstr("is not ready: the body"));
}

TEST_F(Healthcheck, FailsWhenNobodyListens) {
  const std::string gone = endpoint();
  shard_.stop_accepting();
  while (check_health(gone, kTimeout)) {
  }
  auto checked = check_health(gone, kTimeout);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, HasSubstr(gone));
}

TEST_F(Healthcheck, RefusesWhatIsNoEndpoint) {
  for (const char* bad : {"127.0.0.1:1", "ftp://a:1", "http://a:1/path", "http://", "http://a:x"}) {
    auto checked = check_health(bad, kTimeout);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalid) << bad << ": " << checked.error().message;
  }
}

}  // namespace
}  // namespace eventbus
