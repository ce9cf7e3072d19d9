#include "net/http_client.h"

#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::net {
namespace {

using eventbus::testing::ManualClock;
using eventbus::testing::Peer;
using eventbus::testing::run;
using eventbus::testing::ScriptedServer;
using eventbus::testing::test_epoch;
using Outcome = Result<Response, ClientError>;
using namespace std::chrono_literals;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class HttpClientTest : public ::testing::Test {
 protected:
  HttpClientTest() : HttpClientTest(HttpClient::Options()) {}
  explicit HttpClientTest(HttpClient::Options options) : client_(*HttpClient::make(std::move(options), clock_)) {}

  ClientRequest post(std::string url, std::string body = "{}") const {
    ClientRequest request;
    request.url = std::move(url);
    request.body = std::move(body);
    request.deadline = clock_.now() + 5s;
    return request;
  }
  Outcome send(ClientRequest request) { return run(client_->send(std::move(request))); }

  ManualClock clock_{test_epoch()};
  std::unique_ptr<HttpClient> client_;
};

TEST_F(HttpClientTest, SendsARequestAndReadsItsAnswer) {
  std::string seen;
  ScriptedServer server([&](Peer& peer, int) {
    seen = peer.read_request();
    peer.send("HTTP/1.1 201 Created\r\nX-Reply: yes\r\nContent-Length: 5\r\n\r\nhello");
  });
  ClientRequest request = post(server.url("/a%20b?x=1&x=2"), "payload");
  request.headers.push_back({"X-Name", "value"});
  const Outcome outcome = send(std::move(request));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->status, 201u);
  EXPECT_EQ(find_header(outcome->headers, "x-reply"), "yes");
  EXPECT_EQ(outcome->body, "hello");
  EXPECT_EQ(seen, "POST /a%20b?x=1&x=2 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                      "\r\nX-Name: value\r\nUser-Agent: eventbusd\r\nContent-Length: 7\r\n\r\npayload");
}

TEST_F(HttpClientTest, TimesOutOnAServerThatDoesNotAnswer) {
  ScriptedServer server([&](Peer& peer, int) {
    peer.read_request();
    clock_.advance(5s);
    peer.wait_until_client_goes();
  });
  const Outcome outcome = send(post(server.url()));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientError::kTimeout);
}

// Sends one request after another on one io_context.
asio::awaitable<std::vector<std::string>> send_all(HttpClient& client, std::vector<ClientRequest> requests) {
  std::vector<std::string> bodies;
  for (ClientRequest& request : requests) {
    Outcome outcome = co_await client.send(std::move(request));
    bodies.push_back(outcome ? outcome->body : "error: " + outcome.error().message);
  }
  co_return bodies;
}

TEST_F(HttpClientTest, KeepsConnectionsForLaterRequests) {
  ScriptedServer server([](Peer& peer, int number) {
    while (!peer.read_request().empty()) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(number));
    }
  });
  const std::vector<ClientRequest> requests(3, post(server.url()));
  EXPECT_EQ(run(send_all(*client_, requests)), (std::vector<std::string>{"0", "0", "0"}));
}

TEST_F(HttpClientTest, ReplacesAKeptConnectionThatWasClosedMeanwhile) {
  ScriptedServer server([](Peer& peer, int number) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(number));
    if (number == 0) peer.read_request();  // and then closes without an answer
  });
  const std::vector<ClientRequest> requests(3, post(server.url()));
  EXPECT_EQ(run(send_all(*client_, requests)), (std::vector<std::string>{"0", "1", "2"}));
}

TEST_F(HttpClientTest, SpeaksTlsToServersWhoseCertificateItTrusts) {
  const eventbus::testing::Certificate certificate({});
  std::string name;
  ScriptedServer server({.certificate = &certificate}, [&](Peer& peer, int) {
    peer.read_request();
    name = peer.server_name();
    peer.send(kOk);
  });
  const Outcome untrusted = send(post(server.url()));
  ASSERT_FALSE(untrusted);
  EXPECT_EQ(untrusted.error().kind, ClientError::kTls);
  EXPECT_THAT(untrusted.error().message, ::testing::HasSubstr("self-signed certificate"));

  const eventbus::testing::TempDir dir;
  certificate.write(dir.path() / "ca.pem", dir.path() / "ca.key");
  client_ = *HttpClient::make({.extra_ca_file = dir.path() / "ca.pem"}, clock_);
  const Outcome outcome = send(post(server.url()));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->body, "ok");
  EXPECT_EQ(name, "localhost");
}

}  // namespace
}  // namespace eventbus::net
