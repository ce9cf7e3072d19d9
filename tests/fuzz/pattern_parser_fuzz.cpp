// Any bytes as an event pattern: a pattern or an error with a message, never a crash; and every pattern compiles.
#include "rules-engine/pattern_parser.h"
#include "rules-engine/rule_set.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eventbus::rules;
  const auto pattern = parse_event_pattern({reinterpret_cast<const char*>(data), size});
  if (!pattern) {
    if (pattern.error().message.empty()) std::abort();
    return 0;
  }
  const RuleInput rule{1, *pattern};
  if (RuleSet::compile({&rule, 1})->rule_count() != 1) std::abort();
  uses_wildcard(**pattern);
  return 0;
}
