#pragma once

#include "base/result.h"
#include "rules-engine/rule_segment.h"
#include "rules-engine/rule_set.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::rules {

class RuleMerge;

// Rules that come and go. RuleSet::compile costs as much as there are rules; an index is changed rule by rule at a cost
// that hardly grows with their number, and shows at any moment all its rules as one RuleSet.
//
//   RuleIndex index;
//   TRY_VOID(index.put(7, R"({"source":["shop"]})"));
//   publish(index.rule_set());
//   while (auto merge = index.next_merge()) {  // now, or later, or when there is time
//     merge->run();                            // the long part: on any thread, beside any change of the index
//     index.adopt(*merge);
//   }
//
// The rules lie in segments: immutable, compiled sets of geometrically falling size, a large one that holds nearly all
// and few small ones with what is new. A rule that is removed or replaced is struck out in its segment. Matching asks
// each segment in turn, so merging keeps them few; a rule is compiled anew about kGrowth times in each of
// log(rules)/log(kGrowth) sizes (README.md, "Adding and removing").
//
// An index is a value. Copying it costs a pointer or two for each segment and shares everything else, so a change can
// be made on a copy and dropped again. Changes are not thread-safe, const members are.
class RuleIndex {
 public:
  struct Rule {
    RuleId id = 0;
    std::string pattern;
  };

  // Adds the rule, or replaces the one of its id. kInvalid with AWS's reason (see parse_event_pattern), nothing changed
  // then.
  Result<void> put(RuleId id, const std::string& pattern);
  // Many at once, compiled together. Of one id the last counts.
  Result<void> put_all(const std::vector<Rule>& rules);
  // False if there is no such rule.
  bool remove(RuleId id);

  bool contains(RuleId id) const { return find(id).has_value(); }
  std::size_t size() const;

  // All rules as they are now. What is new since the last call is compiled here: a few dozen rules at most, unless many
  // were put at once. Never null.
  std::shared_ptr<const RuleSet> rule_set() const;

  // The merge that is due, if any: enough is new, or enough was removed, to be worth its cost. `all`: leave one
  // segment, for when nothing has changed for a while.
  std::optional<RuleMerge> next_merge(bool all = false) const;
  bool merge_is_due() const { return first_to_merge() < closed_levels(); }
  // Puts a merge's segment in the place of those it was made from, with everything that was removed from them meanwhile
  // struck out. False, and nothing changed, if they are not all there any more: another merge was adopted before.
  bool adopt(const RuleMerge& merge);

  std::size_t segment_count() const { return levels_.size(); }

 private:
  friend class RuleMerge;

  // A bit for each RuleId: its rule in the segment is gone.
  using Struck = std::vector<std::uint64_t>;
  struct Level {
    std::shared_ptr<const RuleSegment> segment;
    std::shared_ptr<const Struck> struck;  // null: nothing is
    std::size_t live = 0;

    bool has(RuleId id) const;
    // Appends the rules that are left.
    void list_live(std::vector<RuleSegment::Rule>& rules) const;
    void strike(const std::vector<RuleId>& ids);
  };
  class LayeredRuleSet;

  // A level of rules by ascending id; they may be listed from other levels.
  static Level make_level(const std::vector<RuleSegment::Rule>& rules);
  // The index in levels_ of the one in which the rule is.
  std::optional<std::size_t> find(RuleId id) const;
  // May one more rule be added to the last level? Such a level is made anew at each change instead of being struck.
  bool last_is_open() const;
  // An open level would be replaced before its merge is adopted: it is left out.
  std::size_t closed_levels() const { return levels_.size() - (last_is_open() ? 1 : 0); }
  // The closed levels from here on are to be merged; closed_levels() if none.
  std::size_t first_to_merge() const;
  // When nobody merges: keeps the levels few, by joining the newest ones.
  void bound_levels();

  std::vector<Level> levels_;  // oldest first
};

// A merge of some segments of an index into one. Prepared by RuleIndex::next_merge, adopted by RuleIndex::adopt, of
// that index or a changed copy of it.
class RuleMerge {
 public:
  // Compiles, unless it is done already. Without it the rules are compiled by whoever first asks for the rule set.
  void run() const;
  std::size_t rule_count() const;

 private:
  friend class RuleIndex;
  RuleMerge(std::vector<RuleIndex::Level> sources);

  std::vector<RuleIndex::Level> sources_;  // as they were when the merge was prepared
  std::shared_ptr<const RuleSegment> result_;
};

}  // namespace eventbus::rules
