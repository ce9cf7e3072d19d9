// The input is lines: the last one is an event, those before it are patterns. The rule set of all patterns and the
// reference matcher, pattern by pattern, have to agree: on whether the event is one, and on what it matches. So does an
// index into which the rules come one by one, while others are removed and segments merged, as the bytes say.
#include "rules-engine/pattern_parser.h"
#include "rules-engine/reference_matcher.h"
#include "rules-engine/rule_index.h"
#include "rules-engine/rule_set.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace eventbus::rules;

// An index that ends with the given rules, on a way that `data` chooses.
RuleIndex changed_index(const std::vector<std::pair<RuleId, std::string>>& rules, const std::uint8_t* data,
                        std::size_t size) {
  RuleIndex index;
  std::optional<RuleMerge> merge;
  std::uint8_t choice = 0;
  const auto stir = [&](RuleId id) {
    choice = static_cast<std::uint8_t>(choice * 31 + (size > 0 ? data[id % size] : 0) + 1);
    if ((choice & 7) == 0) merge = index.next_merge((choice & 8) != 0);
    if ((choice & 48) == 0 && merge) {
      index.adopt(*merge);
      merge.reset();
    }
  };
  // First each id has another's pattern, or none in the end.
  const auto count = static_cast<RuleId>(rules.size());
  for (RuleId id = 0; id < count * 2; ++id) {
    stir(id);
    if (!index.put_all({{id, rules[(id + choice) % count].second}})) std::abort();
  }
  for (const auto& [id, text] : rules) {
    stir(id);
    if ((choice & 1) != 0 && !index.remove(id)) std::abort();
    if (!((choice & 2) != 0 ? index.put(id, text) : index.put_all({{id, text}}))) std::abort();
    if (!index.remove(id + count)) std::abort();
  }
  if (index.size() != rules.size()) std::abort();
  return index;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<RuleInput> rules;
  std::vector<std::pair<RuleId, std::string>> texts;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    auto pattern = parse_event_pattern(rest.substr(0, end));
    // The reference tries every choice of elements, so it is not asked about many fields at once.
    const auto small = [](const auto& branch) { return branch.size() <= 6; };
    if (pattern && std::ranges::all_of((*pattern)->branches(), small)) {
      texts.emplace_back(static_cast<RuleId>(rules.size()), rest.substr(0, end));
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
  const bool matched_at_all = matched.has_value();
  std::vector<RuleId> expected;
  for (const RuleInput& rule : rules) {
    const auto reference = reference_match(*rule.pattern, rest);
    if (reference.has_value() != matched.has_value()) std::abort();
    if (reference && *reference) expected.push_back(rule.id);
  }
  if (matched && !std::ranges::equal(*matched, expected)) std::abort();

  const auto indexed = changed_index(texts, data, size).rule_set();
  const auto by_index = indexed->match(event, scratch);
  if (by_index.has_value() != matched_at_all) std::abort();
  if (by_index && !std::ranges::equal(*by_index, expected)) std::abort();
  return 0;
}
