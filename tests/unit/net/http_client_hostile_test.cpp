// What servers do to a client, by accident or on purpose: each must end in an answer or the right error, by the
// deadline, with nothing left behind (the sanitizers look).

#include "net/http_client.h"
#include "tests/support/certificates.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/net/gzip.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::net {
namespace {

using eventbus::testing::Certificate;
using eventbus::testing::ManualClock;
using eventbus::testing::Peer;
using eventbus::testing::run;
using eventbus::testing::ScriptedServer;
using eventbus::testing::TempDir;
using eventbus::testing::test_epoch;
using ::testing::HasSubstr;
using Outcome = Result<Response, ClientError>;
using namespace std::chrono_literals;

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class HostileServer : public ::testing::Test {
 protected:
  HostileServer() : client_(*HttpClient::make({}, clock_)) {}

  ClientRequest request(std::string url, std::string body = "{}") const {
    ClientRequest request;
    request.url = std::move(url);
    request.body = std::move(body);
    request.deadline = clock_.now() + 5s;
    return request;
  }
  Outcome send(ClientRequest asked) { return run(client_->send(std::move(asked))); }

  // What the client makes of these bytes, after which the server closes.
  Outcome answered_with(std::string bytes) { return answered_with(std::move(bytes), ClientRequest()); }
  Outcome answered_with(std::string bytes, ClientRequest asked) {
    ScriptedServer server([&](Peer& peer, int) {
      peer.read_request();
      peer.send(bytes);
    });
    asked.url = server.url();
    asked.deadline = clock_.now() + 5s;
    Outcome outcome = send(std::move(asked));
    EXPECT_EQ(server.failure(), "");
    return outcome;
  }
  static std::string body_of(const Outcome& outcome) {
    return outcome ? outcome->body : "error: " + outcome.error().message;
  }
  static ClientError::Kind kind_of(const Outcome& outcome) {
    if (outcome) ADD_FAILURE() << "an answer: " << outcome->status << " " << outcome->body.substr(0, 100);
    return outcome ? ClientError::kBadUrl : outcome.error().kind;
  }

  ManualClock clock_{test_epoch()};
  std::unique_ptr<HttpClient> client_;
};

asio::awaitable<void> keep_outcome(HttpClient& client, ClientRequest request, std::optional<Outcome>& outcome) {
  outcome.emplace(co_await client.send(std::move(request)));
}

// ---- every status is an answer ----

TEST_F(HostileServer, EveryStatusIsAnAnswerAndNoRedirectIsFollowed) {
  for (const unsigned status :
       {200u, 299u, 301u, 302u, 307u, 308u, 400u, 401u, 404u, 418u, 429u, 500u, 503u, 599u, 999u}) {
    const Outcome outcome = answered_with("HTTP/1.1 " + std::to_string(status) +
                                          " Some Reason\r\nLocation: http://127.0.0.1:1/\r\nRetry-After: -1\r\n"
                                          "Content-Length: 4\r\n\r\nbody");
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->status, status);
    EXPECT_EQ(outcome->body, "body");
    EXPECT_EQ(find_header(outcome->headers, "retry-after"), "-1");
  }
}

// ---- time ----

TEST_F(HostileServer, ADrippingAnswerEndsAtTheDeadline) {
  ScriptedServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    for (int i = 0; i < 10; ++i) {
      peer.send("x");
      clock_.advance(1s);
    }
    peer.wait_until_client_goes();
  });
  EXPECT_EQ(kind_of(send(request(server.url()))), ClientError::kTimeout);
}

TEST_F(HostileServer, ADrippingAnswerThatComesInTimeIsTaken) {
  ScriptedServer server([&](Peer& peer, int) {
    peer.read_request();
    for (const char byte : kOk) peer.send({&byte, 1});
  });
  EXPECT_EQ(body_of(send(request(server.url()))), "ok");
}

