#include "net/http_server.h"

#include "net/response_writer.h"
#include "tests/unit/net/gzip.h"
#include "tests/unit/net/raw_client.h"
#include "tests/unit/net/running_server.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace eventbus::net {
namespace {

using testing::body_of;
using ::testing::ElementsAre;
using testing::eventually;
using testing::gzip;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawClient;
using testing::RunningServer;
using ::testing::StartsWith;
using testing::status_of;
using namespace std::chrono_literals;

std::string post(std::string_view body, std::string_view headers = "") {
  return "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

// --- The usual course

TEST(HttpServer, AnswersOneRequestAfterAnotherOnOneConnection) {
  RunningServer server;
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const std::string response = client.send(post("body " + std::to_string(i))).read_response();
    EXPECT_EQ(status_of(response), 200);
    EXPECT_EQ(body_of(response), "body " + std::to_string(i));
    EXPECT_THAT(response, HasSubstr("\r\nDate: "));
    EXPECT_THAT(response, HasSubstr("\r\nContent-Type: text/plain\r\n"));
    EXPECT_THAT(response, Not(HasSubstr("Connection:")));
  }
  const auto counts = server.counts();
  EXPECT_EQ(counts.connections, 1);
  EXPECT_GE(counts.least_spare_bytes, 64U);
  EXPECT_THAT(counts.peers.front(), StartsWith("127.0.0.1:"));
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  RunningServer server;
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 200; ++i)
    requests += post(std::string(static_cast<std::size_t>(i * 37), 'p') + std::to_string(i));
  client.send(requests);
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(body_of(client.read_response()), std::string(static_cast<std::size_t>(i * 37), 'p') + std::to_string(i));
  }
}

TEST(HttpServer, ReadsARequestThatArrivesByteByByte) {
  RunningServer server;
  RawClient client(server.port());
  for (const char byte : post("drip")) client.send({&byte, 1});
  EXPECT_EQ(body_of(client.read_response()), "drip");
}

TEST(HttpServer, CarriesLargeBodiesBothWays) {
  RunningServer server;
  RawClient client(server.port());
  std::string body(16 * 1024 * 1024, 'x');
  for (std::size_t i = 0; i < body.size(); i += 997) body[i] = static_cast<char>('a' + i % 26);
  std::thread sender([&] { client.send(post(body)); });
  const std::string response = client.read_response();
  sender.join();
  EXPECT_TRUE(body_of(response) == body);
}

TEST(HttpServer, SpeaksHttp10) {
  RunningServer server;
  RawClient once(server.port());
  const std::string all = once.send("GET /old HTTP/1.0\r\n\r\n").read_to_end();
  EXPECT_EQ(body_of(all), "GET /old");
  EXPECT_THAT(all, HasSubstr("\r\nConnection: close\r\n"));

  RawClient kept(server.port());
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(kept.send("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").read_response(),
                HasSubstr("\r\nConnection: keep-alive\r\n"));
  }
}

TEST(HttpServer, ClosesWhenTheClientAsksForIt) {
  RunningServer server;
  RawClient client(server.port());
  const std::string all = client.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n").read_to_end();
  EXPECT_EQ(status_of(all), 200);
  EXPECT_THAT(all, HasSubstr("\r\nConnection: close\r\n"));
}

TEST(HttpServer, AnswersAClientThatHalfCloses) {
  RunningServer server;
  RawClient client(server.port());
  client.send(post("one") + post("two"));
  client.end_input();
  const std::string all = client.read_to_end();
  EXPECT_THAT(all, HasSubstr("one"));
  EXPECT_THAT(all, HasSubstr("two"));
}

TEST(HttpServer, SendsNoBodyWhereHttpForbidsIt) {
  RunningServer server;
  RawClient client(server.port());
  const std::string head = client.send("HEAD /big/1000 HTTP/1.1\r\n\r\n").read_response(false);
  EXPECT_THAT(head, HasSubstr("Content-Length: 1000\r\n"));
  const std::string empty = client.send("GET /no-content HTTP/1.1\r\n\r\n").read_response();
  EXPECT_EQ(status_of(empty), 204);
  EXPECT_THAT(empty, Not(HasSubstr("Content-Length")));
  EXPECT_EQ(body_of(client.send("GET /next HTTP/1.1\r\n\r\n").read_response()), "GET /next");
}

