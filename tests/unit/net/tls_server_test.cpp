#include "net/http_client.h"
#include "net/tls_identity.h"
#include "tests/support/certificates.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/net/raw_client.h"
#include "tests/unit/net/running_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::net {
namespace {

using eventbus::testing::Certificate;
using eventbus::testing::ManualClock;
using eventbus::testing::run;
using eventbus::testing::TempDir;
using eventbus::testing::test_epoch;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;
using testing::eventually;
using testing::patient_limits;
using testing::RawClient;
using testing::RunningServer;

class TlsServer : public ::testing::Test {
 protected:
  TlsServer() {
    ca_.write(dir_.path() / "ca.pem", dir_.path() / "ca.key");
    Certificate({.name = "localhost"}, &ca_).write(certificate_file(), key_file());
    identity_ = *TlsIdentity::load(certificate_file(), key_file());
    client_ = make_client();
  }

  std::string certificate_file() const { return dir_.path() / "server.pem"; }
  std::string key_file() const { return dir_.path() / "server.key"; }
  std::unique_ptr<HttpClient> make_client() {
    return *HttpClient::make({.extra_ca_file = dir_.path() / "ca.pem"}, clock_);
  }

  ClientRequest request(const RunningServer& server, std::string_view path, std::string body = "") const {
    ClientRequest request;
    request.url = "https://localhost:" + std::to_string(server.port()) + std::string(path);
    request.body = std::move(body);
    request.deadline = clock_.now() + 5s;
    return request;
  }
  std::string answer(ClientRequest asked) {
    const Result<Response, ClientError> answered = run(client_->send(std::move(asked)));
    return answered ? answered->body : "error: " + answered.error().message;
  }

  const TempDir dir_;
  const Certificate ca_{{.name = "test CA", .is_ca = true}};
  std::shared_ptr<TlsIdentity> identity_;
  ManualClock clock_{test_epoch()};
  std::unique_ptr<HttpClient> client_;
};

TEST_F(TlsServer, AnswersOverTls) {
  RunningServer server(patient_limits(), nullptr, identity_);
  EXPECT_EQ(answer(request(server, "/a?b=c")), "POST /a?b=c");
}

TEST_F(TlsServer, TakesAndGivesBodiesOfEverySize) {
  RunningServer server(patient_limits(), nullptr, identity_);
  for (const std::size_t bytes : {0UL, 1UL, 16'383UL, 16'384UL, 16'385UL, 100'000UL, 5'000'000UL}) {
    const std::string body(bytes, 'x');
    EXPECT_TRUE(answer(request(server, "/echo", body)) == body) << bytes;
  }
}

asio::awaitable<std::vector<std::string>> send_all(HttpClient& client, std::vector<ClientRequest> requests) {
  std::vector<std::string> bodies;
  for (ClientRequest& request : requests) {
    Result<Response, ClientError> answer = co_await client.send(std::move(request));
    bodies.push_back(answer ? answer->body : "error: " + answer.error().message);
  }
  co_return bodies;
}

asio::awaitable<void> keep_body(HttpClient& client, ClientRequest request, std::string& body) {
  Result<Response, ClientError> answer = co_await client.send(std::move(request));
  body = answer ? answer->body : "error: " + answer.error().message;
}

TEST_F(TlsServer, KeepsConnectionsAlive) {
  RunningServer server(patient_limits(), nullptr, identity_);
  const std::vector<ClientRequest> requests(3, request(server, "/echo", "again"));
  EXPECT_EQ(run(send_all(*client_, requests)), (std::vector<std::string>{"again", "again", "again"}));
  const auto peers = server.counts().peers;
  ASSERT_EQ(peers.size(), 3u);
  EXPECT_EQ(peers[0], peers[2]);
}

TEST_F(TlsServer, TellsPlainHttpSoInPlainHttp) {
  RunningServer server(patient_limits(), nullptr, identity_);
  RawClient client(server.port());
  client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string said = client.read_to_end();
  EXPECT_EQ(testing::status_of(said), 400);
  EXPECT_THAT(said, HasSubstr("https://"));
  EXPECT_THAT(said, HasSubstr("Connection: close"));
  client.close();
  EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
}

TEST_F(TlsServer, ClosesOnWhatIsNeitherTlsNorHttp) {
  RunningServer server(patient_limits(), nullptr, identity_);
  RawClient client(server.port());
  client.send(std::string("\x16\x03\x01\x00\x05\xff\xff\xff\xff\xff", 10));
  client.read_to_end();  // an alert, perhaps
  client.close();
  EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
}

TEST_F(TlsServer, TheHandshakeHasADeadline) {
  ServerLimits limits = patient_limits();
  limits.header_timeout = 50ms;
  RunningServer server(limits, nullptr, identity_);
  RawClient silent(server.port());
  EXPECT_TRUE(silent.at_end());
  RawClient slow(server.port());
  slow.send(std::string("\x16\x03\x01\x02\x00", 5));
  EXPECT_EQ(slow.read_to_end(), "");
}

TEST_F(TlsServer, TheRequestHasADeadlineAfterTheHandshake) {
  ServerLimits limits = patient_limits();
  limits.body_timeout = 50ms;
  RunningServer server(limits, nullptr, identity_);
  ClientRequest cut = request(server, "/echo", "short");
  cut.headers.push_back({"Content-Length", "100"});
  EXPECT_THAT(answer(std::move(cut)), StartsWith("408|"));
}

TEST_F(TlsServer, ALeavingClientCancelsItsHandler) {
  RunningServer server(patient_limits(), nullptr, identity_);
  asio::io_context io{1};
  std::string body;
  asio::co_spawn(io, keep_body(*client_, request(server, "/slow"), body), asio::detached);
  while (server.waiting().begun == 0) io.poll();
  clock_.advance(5s);  // the client gives up and closes
  io.run();
  EXPECT_TRUE(eventually([&] { return server.waiting().cancelled == 1; }));
}

TEST_F(TlsServer, StopsInOrder) {
  RunningServer server(patient_limits(), nullptr, identity_);
  asio::io_context io{1};
  std::string body;
  asio::co_spawn(io, keep_body(*client_, request(server, "/slow"), body), asio::detached);
  while (server.waiting().begun == 0) io.poll();
  RawClient halfway(server.port());  // within its handshake
  ASSERT_TRUE(eventually([&] { return server.server().open_connections() == 2; }));
  server.stop();
  EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 1; }));
  server.release();
  io.run();
  EXPECT_EQ(body, "slow") << "what was accepted is answered";
  EXPECT_TRUE(eventually([&] { return server.server().open_connections() == 0; }));
}