TEST_F(HostileServer, AServerThatReadsNothingEndsAtTheDeadline) {
  std::atomic<bool> advanced = false;
  ScriptedServer server([&](Peer& peer, int) {
    peer.read(1'000);
    clock_.advance(5s);
    advanced = true;
    peer.wait_until_client_goes();
  });
  EXPECT_EQ(kind_of(send(request(server.url(), std::string(64 << 20, 'b')))), ClientError::kTimeout);
  EXPECT_TRUE(advanced);
}

TEST_F(HostileServer, AHandshakeThatHangsEndsAtTheConnectTimeout) {
  client_ = *HttpClient::make({.connect_timeout = 2s}, clock_);
  ScriptedServer server([&](Peer& peer, int) {
    peer.read(1);
    clock_.advance(2s);
    peer.wait_until_client_goes();
  });
  EXPECT_EQ(kind_of(send(request("https://127.0.0.1:" + std::to_string(server.port()) + "/"))), ClientError::kTimeout);
}

TEST_F(HostileServer, ADeadlineInThePastSendsNothing) {
  ScriptedServer server([](Peer&, int) {});
  ClientRequest late = request(server.url());
  late.deadline = clock_.now();
  EXPECT_EQ(kind_of(send(std::move(late))), ClientError::kTimeout);
  EXPECT_EQ(server.connections(), 0);
}

// ---- connections that end ----

TEST_F(HostileServer, RefusedConnections) {
  std::string url;
  {
    const ScriptedServer gone([](Peer&, int) {});
    url = gone.url();
  }
  EXPECT_EQ(kind_of(send(request(url))), ClientError::kConnect);
}

TEST_F(HostileServer, UnknownNames) {
  EXPECT_EQ(kind_of(send(request("http://no-such-name.invalid/"))), ClientError::kResolve);
}

TEST_F(HostileServer, AConnectionThatIsClosedWithoutAnAnswer) {
  ScriptedServer server([](Peer& peer, int) { peer.read_request(); });
  EXPECT_EQ(kind_of(send(request(server.url()))), ClientError::kClosed);
  EXPECT_EQ(server.connections(), 1) << "a fresh connection is not tried twice";
}

TEST_F(HostileServer, AHalfClosedConnectionWithoutAnAnswer) {
  ScriptedServer server([](Peer& peer, int) {
    peer.read_request();
    peer.end_output();
    peer.wait_until_client_goes();
  });
  EXPECT_EQ(kind_of(send(request(server.url()))), ClientError::kClosed);
}

// The answer is a number of bytes long; each of its prefixes is followed by an end or by a reset.
class CutAnswers : public HostileServer, public ::testing::WithParamInterface<bool> {};

TEST_P(CutAnswers, AreNeverTakenForWholeOnes) {
  const bool with_reset = GetParam();
  const std::string answers[] = {
      "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: t\r\n\r\n",
  };
  for (const std::string& answer : answers) {
    ScriptedServer server([&](Peer& peer, int number) {
      peer.read_request();
      peer.send(std::string_view(answer).substr(0, static_cast<std::size_t>(number)));
      if (with_reset) peer.reset();
    });
    for (std::size_t cut = 0; cut <= answer.size(); ++cut) {
      const Outcome outcome = send(request(server.url()));
      if (outcome) {
        EXPECT_EQ(cut, answer.size());
        EXPECT_EQ(outcome->body, "hello");
      } else {
        EXPECT_EQ(outcome.error().kind, ClientError::kClosed) << cut << ": " << outcome.error().message;
        // A reset may overtake bytes that were not read yet.
        EXPECT_TRUE(cut < answer.size() || with_reset);
      }
    }
  }
}

TEST_P(CutAnswers, WhileTheRequestIsBeingSent) {
  const bool with_reset = GetParam();
  const std::size_t request_bytes = 200;
  ScriptedServer server([&](Peer& peer, int number) {
    peer.read(static_cast<std::size_t>(number));
    if (with_reset) peer.reset();
  });
  for (std::size_t cut = 0; cut < request_bytes; ++cut) {
    const Outcome outcome = send(request(server.url(), std::string(200, 'b')));
    ASSERT_FALSE(outcome);
    // A reset can be quicker than the client's look at its own connect.
    EXPECT_TRUE(outcome.error().kind == ClientError::kClosed ||
                (cut == 0 && outcome.error().kind == ClientError::kConnect))
        << cut << ": " << outcome.error().message;
  }
}

INSTANTIATE_TEST_SUITE_P(ByEndAndByReset, CutAnswers, ::testing::Bool());

TEST_F(HostileServer, AnAnswerThatEndsWithTheConnection) {
  EXPECT_EQ(body_of(answered_with("HTTP/1.1 200 OK\r\n\r\nuntil the end")), "until the end");
  EXPECT_EQ(body_of(answered_with("HTTP/1.0 200 OK\r\n\r\nuntil the end")), "until the end");
}

TEST_F(HostileServer, AnAnswerThatEndsWithAResetIsNotWhole) {
  ScriptedServer server([](Peer& peer, int) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n\r\nuntil the");
    peer.reset();
  });
  EXPECT_EQ(kind_of(send(request(server.url()))), ClientError::kClosed);
}

