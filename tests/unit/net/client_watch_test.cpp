#include "net/client_watch.h"

#include "tests/unit/net/raw_client.h"
#include "tests/unit/net/running_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace eventbus::net {
namespace {

using asio::ip::tcp;
using testing::eventually;
using testing::RawClient;

// An accepted connection and its watch, on a context that the test runs itself.
class ClientWatchTest : public ::testing::Test {
 protected:
  ClientWatchTest()
      : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        client_(acceptor_.local_endpoint().port()),
        socket_(io_) {
    acceptor_.accept(socket_);
    socket_.non_blocking(true);
  }

  void begin() {
    watch_.begin(nullptr, keeper_, [this] { ++left_; });
  }
  // Runs what happens until `done`; the client's doings are on their way through the kernel.
  void run_until(const std::function<bool()>& done) {
    io_.restart();
    while (!done() && io_.run_one_for(std::chrono::seconds(20)) > 0) io_.restart();
    EXPECT_TRUE(done());
  }
  std::string read() const { return std::string(input_.bytes()); }

  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  RawClient client_;
  ServerSocket socket_;
  ReadBuffer input_{64};
  ClientWatch watch_{socket_, input_};
  std::shared_ptr<int> keeper_ = std::make_shared<int>();
  int left_ = 0;
};

TEST_F(ClientWatchTest, ReadsAheadAndTellsOnceThatTheClientLeaves) {
  begin();
  client_.send("next");
  run_until([&] { return read() == "next"; });
  EXPECT_TRUE(watch_.on());
  EXPECT_EQ(left_, 0);
  client_.close();
  run_until([&] { return left_ == 1; });
  EXPECT_FALSE(watch_.on());
  EXPECT_TRUE(watch_.saw_end());
  EXPECT_EQ(read(), "next");
  EXPECT_EQ(keeper_.use_count(), 1);
}

TEST_F(ClientWatchTest, TakesAResetAndTheEndOfInputForLeaving) {
  begin();
  client_.reset();
  run_until([&] { return left_ == 1; });

  RawClient half_closed(acceptor_.local_endpoint().port());
  ServerSocket other(io_);
  acceptor_.accept(other);
  ReadBuffer input(64);
  ClientWatch watch(other, input);
  watch.begin(nullptr, keeper_, [this] { ++left_; });
  half_closed.end_input();
  run_until([&] { return left_ == 2; });
}

TEST_F(ClientWatchTest, StopsWhenTheBufferIsFull) {
  begin();
  client_.send(std::string(100, 'x'));
  run_until([&] { return !watch_.on(); });
  EXPECT_EQ(read(), std::string(64, 'x'));
  EXPECT_FALSE(watch_.saw_end());
  EXPECT_EQ(left_, 0);
}

asio::awaitable<void> wait_for_end(ClientWatch& watch, bool& ended) {
  co_await watch.ended();
  ended = true;
}

TEST_F(ClientWatchTest, OnceDismissedItEndsWithItsReadAndTellsNobody) {
  begin();
  watch_.dismiss();
  bool ended = false;
  asio::co_spawn(io_, wait_for_end(watch_, ended), asio::detached);
  io_.poll();
  EXPECT_TRUE(watch_.on());
  EXPECT_FALSE(ended);
  client_.send("next");
  run_until([&] { return ended; });
  EXPECT_EQ(read(), "next");

  input_.clear();
  begin();
  watch_.dismiss();
  client_.close();
  run_until([&] { return watch_.saw_end(); });
  EXPECT_EQ(left_, 0);
}

TEST_F(ClientWatchTest, ACancelledReadIsNobodysLeaving) {
  begin();
  io_.poll();
  socket_.cancel();
  run_until([&] { return !watch_.on(); });
  EXPECT_FALSE(watch_.saw_end());
  EXPECT_EQ(left_, 0);
  EXPECT_FALSE(client_has_left(socket_));
}

// What the socket says without anything having been read.
TEST_F(ClientWatchTest, LooksAtOnceWhetherTheClientHasLeft) {
  EXPECT_FALSE(client_has_left(socket_));
  client_.send(std::string(10'000, 'x'));
  EXPECT_FALSE(client_has_left(socket_));
  client_.end_input();
  EXPECT_TRUE(eventually([&] { return client_has_left(socket_); })) << "behind bytes that nobody has read";

  RawClient breaks(acceptor_.local_endpoint().port());
  ServerSocket other(io_);
  acceptor_.accept(other);
  EXPECT_FALSE(client_has_left(other));
  breaks.reset();
  EXPECT_TRUE(eventually([&] { return client_has_left(other); }));
}

}  // namespace
}  // namespace eventbus::net
