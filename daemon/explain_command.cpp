#include "daemon/explain_command.h"

#include "bus/json_text.h"
#include "daemon/json_response.h"
#include "rules-engine/explain.h"
#include "rules-engine/explanation_text.h"
#include "rules-engine/pattern_parser.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace eventbus {
namespace {

// Bytes of the pattern times bytes of the event: bounds the work to seconds, and what it remembers to megabytes,
// whatever the two hold. 2,048 × 128 KiB and 256 × 1 MiB are within it.
constexpr std::size_t kSizeMax = std::size_t{1} << 28;

struct Question {
  std::string event;
  std::optional<std::string> pattern;
  RuleKey rule;
};

// An object stands for itself, a string for what it holds.
std::string document_of(std::string_view value) {
  if (json_kind(value) != JsonKind::kString) return std::string(value);
  JsonCursor cursor(value);
  return unescaped(*cursor.string());
}

Result<Question> parse(std::string_view body, const Scope& default_scope) {
  if (!is_json(body) || json_kind(body) != JsonKind::kObject) return invalid("the request is not a JSON object");
  std::map<std::string, std::string> members;
  std::string wrong;
  for_each_member(body, [&](std::string_view key, std::string_view value) {
    const std::string name = unescaped(key);
    const bool document = name == "event" || name == "pattern";
    const bool known = document || name == "bus" || name == "rule" || name == "account" || name == "region";
    const JsonKind kind = json_kind(value);
    const bool fits = kind == JsonKind::kString || (document && kind == JsonKind::kObject);
    if (!known || !fits) wrong = known ? "\"" + name + "\" has the wrong type" : "unknown member \"" + name + "\"";
    members[name] = document_of(value);
  });
  if (!wrong.empty()) return invalid(std::move(wrong));
  if (!members.contains("event")) return invalid("\"event\" is missing");
  if (members.contains("pattern") == members.contains("rule"))
    return invalid("either \"pattern\" or \"rule\" is needed");
  const auto or_else = [&](const char* name, const std::string& otherwise) {
    const auto member = members.find(name);
    return member == members.end() ? otherwise : member->second;
  };
  Question question;
  question.event = members["event"];
  if (members.contains("pattern")) question.pattern = members["pattern"];
  question.rule.bus.scope = {or_else("account", default_scope.account), or_else("region", default_scope.region)};
  question.rule.bus.name = or_else("bus", "default");
  question.rule.name = or_else("rule", "");
  return question;
}

struct Subject {
  std::shared_ptr<const rules::EventPattern> pattern;
  std::size_t pattern_bytes = 0;
  std::string rule;  // `,"rule":{…}`, or empty
  std::string heading;
};

Result<Subject> subject_of(const Question& question, const BusCatalog& catalog) {
  if (question.pattern) {
    auto pattern = rules::parse_event_pattern(*question.pattern);
    if (!pattern) return invalid("Event pattern is not valid. Reason: " + std::move(pattern).error().message);
    return Subject{*std::move(pattern), question.pattern->size(), "", ""};
  }
  auto found = catalog.rule(question.rule);
  if (!found) return not_found(found.error().message);
  const RuleEntry& entry = **found;
  const std::optional<std::string>& text = entry.record.settings.event_pattern;
  if (!text) return invalid("Rule " + question.rule.name + " has no event pattern.");
  auto pattern = rules::parse_event_pattern(*text);
  if (!pattern) return invalid("The rule's pattern is not understood. Reason: " + std::move(pattern).error().message);
  const boost::json::object rule = {{"bus", question.rule.bus.name},
                                    {"name", entry.record.name},
                                    {"state", std::string(to_string(entry.record.settings.state))}};
  Subject subject{*std::move(pattern), text->size(), ",\"rule\":" + boost::json::serialize(rule), ""};
  if (!entry.record.enabled()) subject.heading = "the rule is disabled, so that it takes no event; were it enabled:\n";
  return subject;
}

net::Response explain(const BusCatalog& catalog, const Scope& default_scope, const net::Request& request) {
  const auto question = parse(request.body, default_scope);
  if (!question) return json_error(400, question.error().message);
  const auto subject = subject_of(*question, catalog);
  if (!subject) return json_error(subject.error().code == ErrorCode::kNotFound ? 404 : 400, subject.error().message);
  if (subject->pattern_bytes * question->event.size() > kSizeMax) {
    return json_error(413,
                      "pattern and event are too large to be explained here; eventbusctl does it without the daemon");
  }
  const auto explanation = rules::explain(*subject->pattern, question->event);
  if (!explanation) return json_error(400, "the event: " + explanation.error().message);
  std::string body = rules::explanation_json(*explanation);
  body.pop_back();
  body += subject->rule + ",\"text\":";
  append_json_string(body, subject->heading + rules::explanation_text(*explanation));
  body += '}';
  return json_response(200, std::move(body));
}

asio::awaitable<net::Response> work(const BusCatalog& catalog, Scope default_scope, net::Request request) {
  co_return explain(catalog, default_scope, request);
}

// On the pool's thread; the shard goes on.
asio::awaitable<net::Response> answer(std::shared_ptr<asio::thread_pool> pool, const BusCatalog& catalog,
                                      Scope default_scope, net::Request request) {
  co_return co_await asio::co_spawn(pool->get_executor(), work(catalog, std::move(default_scope), std::move(request)),
                                    asio::use_awaitable);
}

}  // namespace

net::Handler explain_command(const BusCatalog& catalog, Scope default_scope) {
  auto pool = std::make_shared<asio::thread_pool>(1);
  return [&catalog, default_scope = std::move(default_scope), pool = std::move(pool)](net::Request request) {
    return answer(pool, catalog, default_scope, std::move(request));
  };
}

}  // namespace eventbus