TEST_F(HostileServer, AnEarlyAnswerIsReadThoughTheRequestIsNotTaken) {
  ScriptedServer server([](Peer& peer, int) {
    peer.read(100);
    peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
    peer.wait_until_client_goes();
  });
  const Outcome outcome = send(request(server.url(), std::string(64 << 20, 'b')));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->status, 413u);
  EXPECT_EQ(outcome->body, "big");
}

// ---- what is not HTTP ----

TEST_F(HostileServer, Garbage) {
  for (const std::string& bytes : {
           std::string("\x00\x01\x02\x03", 4),
           std::string("SSH-2.0-OpenSSH_9.2\r\n"),
           std::string("220 mail.example.com ESMTP\r\n"),
           std::string("\x15\x03\x01\x00\x02\x02\x46", 7),          // a TLS alert
           std::string("\x00\x00\x12\x04\x00\x00\x00\x00\x00", 9),  // HTTP/2 settings
           std::string("HTTP/2 200\r\n\r\n"),
           std::string("HTTP/1.1 2000 OK\r\n\r\n"),
           std::string("HTTP/1.1 20 OK\r\n\r\n"),
           std::string("HTTP/1.1 -20 OK\r\n\r\n"),
           std::string("HTTP/1.1 099 Low\r\n\r\n"),
           std::string("HTTP/1.1  200 OK\r\n\r\n"),
           std::string("HTTP/1.x 200 OK\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\n: no name\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nX: a\x00"
                       "b\r\n\r\n",
                       26),
           std::string("HTTP/1.1 200 OK\r\n folded: first\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello!"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nhello"),
           std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello"),
           std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\nhello"),
           std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
           std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
           std::string("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
       }) {
    EXPECT_EQ(kind_of(answered_with(bytes)), ClientError::kMalformed) << bytes;
  }
}

TEST_F(HostileServer, OddButSoundAnswers) {
  EXPECT_EQ(body_of(answered_with("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok")), "ok") << "no reason";
  EXPECT_EQ(body_of(answered_with("HTTP/1.1 200 OK\nContent-Length: 2\n\nok")), "ok") << "bare line feeds";
  EXPECT_EQ(body_of(answered_with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok")), "ok");
  EXPECT_EQ(body_of(answered_with("HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nok and more")), "ok");
  EXPECT_EQ(body_of(answered_with(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\nok\r\n0\r\n\r\n")),
            "ok");
  const Outcome folded = answered_with("HTTP/1.1 200 OK\r\nX-Long: a\r\n\t b\r\nContent-Length: 2\r\n\r\nok");
  ASSERT_TRUE(folded);
  EXPECT_EQ(find_header(folded->headers, "X-Long"), "a b");
}

TEST_F(HostileServer, InformationalAnswersArePassedOver) {
  EXPECT_EQ(body_of(answered_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + kOk)),
            "ok");
}

TEST_F(HostileServer, AnswersWithoutABodyHaveNone) {
  ClientRequest head;
  head.method = "HEAD";
  EXPECT_EQ(body_of(answered_with("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", head)), "");
  EXPECT_EQ(body_of(answered_with("HTTP/1.1 204 No Content\r\nContent-Length: 1000\r\n\r\n")), "");
  EXPECT_EQ(body_of(answered_with("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n")), "");
}

// ---- too much ----

TEST_F(HostileServer, EndlessHeaders) {
  ScriptedServer server([](Peer& peer, int) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 100'000; ++i) peer.send("X-Header: and another one\r\n");
  });
  EXPECT_EQ(kind_of(send(request(server.url()))), ClientError::kTooLarge);
  EXPECT_EQ(kind_of(answered_with("HTTP/1.1 200 OK\r\nX: " + std::string(1 << 20, 'x'))), ClientError::kTooLarge)
      << "one endless line";
}

TEST_F(HostileServer, EndlessInformationalAnswers) {
  ScriptedServer server([](Peer& peer, int) {
    peer.read_request();
    for (int i = 0; i < 100'000; ++i) peer.send("HTTP/1.1 100 Continue\r\n\r\n");
  });
  EXPECT_EQ(kind_of(send(request(server.url()))), ClientError::kTooLarge);
}

TEST_F(HostileServer, HugeBodiesAreRefusedOrClipped) {
  const std::string body(100'000, 'b');
  const std::string framed[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + body,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186A0\r\n" + body + "\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\n" + body,
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + testing::gzip(body),
  };
  for (const std::string& answer : framed) {
    ClientRequest asked;
    asked.body_bytes_max = 1'000;
    EXPECT_EQ(kind_of(answered_with(answer, asked)), ClientError::kTooLarge);
    asked.clip_body = true;
    EXPECT_EQ(body_of(answered_with(answer, asked)), std::string(1'000, 'b'));
    asked.body_bytes_max = body.size();
    EXPECT_EQ(body_of(answered_with(answer, asked)), body);
  }
}

// A body that never grows, and never ends: members of gzip with nothing in them.
TEST_F(HostileServer, ADeadlineEndsAnswersThatKeepTheClientBusy) {
  const std::string nothing = testing::gzip("");
  std::string much;
  for (int i = 0; i < 1'000; ++i) much += nothing;
  ScriptedServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
    for (int i = 0; i < 100; ++i) peer.send(much);
    clock_.advance(5s);
    for (int i = 0; i < 10'000; ++i) peer.send(much);  // until the client hangs up
  });
  EXPECT_EQ(kind_of(send(request(server.url()))), ClientError::kTimeout);
}

TEST_F(HostileServer, EncodedBodies) {
  const std::string body = "{\"some\": \"JSON\"}";
  const auto with_encoding = [](std::string encoding, const std::string& bytes) {
    return "HTTP/1.1 200 OK\r\nContent-Encoding: " + encoding + "\r\nContent-Length: " + std::to_string(bytes.size()) +
           "\r\n\r\n" + bytes;
  };
  EXPECT_EQ(body_of(answered_with(with_encoding("gzip", testing::gzip(body)))), body);
  EXPECT_EQ(body_of(answered_with(with_encoding("X-GZIP", testing::gzip(body)))), body);
  EXPECT_EQ(body_of(answered_with(with_encoding("deflate", testing::zlib(body)))), body);
  EXPECT_EQ(body_of(answered_with(with_encoding("deflate", testing::raw_deflate(body)))), body);
  EXPECT_EQ(body_of(answered_with(with_encoding("identity", body))), body);
  EXPECT_EQ(body_of(answered_with(with_encoding("br", "\x01\x02\x03"))), "\x01\x02\x03") << "what we do not know";
  EXPECT_EQ(kind_of(answered_with(with_encoding("gzip", "no gzip"))), ClientError::kMalformed);
  EXPECT_EQ(kind_of(answered_with(with_encoding("deflate", "x"))), ClientError::kMalformed);
  const std::string whole = testing::gzip(body);
  EXPECT_EQ(kind_of(answered_with(with_encoding("gzip", whole.substr(0, whole.size() - 3)))), ClientError::kMalformed);
}

// ---- kept connections ----

asio::awaitable<std::vector<std::string>> send_all(HttpClient& client, std::vector<ClientRequest> requests) {
  std::vector<std::string> bodies;
  for (ClientRequest& each : requests) {
    Outcome outcome = co_await client.send(std::move(each));
    bodies.push_back(outcome ? outcome->body : "error: " + outcome.error().message);
  }
  co_return bodies;
}

// The answer is followed by what the second request must not be sent over.
TEST_F(HostileServer, ConnectionsThatCannotBeReusedAreNot) {
  for (const std::string& answer : {
           std::string("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\nContent-Length: 1\r\n\r\n"),
           std::string("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n"),
       }) {
    ScriptedServer server([&](Peer& peer, int number) {
      while (!peer.read_request().empty()) peer.send(answer + std::to_string(number));
    });
    const std::vector<ClientRequest> requests(2, request(server.url()));
    EXPECT_EQ(run(send_all(*client_, requests)), (std::vector<std::string>{"0", "1"})) << answer;
  }
}

TEST_F(HostileServer, BytesBehindAnAnswerAreNotTakenForTheNext) {
  ScriptedServer server([&](Peer& peer, int number) {
    while (!peer.read_request().empty()) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(number) +
                "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
    }
  });
  const std::vector<ClientRequest> requests(2, request(server.url()));
  EXPECT_EQ(run(send_all(*client_, requests)), (std::vector<std::string>{"0", "1"}));
}

TEST_F(HostileServer, ARequestThatAsksForItGetsAConnectionOfItsOwn) {
  std::vector<std::string> seen(3);
  ScriptedServer server([&](Peer& peer, int number) {
    while (true) {
      const std::string asked = peer.read_request();
      if (asked.empty()) return;
      seen[static_cast<std::size_t>(number)] = asked;
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(number));
    }
  });
  std::vector<ClientRequest> requests(3, request(server.url()));
  requests[1].close = true;
  EXPECT_EQ(run(send_all(*client_, requests)), (std::vector<std::string>{"0", "1", "0"}));
  EXPECT_THAT(seen[1], HasSubstr("Connection: close\r\n"));
}

TEST_F(HostileServer, IdleConnectionsAreGivenUpAfterTheIdleTimeout) {
  client_ = *HttpClient::make({.idle_timeout = 3s}, clock_);
  ScriptedServer server([&](Peer& peer, int number) {
    while (!peer.read_request().empty()) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(number));
    }
  });
  ClientRequest patient = request(server.url());
  patient.deadline = clock_.now() + 1h;
  asio::io_context io{1};
  std::vector<std::string> bodies;
  for (const Duration pause : {Duration(2'999), Duration(3'000), Duration(0)}) {
    std::optional<Outcome> outcome;
    asio::co_spawn(io, keep_outcome(*client_, patient, outcome), asio::detached);
    io.run();
    io.restart();
    bodies.push_back(body_of(*outcome));
    clock_.advance(pause);
  }
  EXPECT_EQ(bodies, (std::vector<std::string>{"0", "0", "1"}));
}

TEST_F(HostileServer, AtMostOneConnectionIsReplaced) {
  ScriptedServer server([&](Peer& peer, int number) {
    peer.read_request();
    if (number > 0) return;  // every request but the first is met with silence
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0");
    peer.read_request();
  });
  std::vector<ClientRequest> requests(2, request(server.url()));
  const std::vector<std::string> bodies = run(send_all(*client_, std::move(requests)));
  EXPECT_EQ(bodies[0], "0");
  EXPECT_THAT(bodies[1], HasSubstr("closed before an answer came"));
  EXPECT_EQ(server.connections(), 2);
}

// ---- the caller ----

TEST_F(HostileServer, CancellationEndsARequestWithoutThrowing) {
  ScriptedServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.wait_until_client_goes();
  });
  asio::io_context io{1};
  asio::cancellation_signal cancel;
  std::optional<Outcome> outcome;
  asio::co_spawn(io, keep_outcome(*client_, request(server.url()), outcome),
                 asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr thrown) { EXPECT_FALSE(thrown); }));
  while (server.connections() == 0) io.poll();
  cancel.emit(asio::cancellation_type::terminal);
  io.run();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(kind_of(*outcome), ClientError::kCancelled);
}

