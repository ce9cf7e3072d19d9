#include "rules-engine/array_join.h"

#include "rules-engine/hash.h"
#include "rules-engine/matcher.h"

#include <algorithm>
#include <utility>

namespace eventbus::rules {
namespace {

using State = MatchScratch::State;
using Range = JoinScratch::Range;

// Without duplicate keys the arrays that a search has open at a time lie in one another, so it needs a step for a value
// and a clause at most. With them the problem is as hard as satisfiability; this many steps beyond, and the branch
// counts as not matched.
constexpr std::size_t kExtraStepsMax = 1'000'000;

class ArrayJoin {
 public:
  ArrayJoin(const CompiledRules& rules, std::span<const ClauseId> clauses, State& scratch)
      : rules_(rules), clauses_(clauses), scratch_(scratch), join_(scratch.join) {}

  bool run() {
    gather();
    if (!has_absent_) {
      const Verdict verdict = judge_level(0, join_.satisfying.size(), 0);
      if (verdict != Verdict::kUndecided) return verdict == Verdict::kHolds;
      gather();
    }
    prepare_search();
    return search(0);
  }

 private:
  enum class Verdict : std::uint8_t { kHolds, kFails, kUndecided };

  // For each clause the values that satisfy it, in the order of the event, and for exists: false all values of its
  // field. Clauses that no element concerns are left out.
  void gather() {
    join_.values.clear();
    join_.satisfying.clear();
    join_.present.clear();
    join_.clauses.clear();
    has_absent_ = false;
    for (ClauseId id : clauses_) {
      const Clause& clause = rules_.clauses[id];
      const auto& field = scratch_.fields[clause.field];
      if (field.epoch != scratch_.epoch || !field.in_elements) continue;
      join_.satisfying.push_back(
          gather_values(clause.field, [&](const EventValue& value) { return satisfies(rules_, id, value, scratch_); }));
      Range all;
      if (clause.absent) all = gather_values(clause.field, [](const EventValue&) { return true; });
      join_.present.push_back(all);
      has_absent_ = has_absent_ || clause.absent;
      join_.clauses.push_back(id);
    }
  }

  template <typename Predicate>
  Range gather_values(FieldId field, Predicate predicate) {
    Range range;
    range.begin = static_cast<std::uint32_t>(join_.values.size());
    for (std::uint32_t i = scratch_.fields[field].first; i != kNone; i = scratch_.values[i].next) {
      if (predicate(scratch_.values[i])) join_.values.push_back(i);
    }
    range.end = static_cast<std::uint32_t>(join_.values.size());
    range.array = common_array(range.begin, range.end);
    return range;
  }

  const ArrayElement& element(std::uint32_t index) const { return scratch_.elements[index]; }
  std::uint32_t element_of(std::uint32_t join_value) const { return scratch_.values[join_.values[join_value]].element; }
  std::uint32_t levels(std::uint32_t index) const { return index == kNone ? 0 : element(index).depth + 1; }
  // The element around `index` that has `depth` elements around it.
  std::uint32_t ancestor(std::uint32_t index, std::uint32_t depth) const {
    while (element(index).depth > depth) index = element(index).parent;
    return index;
  }

  // --- arrays one by one ---------------------------------------------------------------------------------------------

  // Can the clauses of join_.satisfying[begin, end) all hold, where their values lie in one element of each array above
  // `depth`? Works on copies of the ranges behind `end`, which it removes again.
  Verdict judge_level(std::size_t begin, std::size_t end, std::uint32_t depth) {
    auto& ranges = join_.satisfying;
    const std::size_t open_begin = ranges.size();
    for (std::size_t i = begin; i < end; ++i) {
      const Range range = ranges[i];
      if (range.begin == range.end) return drop(open_begin, Verdict::kFails);
      // A value that needs no further element settles the clause: it forbids nothing to the others.
      const bool settled =
          std::any_of(join_.values.begin() + range.begin, join_.values.begin() + range.end,
                      [&](std::uint32_t value) { return levels(scratch_.values[value].element) <= depth; });
      if (settled) continue;
      const std::uint32_t array = element(ancestor(element_of(range.begin), depth)).array;
      for (std::uint32_t v = range.begin + 1; v < range.end; ++v) {
        if (element(ancestor(element_of(v), depth)).array != array) return drop(open_begin, Verdict::kUndecided);
      }
      ranges.push_back(range);
    }
    const std::size_t open_end = ranges.size();
    // Clauses of one array stand together, then each array is judged.
    std::sort(ranges.begin() + static_cast<std::ptrdiff_t>(open_begin), ranges.end(), [&](Range left, Range right) {
      return element(ancestor(element_of(left.begin), depth)).array <
             element(ancestor(element_of(right.begin), depth)).array;
    });
    for (std::size_t i = open_begin; i < open_end;) {
      std::size_t group_end = i + 1;
      const std::uint32_t array = element(ancestor(element_of(ranges[i].begin), depth)).array;
      while (group_end < open_end && element(ancestor(element_of(ranges[group_end].begin), depth)).array == array) {
        ++group_end;
      }
      if (group_end - i > 1) {  // a lone clause holds in the element of any of its values
        const Verdict verdict = judge_array(i, group_end, depth);
        if (verdict != Verdict::kHolds) return drop(open_begin, verdict);
      }
      i = group_end;
    }
    return drop(open_begin, Verdict::kHolds);
  }

