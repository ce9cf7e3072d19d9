#include "daemon/reset_command.h"

#include "base/log_value.h"
#include "daemon/json_response.h"

#include <boost/json/parse.hpp>
#include <spdlog/logger.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace eventbus {
namespace {

namespace json = boost::json;

std::optional<ResetScope> scope_in(const std::string& body) {
  constexpr std::size_t kAccountDigits = 12;
  boost::system::error_code failed;
  const json::value request = json::parse(body, failed);
  if (failed || !request.is_object()) return std::nullopt;
  const json::object& members = request.get_object();
  if (members.empty()) return ResetScope{};
  const json::value* account = members.if_contains("account");
  if (members.size() != 1 || !account || !account->is_string()) return std::nullopt;
  const std::string_view digits = account->get_string();
  if (digits.size() != kAccountDigits || digits.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  return ResetScope{std::string(digits)};
}

using Participants = std::shared_ptr<const std::vector<ResetParticipant>>;

asio::awaitable<net::Response> reset(bool allowed, Participants participants, spdlog::logger& log, std::string body) {
  const std::optional<ResetScope> scope = scope_in(body);
  if (!scope) co_return json_error(400, "the request is {\"account\": \"000000000000\"}, or {} for all accounts");
  if (!allowed) {
    co_return json_error(403,
                         "this daemon has a configuration file, and so it may be somebody's: nothing is deleted "
                         "unless the setting allow_reset is true");
  }
  json::object cleared;
  for (const ResetParticipant& participant : *participants) {
    const Result<std::size_t> gone = co_await participant.reset(*scope);
    if (!gone) {
      log.error("A reset came to its end early. participant={} reason={}", participant.name,
                log_value(gone.error().message));
      const std::string sentence = participant.name + " could not be cleared: " + gone.error().message;
      co_return json_response(503, json::object{{"error", sentence}, {"cleared", std::move(cleared)}});
    }
    cleared[participant.name] = *gone;
  }
  log.warn("Everything was reset by hand. account={} cleared={}", scope->account.value_or("all"),
           json::serialize(cleared));
  json::object answer = {{"account", nullptr}, {"cleared", std::move(cleared)}};
  if (scope->account) answer["account"] = *scope->account;
  co_return json_response(200, answer);
}

}  // namespace

net::Handler reset_command(bool allowed, std::vector<ResetParticipant> participants, spdlog::logger& log) {
  auto shared = std::make_shared<const std::vector<ResetParticipant>>(std::move(participants));
  return [allowed, shared = std::move(shared), &log](net::Request request) {
    return reset(allowed, shared, log, std::move(request.body));
  };
}

}  // namespace eventbus
