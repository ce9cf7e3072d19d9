#include "tests/simulation/web_auditor.h"

#include "net/message.h"
#include "tests/simulation/specs.h"

#include <algorithm>
#include <utility>

namespace eventbus::simulation {

namespace {

constexpr std::string_view kBearer = "Bearer ";

// Of "name/id".
std::string destination_in(const std::string& target) { return target.substr(0, target.find('/')); }

std::string bearer_of(const net::ClientRequest& request) {
  const std::string_view header = net::find_header(request.headers, "Authorization");
  return header.starts_with(kBearer) ? std::string(header.substr(kBearer.size())) : std::string();
}

}  // namespace

AttemptOutcome meaning_of(unsigned status, std::optional<Duration> retry_after, bool never_again) {
  if (status >= 200 && status < 300) return AttemptOutcome::delivered();
  const bool passes = status == 401 || status == 407 || status == 409 || status == 429 || status >= 500;
  if (!passes || never_again) return AttemptOutcome::failed("ERROR_FROM_TARGET", "");
  AttemptOutcome outcome = AttemptOutcome::retry("ERROR_FROM_TARGET", "");
  outcome.retry_after = retry_after;
  return outcome;
}

// ---- attempts

WebAuditor::CallPtr WebAuditor::call_begins(std::string target, std::string token) {
  auto call = std::make_shared<Call>();
  call->target = std::move(target);
  call->token = std::move(token);
  call->began = history_.tick();
  const std::string server = call->target.starts_with("//") ? call->target : destination_in(call->target);
  calls_[{server, call->token}] = call;
  return call;
}

AttemptOutcome WebAuditor::call_ends(const Call& call, const AttemptOutcome& outcome) {
  const std::string name = call.token + " to " + call.target;
  if (call.answered) {
    if (call.answered->kind != outcome.kind)
      history_.fail("the daemon makes something else of the answer to " + name + ": " +
                    std::string(outcome.failure.code) + " " + outcome.failure.message);
    return *call.answered;
  }
  const bool url = call.target.starts_with("//");
  if (outcome.kind == AttemptOutcome::kDelivered) history_.fail("delivered, and no server has seen it: " + name);
  if (url) history_.fail("no server was asked: " + name);
  if (history_.failed()) return outcome;
  if (outcome.kind == AttemptOutcome::kFailed) {
    // Made anew it has another ARN: nobody can tell from its name alone, but it must have been away.
    const auto& spec = destinations_.at(destination_in(call.target)).spec;
    const auto possible = spec.possible(0, history_.tick());
    const auto away = std::ranges::count_if(possible, [](const DestinationSpec* each) { return !each->exists; });
    if (outcome.failure.code != "NO_RESOURCE" || away < 2)  // in the beginning, and once more
      history_.fail("given up without a request: " + name + ", " + std::string(outcome.failure.code));
    return outcome;
  }
  if (!may_be_unauthorized(destination_in(call.target), call.began))
    history_.fail("no request is made, and its connection is well: " + name + ", " + outcome.failure.message);
  return outcome;
}

// ---- requests

WebAuditor::CallPtr WebAuditor::delivery_arrives(const std::string& server, const net::ClientRequest& request) {
  ++requests_;
  const std::string token = token_in(request.body);
  const auto found = calls_.find({server, token});
  const CallPtr call = found == calls_.end() ? nullptr : found->second.lock();
  if (!call) {
    history_.fail("a request that is of no attempt reaches " + server + ": " + request.body);
    return nullptr;
  }
  if (!server.starts_with("//")) {
    check_credentials(server, request, *call);
    check_rate(server);
  }
  return history_.failed() ? nullptr : call;
}

void WebAuditor::check_credentials(const std::string& name, const net::ClientRequest& request, const Call& call) {
  const std::string at = " reaches destination " + name + ", for " + call.token;
  const std::string_view key = net::find_header(request.headers, "X-Api-Key");
  if (!key.empty()) {
    if (!may_hold(name, std::string(key)))
      history_.fail("a key that its connection does not have: " + std::string(key) + at);
    return;
  }
  const Token* const token = token_of(request);
  if (token == nullptr) return history_.fail("a request without credentials" + at);
  if (!may_hold(name, token->secret))
    return history_.fail("a token of credentials that its connection does not have: " + token->secret + at);
  if (token->life != history_.life()) return history_.fail("a token of an earlier life" + at);
  if (token->refused && *token->refused < call.began) return history_.fail("a token that was refused before" + at);
  if (token->expires && history_.passed() >= *token->expires && !history_.jumped_since(token->issued))
    history_.fail("a token that has expired" + at);
}

bool WebAuditor::may_hold(const std::string& name, const std::string& secret) const {
  const Tick since = history_.now_tick();
  for (const DestinationSpec* destination : destinations_.at(name).spec.possible(since, history_.now_tick())) {
    if (!destination->exists) continue;
    for (const auto& [connection_name, connection] : connections_)
      for (const ConnectionSpec* spec : connection.spec.possible(since, history_.now_tick()))
        if (spec->exists && spec->authorized && spec->secret == secret &&
            (spec->arn.empty() || spec->arn == destination->connection))
          return true;
  }
  return false;
}

bool WebAuditor::may_be_unauthorized(const std::string& name, Tick since) const {
  for (const DestinationSpec* destination : destinations_.at(name).spec.possible(since, history_.now_tick())) {
    if (!destination->exists) return true;
    bool known = false;
    for (const auto& [connection_name, connection] : connections_) {
      bool is_its = false, always = true;
      for (const ConnectionSpec* spec : connection.spec.possible(since, history_.now_tick())) {
        const bool well = spec->exists && spec->authorized && spec->arn == destination->connection;
        is_its = is_its || spec->arn == destination->connection;
        always = always && well;
      }
      if (is_its && (connection.oauth || !always)) return true;
      known = known || is_its;
    }
    if (!known) return true;  // it is gone, or made anew
  }
  return false;
}

// In no second more than the rate says.
void WebAuditor::check_rate(const std::string& name) {
  std::deque<Arrival>& arrivals = arrivals_[name];
  constexpr std::size_t kKept = 400;
  arrivals.push_back({history_.passed(), history_.tick(), history_.life()});
  if (arrivals.size() > kKept) arrivals.pop_front();
  const auto& spec = destinations_.at(name).spec;
  for (std::size_t count = 2; count <= arrivals.size(); ++count) {
    const Arrival& first = arrivals[arrivals.size() - count];
    // Turns are whole milliseconds; after a jump of the clock one may be a little late (bus/rate_limiter.h).
    const Duration second(history_.jumps() == 0 ? 999 : 899);
    if (first.life != history_.life() || history_.passed() - first.passed >= second ||
        history_.jumped_since(first.tick))
      return;
    std::int64_t most = 0;
    // Who waits for a turn has it at the rate there was when he came.
    constexpr Duration kLongestWait = std::chrono::seconds(10);
    const Tick since = history_.tick_at(first.passed - kLongestWait);
    for (const DestinationSpec* possible : spec.possible(since, history_.now_tick())) {
      if (!possible->exists) return;  // another one has come in its place
      most = std::max(most, possible->rate);
    }
    if (static_cast<std::int64_t>(count) > most)
      return history_.fail("destination " + name + " is called " + std::to_string(count) + " times within " +
                           std::to_string((history_.passed() - first.passed).count()) + " ms; its rate is " +
                           std::to_string(most) + " a second");
  }
}

// ---- tokens

const WebAuditor::Token* WebAuditor::token_of(const net::ClientRequest& request) const {
  const auto found = tokens_.find(bearer_of(request));
  return found == tokens_.end() ? nullptr : &found->second;
}

bool WebAuditor::is_let_in(const net::ClientRequest& request) const {
  if (bearer_of(request).empty()) return true;
  const Token* const token = token_of(request);
  return token != nullptr && !token->revoked && (!token->expires || history_.passed() < *token->expires);
}

void WebAuditor::token_is_refused(const net::ClientRequest& request) {
  const auto found = tokens_.find(bearer_of(request));
  if (found != tokens_.end() && !found->second.refused) found->second.refused = history_.tick();
}

void WebAuditor::token_is_revoked(const net::ClientRequest& request) {
  const auto found = tokens_.find(bearer_of(request));
  if (found != tokens_.end()) found->second.revoked = true;
}

bool WebAuditor::token_is_asked_for(const std::string& secret) {
  // Who waits for the trouble of an authorization server to pass does so with the credentials that he began with.
  constexpr Duration kPatience = std::chrono::seconds(40);
  const Tick since = history_.tick_at(history_.passed() - kPatience);
  for (const auto& [name, connection] : connections_)
    for (const ConnectionSpec* spec : connection.spec.possible(since, history_.now_tick()))
      if (spec->exists && spec->authorized && spec->secret == secret) return true;
  history_.fail("a token is asked for with a secret that no connection has: " + secret);
  return false;
}

std::string WebAuditor::token_is_issued(const std::string& secret, std::optional<Duration> lifetime) {
  const std::string text = "token-" + std::to_string(tokens_.size() + 1);
  Token& token = tokens_[text];
  token.secret = secret;
  token.life = history_.life();
  token.issued = history_.tick();
  if (lifetime) token.expires = history_.passed() + *lifetime;
  return text;
}

}  // namespace eventbus::simulation