  Verdict drop(std::size_t size, Verdict verdict) {
    join_.satisfying.resize(size);
    return verdict;
  }

  // Is there an element of the array in which all clauses of join_.satisfying[begin, end) hold? Walks all their values
  // once, element by element, since both stand in the order of the event.
  Verdict judge_array(std::size_t begin, std::size_t end, std::uint32_t depth) {
    auto& ranges = join_.satisfying;
    const std::size_t cut_begin = ranges.size();
    while (true) {
      // The next element that any clause can offer is the greatest of the clauses' next ones.
      std::uint32_t target = 0;
      for (std::size_t i = begin; i < end; ++i) {
        if (ranges[i].begin == ranges[i].end) return drop(cut_begin, Verdict::kFails);
        target = std::max(target, ancestor(element_of(ranges[i].begin), depth));
      }
      bool all_in_target = true;
      for (std::size_t i = begin; i < end; ++i) {
        Range& range = ranges[i];
        while (range.begin < range.end && ancestor(element_of(range.begin), depth) < target) ++range.begin;
        if (range.begin == range.end) return drop(cut_begin, Verdict::kFails);
        all_in_target = all_in_target && ancestor(element_of(range.begin), depth) == target;
      }
      if (!all_in_target) continue;
      for (std::size_t i = begin; i < end; ++i) {
        Range cut = ranges[i];
        while (ranges[i].begin < ranges[i].end && ancestor(element_of(ranges[i].begin), depth) == target) {
          ++ranges[i].begin;
        }
        cut.end = ranges[i].begin;
        ranges.push_back(cut);
      }
      const Verdict verdict = judge_level(cut_begin, ranges.size(), depth + 1);
      drop(cut_begin, verdict);
      if (verdict != Verdict::kFails) return verdict;
    }
  }

  // --- search --------------------------------------------------------------------------------------------------------

  void prepare_search() {
    auto& arrays = join_.arrays;
    if (arrays.size() < scratch_.arrays) arrays.resize(scratch_.arrays);
    if (++join_.epoch == 0) {
      std::ranges::fill(arrays, JoinScratch::Array{});
      join_.epoch = 1;
    }
    for (std::uint32_t i = 0; i < join_.clauses.size(); ++i) {
      const auto& field = scratch_.fields[rules_.clauses[join_.clauses[i]].field];
      for (std::uint32_t v = field.first; v != kNone; v = scratch_.values[v].next) {
        for (std::uint32_t e = scratch_.values[v].element; e != kNone; e = element(e).parent) {
          JoinScratch::Array& array = arrays[element(e).array];
          if (array.epoch != join_.epoch) {
            array = {join_.epoch, kNone, i};
          } else if (array.last_clause == i) {
            break;  // it and the arrays around it have been seen for this clause
          } else {
            array.last_clause = i;
          }
        }
      }
    }
    join_.failed.clear();
    join_.chosen_arrays.clear();
    steps_left_ = kExtraStepsMax + join_.clauses.size() * join_.values.size();
  }

  bool take_step() { return steps_left_ > 0 && steps_left_-- > 0; }

  bool consistent(std::uint32_t e) const {
    for (; e != kNone; e = element(e).parent) {
      const std::uint32_t chosen = join_.arrays[element(e).array].chosen;
      if (chosen != kNone && chosen != e) return false;
    }
    return true;
  }

