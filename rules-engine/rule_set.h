#pragma once

#include "base/result.h"
#include "rules-engine/event_pattern.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::rules {

// The caller's name for a rule: an index into its own table.
using RuleId = std::uint32_t;

struct RuleInput {
  RuleId id = 0;
  std::shared_ptr<const EventPattern> pattern;
};

// What matching needs beside the rules: buffers that grow to the largest event and rule set seen and are then reused,
// so that matching allocates nothing. One scratch serves any number of rule sets, one thread at a time.
class MatchScratch {
 public:
  MatchScratch();
  ~MatchScratch();
  MatchScratch(MatchScratch&&) noexcept;
  MatchScratch& operator=(MatchScratch&&) noexcept;

  struct State;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

// All rules of one bus, compiled: an immutable snapshot, shared by any number of threads. Matching reads the event
// once, and its cost depends on the fields of the event and on the rules that match, not on how many rules there are.
class RuleSet {
 public:
  static std::shared_ptr<const RuleSet> compile(std::span<const RuleInput> rules);
  virtual ~RuleSet() = default;

  // The ids of all rules that `event` matches, ascending, each once; valid until the scratch is used again. `event` is
  // a JSON text (an object) with at least 64 readable bytes behind it. kInvalid if it is not JSON or nested deeper than
  // 1,000 levels.
  virtual Result<std::span<const RuleId>> match(std::string_view event, MatchScratch& scratch) const = 0;
  // The same, faster, for an event that is known to be a valid JSON object nested at most 1,000 levels deep, such as an
  // accepted one: what no rule names is passed over unread. On any other text the result means nothing.
  virtual std::span<const RuleId> match_valid(std::string_view event, MatchScratch& scratch) const = 0;
  virtual std::size_t rule_count() const = 0;
};

}  // namespace eventbus::rules
