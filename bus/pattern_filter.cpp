#include "bus/pattern_filter.h"

#include "bus/event.h"
#include "rules-engine/pattern_parser.h"

#include <array>

namespace eventbus {

CatalogResult<PatternFilter> PatternFilter::compile(std::string_view pattern) {
  const auto parsed = rules::parse_event_pattern(pattern);
  if (!parsed)
    return CatalogError(invalid("Event pattern is not valid. Reason: " + parsed.error().message),
                        CatalogError::kInvalidEventPattern);
  const std::array<rules::RuleInput, 1> only{rules::RuleInput{0, *parsed}};
  return PatternFilter(rules::RuleSet::compile(only));
}

bool PatternFilter::takes(std::string& event) {
  make_readable_behind(event);
  const auto matched = rules_->match(event, scratch_);
  return matched && !matched->empty();
}

}  // namespace eventbus
