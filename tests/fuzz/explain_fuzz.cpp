// The input is two lines, a pattern and an event: the explanation has to give the matcher's verdict, and both
// renderings have to come.
#include "rules-engine/explain.h"
#include "rules-engine/explanation_text.h"
#include "rules-engine/pattern_parser.h"
#include "rules-engine/rule_set.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eventbus::rules;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  const auto pattern = parse_event_pattern(input.substr(0, end));
  if (!pattern) return 0;
  std::string padded(input.substr(end + 1));
  const std::size_t event_size = padded.size();
  padded.resize(event_size + 64);
  const std::string_view event(padded.data(), event_size);

  static MatchScratch scratch;
  const RuleInput rule{0, *pattern};
  const auto matched = RuleSet::compile({&rule, 1})->match(event, scratch);
  ExplainLimits limits;
  limits.search_steps = 10'000;
  const auto explanation = explain(**pattern, event, limits);
  if (matched.has_value() != explanation.has_value()) std::abort();
  if (!explanation) return 0;
  bool gave_up = false;
  for (const BranchExplanation& branch : explanation->branches) {
    gave_up = gave_up || branch.failure == BranchExplanation::Failure::kGaveUp;
  }
  if (!gave_up && explanation->matches == matched->empty()) std::abort();
  if (explanation_text(*explanation).empty() || explanation_json(*explanation).empty()) std::abort();
  return 0;
}
