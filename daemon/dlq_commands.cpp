#include "daemon/dlq_commands.h"

#include "daemon/command_members.h"
#include "daemon/json_response.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace eventbus {
namespace {

namespace json = boost::json;

constexpr std::int64_t kCountMax = 1'000;

struct DlqRequest {
  QueuePtr queue;
  DeadLetterFilter filter;
  DeadLetters::Page page;
  bool dry_run = false;
};

Result<DlqRequest> parse(const std::string& body, const DlqDependencies& dependencies) {
  boost::system::error_code error;
  const json::value document = json::parse(body, error);
  if (error || !document.is_object()) return invalid("the request is not a JSON object");
  CommandMembers members(document.get_object());
  DlqRequest request;
  const std::string queue = members.text("queue");
  const Scope scope{members.text("account", dependencies.default_scope.account),
                    members.text("region", dependencies.default_scope.region)};
  request.filter = {members.text("message"), members.text("rule"), members.text("target"), members.text("error")};
  request.page.after =
      static_cast<std::uint64_t>(members.number("after", 0, 0, std::numeric_limits<std::int64_t>::max()));
  request.page.count = static_cast<std::size_t>(members.number("count", 100, 1, kCountMax));
  request.dry_run = members.boolean("dryRun");
  if (std::string fault = members.fault(); !fault.empty()) return invalid(std::move(fault));
  if (queue.empty()) return invalid("\"queue\" is missing");
  request.queue =
      queue.starts_with("arn:") ? dependencies.queues.find_by_arn(queue) : dependencies.queues.find(scope, queue);
  if (!request.queue) return not_found("there is no queue " + queue);
  return request;
}

void add_next(json::object& answer, const std::optional<std::uint64_t>& next) {
  if (next) answer["next"] = static_cast<std::int64_t>(*next);
}

json::object shown(const DeadLetter& letter) {
  return {{"sequence", static_cast<std::int64_t>(letter.key.sequence)},
          {"messageId", letter.message_id},
          {"ruleArn", letter.rule_arn},
          {"scheduleArn", letter.schedule_arn},
          {"targetArn", letter.target_arn},
          {"errorCode", letter.error_code},
          {"errorMessage", letter.error_message},
          {"sentAt", format_iso_milliseconds(letter.sent_at)},
          {"receives", letter.receives},
          {"inFlight", letter.in_flight},
          {"body", letter.body}};
}

asio::awaitable<net::Response> list(DlqDependencies dependencies, net::Request request) {
  auto parsed = parse(request.body, dependencies);
  if (!parsed) co_return refusal(parsed.error());
  const auto listed = co_await dependencies.letters->list(parsed->queue->id, parsed->filter, parsed->page);
  if (!listed) co_return refusal(listed.error());
  json::array messages;
  for (const DeadLetter& letter : listed->letters) messages.push_back(shown(letter));
  json::object answer{{"messages", std::move(messages)}};
  add_next(answer, listed->next);
  co_return json_response(200, answer);
}

asio::awaitable<net::Response> settle(DlqDependencies dependencies, net::Request request, bool redrive) {
  auto parsed = parse(request.body, dependencies);
  if (!parsed) co_return refusal(parsed.error());
  DeadLetters& letters = *dependencies.letters;
  Result<DeadLetters::Settled> settled = DeadLetters::Settled{};
  if (redrive) {
    settled = co_await letters.redrive(parsed->queue->id, parsed->filter, parsed->page, parsed->dry_run);
  } else {
    settled = co_await letters.purge(parsed->queue->id, parsed->filter, parsed->page, parsed->dry_run);
  }
  if (!settled) co_return refusal(settled.error());
  json::array failures;
  for (const DeadLetters::Failure& failure : settled->failures) {
    failures.push_back(json::object{{"messageId", failure.message_id}, {"reason", failure.reason}});
  }
  json::object answer{{"done", settled->done}, {"inFlight", settled->in_flight}, {"failures", std::move(failures)}};
  add_next(answer, settled->next);
  co_return json_response(200, answer);
}

}  // namespace

net::Handler dlq_list_command(DlqDependencies dependencies) {
  return [dependencies](net::Request request) { return list(dependencies, std::move(request)); };
}

net::Handler dlq_redrive_command(DlqDependencies dependencies) {
  return [dependencies](net::Request request) { return settle(dependencies, std::move(request), true); };
}

net::Handler dlq_purge_command(DlqDependencies dependencies) {
  return [dependencies](net::Request request) { return settle(dependencies, std::move(request), false); };
}

}  // namespace eventbus