TEST_F(HostileServer, AnIoContextMayEndInTheMiddleOfARequest) {
  ScriptedServer server([](Peer& peer, int) {
    peer.read_request();
    peer.wait_until_client_goes();
  });
  {
    std::optional<Outcome> outcome;
    asio::io_context io{1};
    for (int i = 0; i < 10; ++i) {
      asio::co_spawn(io, keep_outcome(*client_, request(server.url()), outcome), asio::detached);
    }
    while (server.connections() < 10) io.poll();
  }
  clock_.advance(1h);  // nobody is left to hear of the deadline
}

TEST_F(HostileServer, BadUrls) {
  for (const char* url :
       {"", "/path", "example.com", "ftp://example.com/", "http://", "http:///x", "http://host:0/",
        "http://host:65536/", "http://host:x/", "http://user:secret@host/", "http://ho st/", "http://host/a b",
        "http://host/\r\nX: y", "http://[::1/", "http://[host]/", "http://h\xc3\xb6st/"}) {
    EXPECT_EQ(kind_of(send(request(url))), ClientError::kBadUrl) << url;
  }
}

TEST_F(HostileServer, HeadersCannotSmuggleHeaders) {
  std::string seen;
  ScriptedServer server([&](Peer& peer, int) {
    seen = peer.read_request();
    peer.send(kOk);
  });
  ClientRequest asked = request(server.url());
  asked.headers.push_back({"X-Name", "value\r\nX-Evil: yes"});
  EXPECT_EQ(body_of(send(std::move(asked))), "ok");
  EXPECT_THAT(seen, HasSubstr("X-Name: value  X-Evil: yes\r\n"));
}

