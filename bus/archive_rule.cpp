#include "bus/archive_rule.h"

#include "bus/json_text.h"
#include "bus/text_length.h"
#include "rules-engine/pattern_parser.h"

#include <algorithm>
#include <map>
#include <utility>

namespace eventbus {

namespace {

constexpr std::string_view kReplayName = "replay-name";

// What stands between the braces of a valid pattern.
std::string_view members_of(std::string_view pattern) {
  const std::size_t first = pattern.find('{'), last = pattern.rfind('}');
  return pattern.substr(first + 1, last - first - 1);
}

bool names_replays(std::string_view pattern) {
  bool found = false;
  for_each_member(pattern, [&](std::string_view name, std::string_view) { found |= unescaped(name) == kReplayName; });
  return found;
}

}  // namespace

RuleKey archive_rule(const Archive& archive) { return {archive.bus(), "Events-Archive-" + archive.record.name}; }

RuleSettings archive_rule_settings(const ArchiveRecord& archive) {
  RuleSettings settings;
  std::string pattern = R"({"replay-name":[{"exists":false}])";
  if (archive.settings.event_pattern) (pattern += ',') += members_of(*archive.settings.event_pattern);
  settings.event_pattern = std::move(pattern) + "}";
  return settings;
}

TargetRecord archive_rule_target(const Archive& archive) {
  TargetRecord record;
  record.target.id = archive_rule(archive).name;
  record.target.arn = "arn:aws:events:" + archive.scope.region + ":::";
  InputFields::Transformer& transformer = record.target.input.transformer.emplace();
  transformer.paths = std::map<std::string, std::string>();
  transformer.template_text = R"({"archive-arn": ")" + archive.arn() + ":" + archive.record.id +
                              R"(","event": <aws.events.event.json>,)"
                              R"("ingestion-time": <aws.events.event.ingestion-time>})";
  record.archive = archive.record.events;
  return record;
}

CatalogResult<void> check_archive_pattern(const std::string& pattern, std::size_t characters_max) {
  if (utf16_length(pattern) > characters_max)
    return invalid_pattern("The pattern is longer than " + std::to_string(characters_max) + " characters.");
  if (const auto parsed = rules::parse_event_pattern(pattern); !parsed) return invalid_pattern(parsed.error().message);
  if (names_replays(pattern))
    return invalid_pattern("An archive never holds replayed events: replay-name is reserved.");
  return {};
}

bool feeds(const RuleRecord& rule, const Archive& archive) {
  return rule.enabled() && std::ranges::any_of(rule.targets, [&](const auto& target) {
           return target.second.archive == archive.record.events;
         });
}

}  // namespace eventbus
