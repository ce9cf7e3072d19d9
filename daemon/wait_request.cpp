#include "daemon/wait_request.h"

#include "bus/json_text.h"
#include "rules-engine/pattern_parser.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace eventbus {
namespace {

constexpr std::array<std::pair<std::string_view, WaitRequest::Until>, 4> kUntil = {
    {{"received", WaitRequest::kReceived},
     {"delivered", WaitRequest::kDelivered},
     {"failed", WaitRequest::kFailed},
     {"ended", WaitRequest::kEnded}}};

std::string text_in(std::string_view value) {
  JsonCursor cursor(value);
  return unescaped(*cursor.string());
}

std::optional<double> number_in(std::string_view value) {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return number;
}

Result<void> take_pattern(WaitRequest& request, std::string_view value) {
  const bool quoted = json_kind(value) == JsonKind::kString;
  if (!quoted && json_kind(value) != JsonKind::kObject) return invalid("\"pattern\" is an event pattern");
  auto pattern = rules::parse_event_pattern(quoted ? text_in(value) : std::string(value));
  if (!pattern) return invalid("Event pattern is not valid. Reason: " + std::move(pattern).error().message);
  const rules::RuleInput rule{0, *std::move(pattern)};
  request.pattern = rules::RuleSet::compile({&rule, 1});
  return {};
}

Result<void> take_text(WaitRequest& request, const std::string& name, std::string_view value) {
  if (json_kind(value) != JsonKind::kString) return invalid("\"" + name + "\" is a string");
  std::string text = text_in(value);
  if (name == "until") {
    for (const auto& [word, until] : kUntil)
      if (text == word) return request.until = until, Result<void>();
    return invalid("\"until\" is received, delivered, failed or ended");
  }
  if (name == "account") request.account = std::move(text);
  if (name == "region") request.region = std::move(text);
  if (name == "bus") request.bus = std::move(text);
  if (name == "rule") request.rule = std::move(text);
  if (name == "target") request.target = std::move(text);
  if (name == "since") request.since = std::move(text);
  return {};
}

Result<void> take_member(WaitRequest& request, const std::string& name, std::string_view value) {
  if (name == "pattern") return take_pattern(request, value);
  for (const char* text : {"until", "account", "region", "bus", "rule", "target", "since"})
    if (name == text) return take_text(request, name, value);
  const std::optional<double> number = number_in(value);
  if (name == "count") {
    if (!number || *number < 1 || *number > WaitRequest::kCountMax || *number != std::floor(*number))
      return invalid("\"count\" is a number from 1 to " + std::to_string(WaitRequest::kCountMax));
    request.count = static_cast<std::size_t>(*number);
    return {};
  }
  if (name == "timeout") {
    const double most = std::chrono::duration<double>(WaitRequest::kTimeoutMax).count();
    if (!number || !(*number >= 0 && *number <= most))
      return invalid("\"timeout\" is a number of seconds, at most " + std::to_string(std::lround(most)));
    request.timeout = Duration(std::llround(*number * 1'000));
    return {};
  }
  return invalid("there is no \"" + name +
                 "\"; the members are pattern, account, region, bus, rule, target, until, count, timeout and since");
}

}  // namespace

Result<WaitRequest> WaitRequest::parse(std::string_view body) {
  if (!is_json(body) || json_kind(body) != JsonKind::kObject) return invalid("the request is not a JSON object");
  WaitRequest request;
  std::optional<Error> wrong;
  for_each_member(body, [&](std::string_view key, std::string_view value) {
    const Result<void> taken = take_member(request, unescaped(key), value);
    if (!taken && !wrong) wrong = taken.error();
  });
  if (wrong) return *std::move(wrong);
  return request;
}

}  // namespace eventbus