TEST_F(TlsServer, RefusesConnectionsBeyondItsBudgetOverTls) {
  ServerLimits limits = patient_limits();
  limits.connections_max = 1;
  RunningServer server(limits, nullptr, identity_);
  RawClient first(server.port());
  ASSERT_TRUE(eventually([&] { return server.server().open_connections() == 1; }));
  EXPECT_THAT(answer(request(server, "/")), StartsWith("503|"));
}

TEST_F(TlsServer, NewConnectionsGetTheReloadedCertificateAndOldOnesGoOn) {
  RunningServer server(patient_limits(), nullptr, identity_);
  asio::io_context io{1};
  std::string body;
  asio::co_spawn(io, keep_body(*client_, request(server, "/slow"), body), asio::detached);
  while (server.waiting().begun == 0) io.poll();

  const Certificate other_ca({.name = "other CA", .is_ca = true});
  Certificate({.name = "localhost"}, &other_ca).write(certificate_file(), key_file());
  ASSERT_TRUE(identity_->reload());
  EXPECT_THAT(answer(request(server, "/")), HasSubstr("certificate verify failed")) << "its CA is not trusted yet";
  std::ofstream(dir_.path() / "ca.pem") << other_ca.certificate_pem();
  const std::unique_ptr<HttpClient> old_client = std::exchange(client_, make_client());
  EXPECT_EQ(answer(request(server, "/new")), "POST /new");

  server.release();
  io.run();
  EXPECT_EQ(body, "slow");
}

TEST_F(TlsServer, AFailedReloadChangesNothing) {
  RunningServer server(patient_limits(), nullptr, identity_);
  std::ofstream(certificate_file()) << "no certificate";
  const Result<void> reloaded = identity_->reload();
  ASSERT_FALSE(reloaded);
  EXPECT_THAT(reloaded.error().message, HasSubstr(certificate_file()));
  EXPECT_EQ(answer(request(server, "/still")), "POST /still");
}

TEST_F(TlsServer, RefusesFilesThatDoNotBelongTogether) {
  std::ofstream(key_file()) << Certificate({}).key_pem();
  const auto mismatched = TlsIdentity::load(certificate_file(), key_file());
  ASSERT_FALSE(mismatched);
  EXPECT_THAT(mismatched.error().message, HasSubstr(key_file()));
  const auto missing = TlsIdentity::load(dir_.path() / "none.pem", key_file());
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("none.pem"));
}

}  // namespace
}  // namespace eventbus::net
