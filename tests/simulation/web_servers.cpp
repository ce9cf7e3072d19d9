#include "tests/simulation/web_servers.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <utility>

namespace eventbus::simulation {

namespace {

constexpr unsigned kOk = 200, kUnauthorized = 401;

using Sent = Result<net::Response, net::ClientError>;

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(TimePoint when) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(when - day));
  char text[40];
  std::snprintf(text, sizeof(text), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

// The value of one field of a form; what the simulation sends has nothing in it that is escaped.
std::string field_of(const std::string& form, const std::string& name) {
  const std::size_t at = ("&" + form).find("&" + name + "=");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 1;
  return form.substr(begin, form.find('&', begin) - begin);
}

net::Response response(unsigned status, std::string body = "{}") {
  net::Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

}  // namespace

WebServers::WebServers(SimulationClock& clock, Trace& trace, WebAuditor& auditor, std::uint64_t seed)
    : clock_(clock), trace_(trace), auditor_(auditor), seed_(seed) {}

std::vector<std::string> WebServers::urls() { return {"//hook-0.example/in", "//hook-1.example/in"}; }

WebServers::Server& WebServers::server(const std::string& name) {
  const auto found = servers_.find(name);
  if (found != servers_.end()) return found->second;
  std::uint64_t which = 0;
  for (const char letter : name) which = which * 31 + static_cast<unsigned char>(letter);
  return servers_.emplace(name, Server{Dice(seed_, which)}).first->second;
}

WebServers::Mood WebServers::mood_of(Server& server) {
  if (well_for_good_) return Mood::kWell;
  if (clock_.passed() >= server.mood_until) {
    server.mood = static_cast<Mood>(server.dice.weighted({45, 10, 12, 12, 8, 4, 4, 5}));
    server.mood_until =
        clock_.passed() + std::chrono::seconds(server.dice.between(5, server.dice.one_in(4) ? 14'400 : 600));
  }
  return server.mood;
}

// Retry-After as a number of seconds, as a date, or with the wish never to be asked again.
WebServers::Answer WebServers::ask_for_less(Server& server) {
  Answer answer;
  answer.response = response(server.dice.percent(60) ? 429 : 503);
  const std::int64_t seconds = server.dice.between(0, 120);
  if (server.dice.percent(5)) {
    answer.never_again = true;
    answer.response->headers.push_back({"Retry-After", "-1"});
  } else if (server.dice.percent(60)) {
    answer.retry_after = std::chrono::seconds(seconds);
    answer.response->headers.push_back({"Retry-After", std::to_string(seconds)});
  } else {
    const TimePoint until = std::chrono::floor<std::chrono::seconds>(clock_.now()) + std::chrono::seconds(seconds);
    answer.retry_after = std::max(until - clock_.now(), Duration(0));
    answer.response->headers.push_back({"Retry-After", http_date(until)});
  }
  return answer;
}

WebServers::Answer WebServers::answer_of(Server& server, Mood mood) {
  static const std::vector<unsigned> kTroubles = {500, 502, 503, 409}, kRefusals = {400, 403, 404, 413, 302};
  Answer answer;
  answer.response = response(kOk);
  if (server.dice.one_in(3)) answer.after = Duration(server.dice.between(1, 300));
  switch (mood) {
    case Mood::kWell:
      break;
    case Mood::kSlow:
      answer.after = Duration(server.dice.between(500, 5'400));  // some too late
      break;
    case Mood::kFlaky:
      if (server.dice.percent(50)) answer.response = response(server.dice.pick(kTroubles));
      break;
    case Mood::kThrottling:
      answer = ask_for_less(server);
      break;
    case Mood::kDown:
      answer.response = std::nullopt;
      break;
    case Mood::kSilent:
    case Mood::kLate:
      answer.after = std::chrono::seconds(3'600);
      break;
    case Mood::kRefusing:
      if (server.dice.percent(50)) answer.response = response(server.dice.pick(kRefusals));
      break;
  }
  return answer;
}

asio::awaitable<std::optional<net::ClientError>> WebServers::wait(const net::ClientRequest& request,
                                                                  const Answer& answer) {
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  const Duration patience = std::max(request.deadline - clock_.now(), Duration(0));
  co_await clock_.sleep_for(std::min(answer.after, patience));
  const bool cancelled = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (cancelled) co_return net::ClientError{net::ClientError::kCancelled, "cancelled"};
  if (answer.after >= patience) co_return net::ClientError{net::ClientError::kTimeout, "no answer in time"};
  if (!answer.response) co_return net::ClientError{net::ClientError::kConnect, "nobody is there"};
  co_return std::nullopt;
}

asio::awaitable<Sent> WebServers::send(net::ClientRequest request) {
  if (request.url.starts_with(token_endpoint())) co_return co_await give_token(std::move(request));
  const std::string api = endpoint("");
  std::string name =
      request.url.starts_with(api) ? request.url.substr(api.size()) : request.url.substr(request.url.find(':') + 1);
  co_return co_await take(std::move(name), std::move(request));
}

asio::awaitable<Sent> WebServers::take(std::string name, net::ClientRequest request) {
  trace_.note("request to " + name + ": " + request.body.substr(0, 60));
  const WebAuditor::CallPtr call = auditor_.delivery_arrives(name, request);
  if (!call) co_return net::ClientError{net::ClientError::kConnect, "a violation"};
  Server& asked = server(name);
  const Mood mood = mood_of(asked);
  Answer answer = answer_of(asked, mood);
  if (answer.response && !auditor_.is_let_in(request))
    answer = Answer{answer.after, response(kUnauthorized), {}, false};
  const std::optional<net::ClientError> error = co_await wait(request, answer);
  if (error) {
    call->answered = AttemptOutcome::retry("CONNECTION_FAILURE", error->message);
    co_return *error;
  }
  if (answer.response->status == kUnauthorized) auditor_.token_is_refused(request);
  if (!well_for_good_ && asked.dice.one_in(30)) auditor_.token_is_revoked(request);
  if (answer.retry_after) answer.retry_after = std::max(*answer.retry_after, Duration(0));
  call->answered = meaning_of(answer.response->status, answer.retry_after, answer.never_again);
  trace_.note(name + " answers " + std::to_string(answer.response->status));
  co_return *answer.response;
}

asio::awaitable<Sent> WebServers::give_token(net::ClientRequest request) {
  const std::string secret = field_of(request.body, "client_secret");
  trace_.note("somebody asks for a token with " + secret);
  if (!auditor_.token_is_asked_for(secret)) co_return net::ClientError{net::ClientError::kConnect, "a violation"};
  Server& asked = server("login");
  const Mood mood = mood_of(asked);
  Answer answer = answer_of(asked, mood);
  if (const std::optional<net::ClientError> error = co_await wait(request, answer)) co_return *error;
  if (answer.response->status != kOk) co_return *answer.response;
  std::optional<Duration> lifetime;
  if (asked.dice.percent(80)) lifetime = std::chrono::seconds(asked.dice.between(60, 7'200));
  const std::string token = auditor_.token_is_issued(secret, lifetime);
  std::string body = "{\"access_token\":\"" + token + "\",\"token_type\":\"bearer\"";
  if (lifetime)
    body += ",\"expires_in\":" + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(*lifetime).count());
  trace_.note("it is " + token);
  co_return response(kOk, body + "}");
}

}  // namespace eventbus::simulation