TEST_F(HostileServer, SpeaksIpv6) {
  ScriptedServer server({.v6 = true}, [](Peer& peer, int) {
    peer.read_request();
    peer.send(kOk);
  });
  EXPECT_EQ(body_of(send(request(server.url()))), "ok");
}

// ---- TLS ----

class HostileTls : public HostileServer {
 protected:
  HostileTls() {
    ca_.write(dir_.path() / "ca.pem", dir_.path() / "ca.key");
    client_ = *HttpClient::make({.extra_ca_file = dir_.path() / "ca.pem"}, clock_);
  }
  // What comes of a server that is this.
  Outcome met(const Certificate& certificate, const std::string& host = "localhost") {
    ScriptedServer server({.certificate = &certificate}, [](Peer& peer, int) {
      peer.read_request();
      peer.send(kOk);
    });
    return send(request("https://" + host + ":" + std::to_string(server.port()) + "/"));
  }

  const TempDir dir_;
  const Certificate ca_{{.name = "test CA", .is_ca = true}};
};

TEST_F(HostileTls, GoodCertificates) {
  EXPECT_EQ(body_of(met(Certificate({.name = "localhost"}, &ca_))), "ok");
  EXPECT_EQ(body_of(met(Certificate({.name = "other", .address = "127.0.0.1"}, &ca_), "127.0.0.1")), "ok");
}

