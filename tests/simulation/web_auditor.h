#pragma once

#include "bus/delivery_target.h"
#include "net/http_client.h"
#include "tests/simulation/history.h"
#include "tests/simulation/timeline.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::simulation {

// A connection of the simulation: either an API key or OAuth, by its name.
struct ConnectionSpec {
  bool exists = false;
  bool authorized = true;   // nobody has taken its credentials away
  std::string secret, arn;  // arn: empty until it is known

  friend bool operator==(const ConnectionSpec&, const ConnectionSpec&) = default;
};

struct DestinationSpec {
  bool exists = false;
  std::string connection;  // its ARN
  std::int64_t rate = 1;   // InvocationRateLimitPerSecond

  friend bool operator==(const DestinationSpec&, const DestinationSpec&) = default;
};

// The auditor's idea of API destinations and of servers behind URLs: which credentials could be used when, how often
// who may be called, and what each was answered. Holds: no request carries a secret that its connection does not have
// (any more), or a token that was fetched with such a one, has expired or was refused before; a destination is not
// called more often in any second than its rate says; and what the daemon makes of an answer is what AWS would.
class WebAuditor {
 public:
  explicit WebAuditor(History& history) : history_(history) {}

  struct Connection {
    Timeline<ConnectionSpec> spec{ConnectionSpec{}};
    bool oauth = false, changing = false;
  };
  struct Destination {
    Timeline<DestinationSpec> spec{DestinationSpec{}};
    bool changing = false;
  };
  void add_connection(const std::string& name, bool oauth) { connections_[name].oauth = oauth; }
  void add_destination(const std::string& name) { destinations_.try_emplace(name); }
  Connection& connection(const std::string& name) { return connections_.at(name); }
  Destination& destination(const std::string& name) { return destinations_.at(name); }
  const std::map<std::string, Connection>& connections() const { return connections_; }
  const std::map<std::string, Destination>& destinations() const { return destinations_; }

  // ---- attempts: what their servers said counts, not what the daemon has heard

  struct Call {
    std::string target, token;  // as LaneAuditor has them
    Tick began = 0;
    std::optional<AttemptOutcome> answered;  // by a server
  };
  using CallPtr = std::shared_ptr<Call>;
  CallPtr call_begins(std::string target, std::string token);
  // The outcome that counts; a violation when the daemon's is another.
  AttemptOutcome call_ends(const Call& call, const AttemptOutcome& outcome);

  // ---- requests, as they reach a server

  // Of a delivery to what is called `server`: a destination, or the name of a URL. Null: a violation.
  CallPtr delivery_arrives(const std::string& server, const net::ClientRequest& request);
  // Is its token good there? Always, of what needs none.
  bool is_let_in(const net::ClientRequest& request) const;
  void token_is_refused(const net::ClientRequest& request);
  // Somebody asks for a token, with this secret. False: a violation.
  bool token_is_asked_for(const std::string& secret);
  std::string token_is_issued(const std::string& secret, std::optional<Duration> lifetime);
  // Of now and then: the server has forgotten the token.
  void token_is_revoked(const net::ClientRequest& request);

  std::size_t requests() const { return requests_; }
  std::size_t tokens() const { return tokens_.size(); }

 private:
  struct Token {
    std::string secret;
    std::uint64_t life = 0;
    Tick issued = 0;
    std::optional<Duration> expires;  // in time passed
    std::optional<Tick> refused;
    bool revoked = false;
  };
  struct Arrival {
    Duration passed;
    Tick tick;
    std::uint64_t life;
  };

  void check_credentials(const std::string& name, const net::ClientRequest& request, const Call& call);
  void check_rate(const std::string& name);
  // May it be used for the destination at this moment?
  bool may_hold(const std::string& destination, const std::string& secret) const;
  bool may_be_unauthorized(const std::string& destination, Tick since) const;
  const Token* token_of(const net::ClientRequest& request) const;

  History& history_;
  std::map<std::string, Connection> connections_;
  std::map<std::string, Destination> destinations_;
  std::map<std::pair<std::string, std::string>, std::weak_ptr<Call>> calls_;  // the latest, by server and token
  std::map<std::string, Token> tokens_;
  std::map<std::string, std::deque<Arrival>> arrivals_;  // by destination
  std::size_t requests_ = 0;
};

// What the status of an answer means, as AWS's documentation has it; `retry_after` is what was asked for.
AttemptOutcome meaning_of(unsigned status, std::optional<Duration> retry_after, bool never_again);

}  // namespace eventbus::simulation
