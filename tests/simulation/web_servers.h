#pragma once

#include "net/http_client.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/simulation_clock.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/web_auditor.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace eventbus::simulation {

// The servers that a daemon calls over HTTP, and the way to them: plain URLs, the endpoints of API destinations, and
// the one that gives OAuth tokens. Each with the moods of real ones; the answers are made here, and what they mean is
// told to the auditor.
class WebServers final : public net::HttpClient {
 public:
  WebServers(SimulationClock& clock, Trace& trace, WebAuditor& auditor, std::uint64_t seed);

  // TargetSpec::name of plain URLs.
  static std::vector<std::string> urls();
  static std::string endpoint(const std::string& destination) { return "https://api.example/" + destination; }
  static std::string token_endpoint() { return "https://login.example/token"; }

  asio::awaitable<Result<net::Response, net::ClientError>> send(net::ClientRequest request) override;
  void close_idle() override {}
  asio::awaitable<void> keep_tidy() override { co_return; }

  // From now on all are well.
  void recover() { well_for_good_ = true; }

 private:
  enum class Mood { kWell, kSlow, kFlaky, kThrottling, kDown, kSilent, kLate, kRefusing };
  struct Server {
    Dice dice;
    Mood mood = Mood::kWell;
    Duration mood_until{0};
  };
  struct Answer {
    Duration after{0};
    std::optional<net::Response> response;  // none: nobody is there
    std::optional<Duration> retry_after;
    bool never_again = false;
  };

  Server& server(const std::string& name);
  Mood mood_of(Server& server);
  Answer answer_of(Server& server, Mood mood);
  Answer ask_for_less(Server& server);
  asio::awaitable<Result<net::Response, net::ClientError>> give_token(net::ClientRequest request);
  asio::awaitable<Result<net::Response, net::ClientError>> take(std::string server, net::ClientRequest request);
  // Waits for the answer, or for the deadline; nullopt: it is there.
  asio::awaitable<std::optional<net::ClientError>> wait(const net::ClientRequest& request, const Answer& answer);

  SimulationClock& clock_;
  Trace& trace_;
  WebAuditor& auditor_;
  const std::uint64_t seed_;
  std::map<std::string, Server> servers_;
  bool well_for_good_ = false;
};

}  // namespace eventbus::simulation