TEST(HttpServer, LetsNoHeaderValueAddAHeader) {
  RunningServer server;
  RawClient client(server.port());
  const std::string response = client.send("GET /inject HTTP/1.1\r\n\r\n").read_response();
  EXPECT_THAT(response, HasSubstr("X-Injected: a  X-Evil: b\r\n"));
}

TEST(DateText, FollowsTheRfc) { EXPECT_EQ(date_text(784111777), "Sun, 06 Nov 1994 08:49:37 GMT"); }

// --- Bodies

TEST(HttpServer, JoinsChunks) {
  RunningServer server;
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  client.send("6\r\n world\r\n0\r\n\r\n");
  EXPECT_EQ(body_of(client.read_response()), "hello world");
}

TEST(HttpServer, UndoesGzip) {
  RunningServer server;
  RawClient client(server.port());
  const std::string plain(100'000, 'z');
  EXPECT_TRUE(body_of(client.send(post(gzip(plain), "Content-Encoding: gzip\r\n")).read_response()) == plain);
  const std::string packed = gzip("chunked and packed");
  client.send("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n");
  for (char byte : packed) client.send("1\r\n" + std::string(1, byte) + "\r\n");
  EXPECT_EQ(body_of(client.send("0\r\n\r\n").read_response()), "chunked and packed");
  EXPECT_GE(server.counts().least_spare_bytes, 64U);
}

TEST(HttpServer, RefusesAGzipBomb) {
  ServerLimits limits;
  limits.body_bytes_max = 1'000'000;
  RunningServer server(limits);
  const std::string bomb = post(gzip(std::string(20'000'000, '0')), "Content-Encoding: gzip\r\n");
  RawClient client(server.port());
  const std::string all = client.send(bomb).read_to_end();
  EXPECT_EQ(status_of(all), 413);
}

TEST(HttpServer, RefusesEncodingsItCannotUndo) {
  RunningServer server;
  RawClient client(server.port());
  EXPECT_EQ(status_of(client.send(post("x", "Content-Encoding: br\r\n")).read_to_end()), 415);
}

TEST(HttpServer, TellsAnExpectingClientToContinue) {
  RunningServer server;
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_response(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(body_of(client.send("late").read_response()), "late");
  // A client that did not wait needs no permission.
  client.send("POST /echo HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nsoon");
  EXPECT_EQ(body_of(client.read_response()), "soon");
}

TEST(HttpServer, RefusesATooLargeBodyBeforeItIsSent) {
  ServerLimits limits;
  limits.body_bytes_max = 1'000;
  RunningServer server(limits);
  RawClient client(server.port());
  const std::string all =
      client.send("POST /echo HTTP/1.1\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n").read_to_end();
  EXPECT_EQ(status_of(all), 413);
  EXPECT_THAT(all, Not(HasSubstr("100 Continue")));
}

// The answer must survive that most of the body is never read: a reset would overtake it.
TEST(HttpServer, IsHeardWhenItRefusesABodyThatKeepsComing) {
  ServerLimits limits;
  limits.body_bytes_max = 1'000;
  RunningServer server(limits);
  for (int round = 0; round < 10; ++round) {
    RawClient client(server.port());
    const std::string all = client.send(post(std::string(3'000'000, 'x'))).read_to_end();
    ASSERT_EQ(status_of(all), 413);
  }
}

TEST(HttpServer, TakesBodiesUpToAConfiguredLimit) {
  ServerLimits limits = testing::patient_limits();
  limits.body_bytes_max = 100 * 1024 * 1024;
  RunningServer server(limits);
  const std::string body(24 * 1024 * 1024, 'L');  // more than the default
  RawClient client(server.port());
  std::thread sender([&] { client.send(post(body)); });
  EXPECT_TRUE(body_of(client.read_response()) == body);
  sender.join();
}

// --- Bad input

TEST(HttpServer, AnswersMalformedRequestsThroughTheRendererAndCloses) {
  RunningServer server;
  const std::vector<std::string> bad = {
      "NONSENSE\r\n\r\n",
      std::string("\0\1\2\3\4\5\6\7\xff\xfe", 10),
      "\x16\x03\x01\x02\x00 TLS hello",
      "GET / HTTP/9.9\r\n\r\n",
      "GET / HTTP/1.1\r\nno colon here\r\n\r\n",
      "GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
      "GET / HTTP/1.1\r\n: empty\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  };
  for (const std::string& bytes : bad) {
    RawClient client(server.port());
    const std::string all = client.send(bytes).read_to_end();
    EXPECT_EQ(status_of(all), 400) << bytes;
    EXPECT_THAT(body_of(all), StartsWith("400|The request is not valid HTTP")) << bytes;
    EXPECT_THAT(all, HasSubstr("Connection: close")) << bytes;
  }
  RawClient healthy(server.port());
  EXPECT_EQ(body_of(healthy.send(post("still here")).read_response()), "still here");
}

TEST(HttpServer, GivesTheRendererWhatItKnowsOfTheRequest) {
  RunningServer server;
  RawClient client(server.port());
  client.send("POST /queue HTTP/1.1\r\nX-Protocol: query\r\nContent-Length: nine\r\n\r\n");
  EXPECT_THAT(body_of(client.read_to_end()), ::testing::EndsWith("|POST|/queue|query"));
}

TEST(HttpServer, AnswersAfterWhatCameBeforeTheBadRequest) {
  RunningServer server;
  RawClient client(server.port());
  client.send(post("good") + "BAD\r\n\r\n" + post("never"));
  EXPECT_EQ(body_of(client.read_response()), "good");
  const std::string rest = client.read_to_end();
  EXPECT_EQ(status_of(rest), 400);
  EXPECT_THAT(rest, Not(HasSubstr("never")));
}

TEST(HttpServer, RefusesAbsurdHeaders) {
  RunningServer server;
  const std::string line = "GET / HTTP/1.1\r\n";
  std::string many;
  for (int i = 0; i < 501; ++i) many += "a" + std::to_string(i) + ": b\r\n";
  for (const std::string& bytes :
       {line + "X-Long: " + std::string(70'000, 'x') + "\r\n\r\n", line + std::string(70'000, 'n') + ": x\r\n\r\n",
        "GET /" + std::string(70'000, 't') + " HTTP/1.1\r\n\r\n", line + many + "\r\n",
        line + "X-Endless: " + std::string(10'000'000, 'e')}) {
    RawClient client(server.port());
    EXPECT_EQ(status_of(client.send(bytes).read_to_end()), 431) << bytes.substr(0, 60);
  }
  RawClient client(server.port());
  EXPECT_EQ(status_of(client.send(line + "X-Long: " + std::string(60'000, 'x') + "\r\n\r\n").read_response()), 200);
}

TEST(HttpServer, AnswersATruncatedRequest) {
  RunningServer server;
  for (const char* bytes :
       {"POST /echo HTTP/1.1\r\nContent-Le", "POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf",
        "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "G"}) {
    RawClient client(server.port());
    client.send(bytes).end_input();
    EXPECT_EQ(body_of(client.read_to_end()).substr(0, 31), "400|The request ends too early|") << bytes;
  }
  EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
}

TEST(HttpServer, SurvivesClientsThatVanishAnywhere) {
  RunningServer server;
  const std::string bytes =
      post("body") + "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    RawClient reset(server.port());
    reset.send(bytes.substr(0, length));
    reset.reset();
    RawClient closed(server.port());
    closed.send(bytes.substr(0, length));
    closed.close();
  }
  EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
  RawClient healthy(server.port());
  EXPECT_EQ(body_of(healthy.send(post("alive")).read_response()), "alive");
}

TEST(HttpServer, AnswersA500ForAHandlerThatThrows) {
  RunningServer server;
  RawClient client(server.port());
  const std::string response = client.send("GET /throw HTTP/1.1\r\nX-Protocol: json\r\n\r\n").read_response();
  EXPECT_EQ(body_of(response), "500|internal error|GET|/throw|json");
  EXPECT_EQ(status_of(client.send("GET /throw-odd HTTP/1.1\r\n\r\n").read_response()), 500);
  EXPECT_EQ(body_of(client.send(post("goes on")).read_response()), "goes on");
  EXPECT_TRUE(eventually([&] { return server.counts().answered.size() == 3; }));
  const auto counts = server.counts();
  EXPECT_THAT(counts.thrown, ElementsAre("a secret of the handler", "an exception that is no std::exception"));
  EXPECT_THAT(counts.answered, ElementsAre(500U, 500U, 200U));
}

// --- Slow clients

ServerLimits short_deadlines() {
  ServerLimits limits;
  limits.header_timeout = 100ms;
  limits.body_timeout = 200ms;
  limits.idle_timeout = 300ms;
  limits.write_timeout = 200ms;
  return limits;
}

// A client that sends a byte now and then until it hears something.
std::string drip(RawClient& client, std::string_view first) {
  client.send(first);
  EXPECT_TRUE(eventually([&] { return client.send("x").has_news(); }));
  return client.read_to_end();
}

TEST(HttpServer, EndsAHeaderThatNeverEnds) {
  RunningServer server(short_deadlines());
  RawClient client(server.port());
  client.send("GET /slow-header HTTP/1.1\r\nX-A: ");
  EXPECT_THAT(body_of(client.read_to_end()), StartsWith("408|The request did not arrive in time|GET|/slow-header"));
}

TEST(HttpServer, GrantsNoTimeForDrippingBytes) {
  RunningServer server(short_deadlines());
  RawClient header(server.port());
  EXPECT_EQ(status_of(drip(header, "GET / HTTP/1.1\r\nX-A: ")), 408);
  RawClient body(server.port());
  EXPECT_EQ(status_of(drip(body, "POST /echo HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")), 408);
}

TEST(HttpServer, EndsABodyThatNeverEnds) {
  RunningServer server(short_deadlines());
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_EQ(status_of(client.read_to_end()), 408);
}

TEST(HttpServer, ClosesIdleConnectionsWithoutAWord) {
  RunningServer server(short_deadlines());
  RawClient silent(server.port());
  EXPECT_EQ(silent.read_to_end(), "");
  RawClient kept(server.port());
  EXPECT_EQ(status_of(kept.send(post("x")).read_response()), 200);
  EXPECT_TRUE(kept.at_end());
  EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
}

TEST(HttpServer, GivesUpOnAClientThatDoesNotReadItsAnswer) {
  RunningServer server(short_deadlines());
  RawClient client(server.port());
  client.shrink_receive_buffer();
  client.send("GET /big/200000000 HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return !server.counts().peers.empty(); }));
  EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
}

TEST(HttpServer, ServesOthersWhileManyAreSlow) {
  RunningServer server;
  std::vector<RawClient> slow;
  for (int i = 0; i < 200; ++i) slow.emplace_back(server.port()).send("POST /echo HTTP/1.1\r\nContent-");
  RawClient quick(server.port());
  EXPECT_EQ(body_of(quick.send(post("quick")).read_response()), "quick");
  for (RawClient& client : slow) client.send("Length: 2\r\n\r\nok");
  for (RawClient& client : slow) EXPECT_EQ(body_of(client.read_response()), "ok");
}

TEST(HttpServer, SetsNoDeadlineForHandlers) {
  RunningServer server(short_deadlines());
  RawClient client(server.port());
  client.send("GET /slow HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.waiting().begun == 1; }));
  std::this_thread::sleep_for(700ms);  // longer than every deadline
  server.release();
  EXPECT_EQ(body_of(client.read_response()), "slow");
}

// --- Long polls

TEST(HttpServer, CancelsTheHandlerOfAClientThatHasGone) {
  RunningServer server(short_deadlines());
  RawClient closed(server.port());
  closed.send("GET /slow HTTP/1.1\r\n\r\n");
  RawClient reset(server.port());
  reset.send("GET /slow HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.waiting().begun == 2; }));
  closed.close();
  EXPECT_TRUE(eventually([&] { return server.waiting().cancelled == 1; }));
  reset.reset();
  EXPECT_TRUE(eventually([&] { return server.waiting().cancelled == 2; }));
  EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
  EXPECT_EQ(server.waiting().released, 0);
  EXPECT_TRUE(server.counts().thrown.empty());
}

TEST(HttpServer, SendsWhatAHandlerThatWasCancelledAnswersToAClientThatHasOnlyEndedItsSide) {
  RunningServer server(short_deadlines());
  RawClient client(server.port());
  client.send("GET /slow HTTP/1.1\r\n\r\n").end_input();
  EXPECT_EQ(body_of(client.read_response()), "cancelled");
  EXPECT_TRUE(client.at_end());
}

TEST(HttpServer, CancelsTheHandlerOfAClientThatLeavesBehindMoreThanItReadsAhead) {
  RunningServer server(short_deadlines());
  RawClient client(server.port());
  client.send("GET /slow HTTP/1.1\r\n\r\n" + post(std::string(40'000, 'x')));
  EXPECT_TRUE(eventually([&] { return server.waiting().begun == 1; }));
  client.close();
  EXPECT_TRUE(eventually([&] { return server.waiting().cancelled == 1; }));
  EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
  EXPECT_EQ(server.waiting().cancelled, 1);
}

TEST(HttpServer, AHandlerCanAskWhetherItsClientHasLeft) {
  RunningServer server(short_deadlines());
  std::vector<RawClient> clients;
  constexpr int kClients = 4;
  for (int i = 0; i < kClients; ++i) clients.emplace_back(server.port()).send("GET /slow HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.waiting().begun == kClients; }));
  clients[0].close();
  clients[1].reset();
  clients[2].end_input();
  EXPECT_TRUE(eventually([&] { return server.waiting().left == 3; }));
  server.release();
  EXPECT_EQ(body_of(clients[3].read_response()), "slow");
  EXPECT_EQ(server.waiting().left, 3);
}

TEST(HttpServer, AThousandClientsThatLeaveTheirLongPollsLeaveNothing) {
  RunningServer server;
  constexpr int kPolls = 1'000;
  std::vector<RawClient> polls;
  polls.reserve(kPolls);
  for (int i = 0; i < kPolls; ++i) polls.emplace_back(server.port()).send("GET /slow HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.waiting().begun == kPolls; }));
  polls.clear();
  EXPECT_TRUE(eventually([&] { return server.waiting().cancelled == kPolls; }));
  EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
  EXPECT_EQ(server.counts().connections, 0);
}

TEST(HttpServer, KeepsRequestsThatArriveDuringALongPoll) {
  RunningServer server(short_deadlines());
  RawClient client(server.port());
  client.send("GET /slow HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.waiting().begun == 1; }));
  std::string next;
  for (int i = 0; i < 40; ++i) next += post(std::string(2'000, 'n') + std::to_string(i));  // more than a read buffer
  for (std::size_t at = 0; at < next.size(); at += 999) {
    client.send(std::string_view(next).substr(at, 999));
    std::this_thread::sleep_for(1ms);
  }
  server.release();
  EXPECT_EQ(body_of(client.read_response()), "slow");
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(body_of(client.read_response()), std::string(2'000, 'n') + std::to_string(i));
  }
  EXPECT_EQ(server.waiting().cancelled, 0);
}

TEST(HttpServer, GoesOnAfterALongPollThatWasWatched) {
  RunningServer server(short_deadlines());
  RawClient client(server.port());
  client.send("GET /slow HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.waiting().begun == 1; }));
  std::this_thread::sleep_for(100ms);  // the watch is on
  server.release();
  EXPECT_EQ(body_of(client.read_response()), "slow");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(body_of(client.send(post("after")).read_response()), "after");
  EXPECT_TRUE(client.at_end());  // the idle deadline works for it too
}

TEST(HttpServer, HoldsThousandsOfLongPolls) {
  RunningServer server;
  constexpr int kPolls = 2'000;
  std::vector<RawClient> polls;
  polls.reserve(kPolls);
  for (int i = 0; i < kPolls; ++i) polls.emplace_back(server.port()).send("GET /slow HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.waiting().begun == kPolls; }));
  RawClient other(server.port());
  EXPECT_EQ(body_of(other.send(post("meanwhile")).read_response()), "meanwhile");
  server.release();
  for (RawClient& poll : polls) ASSERT_EQ(body_of(poll.read_response()), "slow");
}

// --- Too many

TEST(HttpServer, RefusesConnectionsBeyondTheBudgetOfAllShards) {
  ServerLimits limits;
  auto budget = make_connection_budget(3);
  RunningServer first(limits, budget);
  RunningServer second(limits, budget);
  RawClient a(first.port());
  RawClient b(first.port());
  RawClient c(second.port());
  for (RawClient* client : {&a, &b, &c}) EXPECT_EQ(status_of(client->send(post("in")).read_response()), 200);

  for (RunningServer* server : {&first, &second}) {
    for (int i = 0; i < 5; ++i) {
      RawClient refused(server->port());
      const std::string all = refused.send(post("out")).read_to_end();
      EXPECT_EQ(body_of(all).substr(0, 24), "503|too many connections");
      EXPECT_THAT(all, HasSubstr("\r\nRetry-After: 1\r\n"));
      EXPECT_THAT(all, HasSubstr("\r\nConnection: close\r\n"));
    }
    EXPECT_EQ(server->counts().refused, 5);
  }
  EXPECT_EQ(status_of(a.send(post("still in")).read_response()), 200);

  b.close();
  EXPECT_TRUE(eventually([&] { return first.server().open_connections() == 1; }));
  RawClient admitted(second.port());
  EXPECT_EQ(status_of(admitted.send(post("in")).read_response()), 200);
}

// Descriptors of the whole process run out; the server turns clients away and recovers.
TEST(HttpServer, OutlivesTheEndOfDescriptors) {
  RunningServer server;
  RawClient before(server.port());
  EXPECT_EQ(status_of(before.send(post("x")).read_response()), 200);
  RawClient waiting(server.port());  // connects before descriptors run out
  EXPECT_EQ(status_of(waiting.send(post("x")).read_response()), 200);

  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  rlimit few = usual;
  few.rlim_cur = 256;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  // Take all descriptors but one: the next client takes the last one, and the server has none for its end.
  std::vector<int> taken;
  for (int fd; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) taken.push_back(fd);
  ::close(taken.back());
  taken.pop_back();
  {
    RawClient turned_away(server.port());
    EXPECT_TRUE(eventually([&] { return server.counts().refused >= 1; }));
    EXPECT_EQ(status_of(turned_away.read_to_end()), 503);
    EXPECT_EQ(body_of(before.send(post("goes on")).read_response()), "goes on");
  }
  for (int fd : taken) ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &usual);
  RawClient after(server.port());
  EXPECT_EQ(body_of(after.send(post("recovered")).read_response()), "recovered");
}

// --- Listening

TEST(HttpServer, SharesItsPortWithShardsOfItsOwnDaemonOnly) {
  asio::io_context io;
  const auto listen = [&io](std::uint16_t port, std::shared_ptr<ConnectionBudget> budget,
                            std::string host = "127.0.0.1") {
    HttpServer::Options options;
    options.host = std::move(host);
    options.port = port;
    return HttpServer::listen(
        io, std::move(options), std::move(budget), [](Request) -> asio::awaitable<Response> { co_return Response{}; },
        [](unsigned, std::string_view, const Request&) { return Response{}; });
  };
  auto ours = make_connection_budget(10);
  auto first = listen(0, ours);
  ASSERT_TRUE(first);
  const std::uint16_t port = (*first)->port();
  EXPECT_TRUE(listen(port, ours));

  const auto stranger = listen(port, make_connection_budget(10));
  ASSERT_FALSE(stranger);
  EXPECT_THAT(stranger.error().message,
              HasSubstr("cannot listen on 127.0.0.1:" + std::to_string(port) + ": Address already in use"));
  (*first)->stop();
  EXPECT_TRUE(listen(port, make_connection_budget(10)));

  EXPECT_THAT(listen(0, ours, "no such host").error().message, HasSubstr("no such host"));
  EXPECT_FALSE(listen(0, ours, "192.0.2.1"));  // TEST-NET: not an address of this machine
  EXPECT_TRUE(listen(0, ours, "localhost"));
}

// --- Stopping

TEST(HttpServer, StopsGracefully) {
  RunningServer server;
  RawClient idle(server.port());
  EXPECT_EQ(status_of(idle.send(post("x")).read_response()), 200);
  RawClient busy(server.port());
  busy.send("GET /slow HTTP/1.1\r\n\r\n");
  RawClient sending(server.port());
  sending.send("POST /echo HTTP/1.1\r\nContent-Length: 4\r\n\r\nha");
  EXPECT_TRUE(eventually([&] { return server.waiting().begun == 1; }));
  EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 3; }));

  server.stop();
  EXPECT_TRUE(idle.at_end());
  EXPECT_THROW(RawClient{server.port()}, std::runtime_error);

  server.release();
  const std::string last = busy.read_to_end();
  EXPECT_EQ(body_of(last), "slow");
  EXPECT_THAT(last, HasSubstr("\r\nConnection: close\r\n"));
  const std::string finished = sending.send("lf").read_to_end();
  EXPECT_EQ(body_of(finished), "half");
  EXPECT_THAT(finished, HasSubstr("\r\nConnection: close\r\n"));
  busy.close();
  sending.close();
  EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
  EXPECT_EQ(server.counts().connections, 0);
}

TEST(HttpServer, EndsWaitsButSendsTheirAnswers) {
  RunningServer server;
  RawClient waiting(server.port());
  waiting.send("GET /slow HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.waiting().begun == 1; }));
  server.stop();
  server.on_shard([&] { server.server().end_waits(); });
  EXPECT_EQ(body_of(waiting.read_response()), "cancelled");
  EXPECT_TRUE(waiting.at_end());
}

TEST(HttpServer, AbortsWhatDoesNotEnd) {
  RunningServer server;
  RawClient busy(server.port());
  busy.send("GET /slow HTTP/1.1\r\n\r\n");
  RawClient sending(server.port());
  sending.send("POST /echo HTTP/1.1\r\nContent-Length: 4\r\n\r\nha");
  RawClient reading(server.port());
  reading.shrink_receive_buffer();
  reading.send("GET /big/100000000 HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.counts().peers.size() == 2; }));
  server.stop();
  server.abort();
  EXPECT_EQ(busy.read_to_end(), "");
  EXPECT_EQ(sending.read_to_end(), "");
  EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
  EXPECT_EQ(server.waiting().cancelled, 1);
}

// What is open when the server object goes away is closed with it.
TEST(HttpServer, CanBeDestroyedWithOpenConnections) {
  auto server = std::make_unique<RunningServer>();
  RawClient idle(server->port());
  RawClient busy(server->port());
  busy.send("GET /slow HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server->waiting().begun == 1; }));
  server.reset();
  EXPECT_TRUE(idle.at_end());
  EXPECT_TRUE(busy.at_end());
}

// The io_context dies first, with coroutines suspended in every phase.
TEST(HttpServer, LeavesNothingBehindInAnIoContextThatStopped) {
  auto io = std::make_unique<asio::io_context>(1);
  auto server = HttpServer::listen(
      *io, {.port = 0}, make_connection_budget(10),
      [](Request) -> asio::awaitable<Response> {
        asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
        co_await never.async_wait(asio::use_awaitable);
        co_return Response{};
      },
      [](unsigned, std::string_view, const Request&) { return Response{}; });
  ASSERT_TRUE(server);
  (*server)->run();
  RawClient idle((*server)->port());
  RawClient busy((*server)->port());
  busy.send("GET / HTTP/1.1\r\n\r\n");
  RawClient half((*server)->port());
  half.send("GET / HTT");
  io->run_for(600ms);  // long enough for the busy one to be watched
  EXPECT_EQ((*server)->open_connections(), 3U);
  server->reset();
  io.reset();
  EXPECT_TRUE(idle.at_end());
}

}  // namespace
}  // namespace eventbus::net
