#include "net/request_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace eventbus::net {
namespace {

using State = RequestParser::State;

// Feeds `bytes` in pieces of `step`, as a connection would: what is left stays in front of what comes.
State feed_in_steps(RequestParser& parser, std::string_view bytes, std::size_t step) {
  std::string buffer;
  while (!bytes.empty()) {
    buffer.append(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    for (;;) {
      const State before = parser.state();
      const std::size_t used = parser.feed(buffer);
      buffer.erase(0, used);
      if (used == 0 && parser.state() == before) break;
    }
  }
  return parser.state();
}

RequestFault fault_of(std::string_view bytes, const ServerLimits& limits = {}) {
  RequestParser parser(limits);
  EXPECT_EQ(feed_in_steps(parser, bytes, bytes.size()), State::kFault) << bytes;
  return parser.fault();
}

constexpr std::string_view kPost =
    "POST /a?b=c HTTP/1.1\r\nHost: bus:4566\r\nX-Amz-Target: AWSEvents.PutEvents\r\nContent-Length: 5\r\n\r\nhello";

TEST(RequestParser, ReadsARequestHoweverItIsCut) {
  const ServerLimits limits;
  for (std::size_t step = 1; step <= kPost.size(); ++step) {
    RequestParser parser(limits);
    ASSERT_EQ(feed_in_steps(parser, kPost, step), State::kDone) << "step " << step;
    EXPECT_TRUE(parser.keep_alive());
    const Request request = parser.take();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/a?b=c");
    ASSERT_EQ(request.headers.size(), 3U);
    EXPECT_EQ(request.header("x-amz-TARGET"), "AWSEvents.PutEvents");
    EXPECT_EQ(request.header("absent"), "");
    EXPECT_EQ(request.body, "hello");
    EXPECT_GE(request.body.capacity() - request.body.size(), kBodySpareBytes);
  }
}

// RFC 9112 §3.2.2: a server accepts the absolute form, too.
TEST(RequestParser, TakesThePathOfAWholeUrl) {
  const ServerLimits limits;
  const auto target_of = [&](const std::string& sent) {
    RequestParser parser(limits);
    EXPECT_EQ(feed_in_steps(parser, "GET " + sent + " HTTP/1.1\r\nHost: bus\r\n\r\n", 1'000), State::kDone) << sent;
    return parser.take().target;
  };
  EXPECT_EQ(target_of("http://bus:4566/a/b?c=http://d/"), "/a/b?c=http://d/");
  EXPECT_EQ(target_of("HTTPS://bus"), "/");
  EXPECT_EQ(target_of("http://bus?c=d"), "/?c=d");
  EXPECT_EQ(target_of("/http://bus/a"), "/http://bus/a");
  EXPECT_EQ(target_of("*"), "*");
}

TEST(RequestParser, ReadsChunksHoweverTheyAreCutAndDropsTrailers) {
  constexpr std::string_view kChunked =
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: "
      "no\r\n\r\n";
  const ServerLimits limits;
  for (std::size_t step = 1; step <= kChunked.size(); ++step) {
    RequestParser parser(limits);
    ASSERT_EQ(feed_in_steps(parser, kChunked, step), State::kDone) << "step " << step;
    const Request request = parser.take();
    EXPECT_EQ(request.body, "hello world");
    EXPECT_EQ(request.header("X-Trailer"), "");
  }
}

TEST(RequestParser, StopsBeforeTheNextPipelinedRequest) {
  const ServerLimits limits;
  RequestParser parser(limits);
  std::string bytes = std::string(kPost) + "GET / HTTP/1.1\r\n\r\n";
  bytes.erase(0, parser.feed(bytes));  // the headers
  bytes.erase(0, parser.feed(bytes));  // the body
  ASSERT_EQ(parser.state(), State::kDone);
  EXPECT_EQ(bytes, "GET / HTTP/1.1\r\n\r\n");
  parser.reset();
  bytes.erase(0, parser.feed(bytes));
  EXPECT_EQ(parser.state(), State::kDone);
  EXPECT_EQ(parser.take().method, "GET");
  EXPECT_TRUE(bytes.empty());
}

TEST(RequestParser, IgnoresEmptyLinesBeforeARequest) {
  const ServerLimits limits;
  RequestParser parser(limits);
  EXPECT_EQ(feed_in_steps(parser, "\r\n\r\nGET / HTTP/1.1\r\n\r\n", 1), State::kDone);
}

TEST(RequestParser, RefusesBadRequestLines) {
  for (const char* line :
       {"\x01\x02\x03\x04 random", "GET /\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
        "G@T / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\n\n", " GET / HTTP/1.1\r\n\r\n"}) {
    EXPECT_EQ(fault_of(line).status, 400U) << line;
  }
}

// Two programs that disagree on where a request ends let one client speak in another's name.
TEST(RequestParser, RefusesAmbiguousFraming) {
  const std::string start = "POST / HTTP/1.1\r\n";
  for (const char* headers :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: -1\r\n", "Content-Length: 5x\r\n",
        "Content-Length: \r\n", "Content-Length: 99999999999999999999999\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding : chunked\r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"}) {
    EXPECT_EQ(fault_of(start + headers + "\r\nhello").status, 400U) << headers;
  }
  EXPECT_EQ(fault_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").status, 400U);
}

TEST(RequestParser, RefusesBadChunks) {
  const std::string start = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* chunks : {"x\r\n", "5\r\nhelloXX5\r\n", "-1\r\n", "\r\n\r\n", "5;a=\"\x01\r\nhello", "5\nhello",
                             "0\r\nX: y\n\r\n", "1234567890abcdef0\r\n", "0\r\n\rX"}) {
    EXPECT_EQ(fault_of(start + chunks).status, 400U) << chunks;
  }
}

TEST(RequestParser, LimitsWhatChunksMayCarryBesideData) {
  const std::string start = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(fault_of(start + "5;" + std::string(9'000, 'e')).status, 400U);
  std::string trailers;
  for (int i = 0; i < 1'000; ++i) trailers += "X-Trailer: y\r\n";
  EXPECT_EQ(fault_of(start + "0\r\n" + trailers).status, 400U);
}

// Found by fuzzing: Boost 1.81's own chunk parser ends the process here.
TEST(RequestParser, ReadsATrailerThatComesAfterTheLastChunksLine) {
  const ServerLimits limits;
  RequestParser parser(limits);
  for (std::string_view piece : {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\n: y", "z\r\n\r\n"}) {
    EXPECT_EQ(parser.feed(piece), piece.size());
  }
  EXPECT_EQ(parser.state(), State::kDone);
}

TEST(RequestParser, LimitsTheBodyByItsDeclaredLength) {
  ServerLimits limits;
  limits.body_bytes_max = 100;
  EXPECT_EQ(fault_of("POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", limits).status, 413U);
  RequestParser fits(limits);
  EXPECT_EQ(feed_in_steps(fits, "POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x'), 7),
            State::kDone);
}

TEST(RequestParser, LimitsTheBodyByTheSumOfItsChunks) {
  ServerLimits limits;
  limits.body_bytes_max = 15;
  const std::string start = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(fault_of(start + "8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n", limits).status, 413U);
  EXPECT_EQ(fault_of(start + "ffffffffffff\r\nmuch more than fifteen", limits).status, 413U);
  RequestParser fits(limits);
  EXPECT_EQ(feed_in_steps(fits, start + "8\r\n12345678\r\n7\r\n1234567\r\n0\r\n\r\n", 3), State::kDone);
}

TEST(RequestParser, LimitsHeadersAlsoWhenTheyDripIn) {
  ServerLimits limits;
  limits.header_bytes_max = 1000;
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i) many += "X-" + std::to_string(i) + ": 0123456789\r\n";
  for (std::size_t step : {std::size_t{1}, std::size_t{17}, many.size()}) {
    RequestParser parser(limits);
    EXPECT_EQ(feed_in_steps(parser, many + "\r\n", step), State::kFault) << step;
    EXPECT_EQ(parser.fault().status, 431U) << step;
  }
}

TEST(RequestParser, LimitsTheNumberOfHeaders) {
  ServerLimits limits;
  limits.headers_max = 10;
  std::string headers;
  for (int i = 0; i < 10; ++i) headers += "a: b\r\n";
  RequestParser fits(limits);
  EXPECT_EQ(feed_in_steps(fits, "GET / HTTP/1.1\r\n" + headers + "\r\n", 100), State::kDone);
  EXPECT_EQ(fault_of("GET / HTTP/1.1\r\n" + headers + "a: b\r\n\r\n", limits).status, 431U);
}

TEST(RequestParser, SaysWhatItKnowsOfAFaultyRequest) {
  const ServerLimits limits;
  RequestParser parser(limits);
  ASSERT_EQ(feed_in_steps(parser, "POST /q HTTP/1.1\r\nX-Amz-Target: AmazonSQS.SendMessage\r\nBad Header\r\n\r\n", 999),
            State::kFault);
  const Request known = parser.take();
  EXPECT_EQ(known.method, "POST");
  EXPECT_EQ(known.target, "/q");
  EXPECT_EQ(known.header("x-amz-target"), "AmazonSQS.SendMessage");
}

TEST(RequestParser, MeetsOneExpectationOnly) {
  const ServerLimits limits;
  RequestParser parser(limits);
  parser.feed("POST / HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n");
  EXPECT_EQ(parser.state(), State::kBody);
  EXPECT_TRUE(parser.expects_continue());
  EXPECT_EQ(fault_of("POST / HTTP/1.1\r\nContent-Length: 1\r\nExpect: miracle\r\n\r\n").status, 417U);
}

TEST(RequestParser, KeepsAliveAsTheVersionSays) {
  const auto keeps = [](std::string_view bytes) {
    const ServerLimits limits;
    RequestParser parser(limits);
    parser.feed(bytes);
    return parser.keep_alive();
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
}

// Any bytes at all: the parser may refuse them, never trip over them. (The libFuzzer target goes deeper.)
TEST(RequestParser, SurvivesDamagedRequests) {
  const ServerLimits limits;
  std::uint64_t seed = 1;
  const auto next = [&seed] { return seed = seed * 6364136223846793005U + 1442695040888963407U, seed >> 33; };
  const std::string whole = std::string(kPost) +
                            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: "
                            "100-continue\r\n\r\n5;a=\"b\"\r\nhello\r\n0\r\nT: x\r\n\r\n";
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (std::uint64_t edits = next() % 4 + 1; edits > 0; --edits) {
      const std::size_t at = next() % bytes.size();
      if (next() % 2 == 0) {
        bytes[at] = static_cast<char>(next());
      } else {
        bytes.erase(at, next() % 3);
      }
    }
    RequestParser parser(limits);
    const State state = feed_in_steps(parser, bytes, next() % bytes.size() + 1);
    if (state == State::kFault) EXPECT_GE(parser.fault().status, 400U);
    static_cast<void>(parser.take());
  }
}

}  // namespace
}  // namespace eventbus::net