  // Can clause `i` and those after it hold beside the elements chosen?
  bool search(std::uint32_t i) {
    // Clauses that only absence can satisfy choose nothing: no state to remember.
    for (; i < join_.clauses.size() && join_.satisfying[i].begin == join_.satisfying[i].end; ++i) {
      if (!take_step() || !rules_.clauses[join_.clauses[i]].absent || has_consistent_value(join_.present[i]))
        return false;
    }
    if (i == join_.clauses.size()) return true;
    if (!take_step() || failed_before(i)) return false;
    const Range range = join_.satisfying[i];
    std::uint32_t previous = kNone;
    bool first = true;
    const auto [from, to] = reachable(range);
    for (std::uint32_t v = from; v < to; ++v) {
      const std::uint32_t e = element_of(v);
      if (!first && e == previous) continue;  // the same choice again
      first = false;
      previous = e;
      if (!consistent(e)) continue;
      const std::size_t mark = join_.chosen_arrays.size();
      choose(e);
      const bool found = search(i + 1);
      undo(mark);
      if (found) return true;
    }
    return rules_.clauses[join_.clauses[i]].absent && !has_consistent_value(join_.present[i]) && search(i + 1);
  }

  bool has_consistent_value(Range range) const {
    const auto [from, to] = reachable(range);
    for (std::uint32_t v = from; v < to; ++v) {
      if (consistent(element_of(v))) return true;
    }
    return false;
  }

  // The outermost array that all values of the range sit in, or kNone.
  std::uint32_t common_array(std::uint32_t begin, std::uint32_t end) const {
    std::uint32_t array = kNone;
    for (std::uint32_t v = begin; v < end; ++v) {
      if (element_of(v) == kNone) return kNone;
      const std::uint32_t outermost = element(ancestor(element_of(v), 0)).array;
      if (v > begin && outermost != array) return kNone;
      array = outermost;
    }
    return array;
  }

  // The values of the range that lie in the element chosen of their common array: a run, since both stand in the order
  // of the event. All values if there is no such array or element.
  std::pair<std::uint32_t, std::uint32_t> reachable(Range range) const {
    const std::uint32_t chosen = range.array == kNone ? kNone : join_.arrays[range.array].chosen;
    if (chosen == kNone) return {range.begin, range.end};
    const auto values = join_.values.begin();
    const auto begin = std::lower_bound(values + range.begin, values + range.end, element(chosen).values_begin);
    const auto end = std::lower_bound(begin, values + range.end, element(chosen).values_end);
    return {static_cast<std::uint32_t>(begin - values), static_cast<std::uint32_t>(end - values)};
  }

  void choose(std::uint32_t e) {
    for (; e != kNone; e = element(e).parent) {
      JoinScratch::Array& array = join_.arrays[element(e).array];
      if (array.chosen != kNone) continue;
      array.chosen = e;
      join_.chosen_arrays.push_back(element(e).array);
    }
  }

  void undo(std::size_t mark) {
    while (join_.chosen_arrays.size() > mark) {
      join_.arrays[join_.chosen_arrays.back()].chosen = kNone;
      join_.chosen_arrays.pop_back();
    }
  }

  // Remembers this state, seen for the first time, and says whether it had been seen (and failed) before.
  bool failed_before(std::uint32_t i) {
    std::uint64_t low = mix(i + 1, 0x9E3779B97F4A7C15);
    std::uint64_t high = ~low;
    for (std::uint32_t array : join_.chosen_arrays) {
      if (join_.arrays[array].last_clause < i) continue;
      // Added, not chained: the order of choices does not matter.
      const std::uint64_t chosen = join_.arrays[array].chosen;
      low += mix(chosen + 0x632BE59BD9B4E019, 0xE7037ED1A0B428DB);
      high += mix(chosen + 0x9E3779B97F4A7C15, 0x8EBC6AF09C88C6E3);
    }
    return !join_.failed.insert(StateKey{low, high});
  }

  const CompiledRules& rules_;
  std::span<const ClauseId> clauses_;
  State& scratch_;
  JoinScratch& join_;
  bool has_absent_ = false;
  std::size_t steps_left_ = 0;
};

}  // namespace

bool holds_in_one_choice_of_elements(const CompiledRules& rules, std::span<const ClauseId> clauses,
                                     MatchScratch::State& scratch) {
  return ArrayJoin(rules, clauses, scratch).run();
}

}  // namespace eventbus::rules