TEST_F(HostileTls, BadCertificates) {
  const auto refused = [&](const Certificate& certificate, const char* host, const char* reason) {
    const Outcome outcome = met(certificate, host);
    EXPECT_EQ(kind_of(outcome), ClientError::kTls);
    if (!outcome) EXPECT_THAT(outcome.error().message, HasSubstr(reason));
  };
  refused(Certificate({.name = "localhost", .valid_from_hours = -48, .valid_to_hours = -24}, &ca_), "localhost",
          "expired");
  refused(Certificate({.name = "localhost", .valid_from_hours = 24, .valid_to_hours = 48}, &ca_), "localhost",
          "not yet valid");
  refused(Certificate({.name = "other.example"}, &ca_), "localhost", "hostname mismatch");
  refused(Certificate({.name = "localhost", .address = "127.0.0.2"}, &ca_), "127.0.0.1", "IP address mismatch");
  refused(Certificate({.name = "localhost"}), "localhost", "self-signed");
  const Certificate stranger({.name = "unknown CA", .is_ca = true});
  refused(Certificate({.name = "localhost"}, &stranger), "localhost", "unable to get local issuer");
}

TEST_F(HostileTls, PlainTextOnATlsPort) {
  ScriptedServer server([](Peer& peer, int) {
    peer.read(1);
    peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    peer.wait_until_client_goes();
  });
  EXPECT_EQ(kind_of(send(request("https://127.0.0.1:" + std::to_string(server.port()) + "/"))), ClientError::kTls);
}

TEST_F(HostileTls, AConnectionThatEndsWithinTheHandshake) {
  const Certificate certificate({.name = "localhost"}, &ca_);
  for (const bool with_reset : {false, true}) {
    ScriptedServer server({.certificate = &certificate, .without_handshake = true}, [&](Peer& peer, int) {
      peer.read(10);
      if (with_reset) peer.reset();
    });
    EXPECT_EQ(kind_of(send(request(server.url()))), ClientError::kTls);
  }
}

// An answer that ends with the connection is whole only if TLS says so: anybody can end a TCP connection.
TEST_F(HostileTls, ATruncatedStreamIsNotAWholeAnswer) {
  const Certificate certificate({.name = "localhost"}, &ca_);
  for (const bool properly : {true, false}) {
    ScriptedServer server({.certificate = &certificate}, [&](Peer& peer, int) {
      peer.read_request();
      peer.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
      if (properly) peer.end_output();
      if (!properly) peer.cut();
      peer.wait_until_client_goes();
    });
    const Outcome outcome = send(request(server.url()));
    if (properly) EXPECT_EQ(body_of(outcome), "until the end");
    if (!properly) EXPECT_EQ(kind_of(outcome), ClientError::kClosed);
  }
}

TEST_F(HostileTls, BigBodiesBothWays) {
  const Certificate certificate({.name = "localhost"}, &ca_);
  const std::string body(3 << 20, 'b');
  ScriptedServer server({.certificate = &certificate}, [&](Peer& peer, int) {
    const std::string asked = peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
              asked.substr(asked.size() - body.size()));
    peer.wait_until_client_goes();
  });
  const Outcome outcome = send(request(server.url(), body));
  EXPECT_TRUE(body_of(outcome) == body);
}

TEST_F(HostileTls, AnUnreadableCaFileIsSaid) {
  const auto client = HttpClient::make({.extra_ca_file = dir_.path() / "none.pem"}, clock_);
  ASSERT_FALSE(client);
  EXPECT_THAT(client.error().message, HasSubstr("none.pem"));
}

}  // namespace
}  // namespace eventbus::net
