// The input is lines: the last one is an event, those before it are patterns. The rule set of all patterns and the
// reference matcher, pattern by pattern, have to agree: on whether the event is one, and on what it matches.
#include "rules-engine/pattern_parser.h"
#include "rules-engine/reference_matcher.h"
#include "rules-engine/rule_set.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eventbus::rules;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<RuleInput> rules;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    auto pattern = parse_event_pattern(rest.substr(0, end));
    // The reference tries every choice of elements, so it is not asked about many fields at once.
    const auto small = [](const auto& branch) { return branch.size() <= 6; };
    if (pattern && std::ranges::all_of((*pattern)->branches(), small)) {
      rules.push_back({static_cast<RuleId>(rules.size()), *pattern});
    }
    rest.remove_prefix(end + 1);
  }
  std::string padded(rest);
  padded.resize(rest.size() + 64);
  static MatchScratch scratch;
  const auto rule_set = RuleSet::compile(rules);
  const std::string_view event(padded.data(), rest.size());
  const auto trusted = rule_set->match_valid(event, scratch);  // on anything: no harm
  const std::vector<RuleId> passed_over(trusted.begin(), trusted.end());
  const auto matched = rule_set->match(event, scratch);
  if (matched && !std::ranges::equal(*matched, passed_over)) std::abort();
  std::vector<RuleId> expected;
  for (const RuleInput& rule : rules) {
    const auto reference = reference_match(*rule.pattern, rest);
    if (reference.has_value() != matched.has_value()) std::abort();
    if (reference && *reference) expected.push_back(rule.id);
  }
  if (matched && !std::ranges::equal(*matched, expected)) std::abort();
  return 0;
}
