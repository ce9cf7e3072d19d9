#include "rules-engine/rule_index.h"

#include "rules-engine/match_scratch.h"
#include "rules-engine/pattern_parser.h"

#include <algorithm>
#include <bit>
#include <span>

namespace eventbus::rules {
namespace {

// A segment is merged with all newer ones when they hold a kGrowth-th of its rules. Measured with bench/match_bench:
// more makes changes dearer, fewer leaves more segments to match.
constexpr std::size_t kGrowth = 16;
// How many rules the newest segment takes, each a reason to compile it anew before the next match. Alone it takes as
// many as compile within a millisecond, so that small sets are one segment.
constexpr std::size_t kOpenRules = 32;
constexpr std::size_t kOpenRulesAlone = 512;
// Without merging there would be one segment for each kOpenRules rules.
constexpr std::size_t kLevelsMax = 16;

constexpr std::size_t kWordBits = 64;

bool is_struck(const std::vector<std::uint64_t>& struck, RuleId id) {
  const std::size_t word = id / kWordBits;
  return word < struck.size() && (struck[word] >> (id % kWordBits) & 1) != 0;
}

}  // namespace

// --- levels
// ------------------------------------------------------------------------------------------------------------

bool RuleIndex::Level::has(RuleId id) const { return segment->has(id) && !(struck && is_struck(*struck, id)); }

void RuleIndex::Level::list_live(std::vector<RuleSegment::Rule>& rules) const {
  for (std::size_t i = 0; i < segment->size(); ++i) {
    const RuleSegment::Rule rule = (*segment)[i];
    if (!struck || !is_struck(*struck, rule.id)) rules.push_back(rule);
  }
}

void RuleIndex::Level::strike(const std::vector<RuleId>& ids) {
  auto next = struck ? std::make_shared<Struck>(*struck) : std::make_shared<Struck>();
  next->resize(segment->greatest_id() / kWordBits + 1);
  for (const RuleId id : ids) (*next)[id / kWordBits] |= std::uint64_t{1} << (id % kWordBits);
  struck = std::move(next);
  live -= ids.size();
}

std::size_t RuleIndex::size() const {
  std::size_t rules = 0;
  for (const Level& level : levels_) rules += level.live;
  return rules;
}

std::optional<std::size_t> RuleIndex::find(RuleId id) const {
  for (std::size_t i = levels_.size(); i-- > 0;) {
    if (levels_[i].has(id)) return i;
  }
  return std::nullopt;
}

bool RuleIndex::last_is_open() const {
  if (levels_.empty()) return false;
  const std::size_t rules_max = levels_.size() == 1 ? kOpenRulesAlone : kOpenRules;
  return levels_.back().segment->size() < rules_max;
}

// --- changing
// ----------------------------------------------------------------------------------------------------------

Result<void> RuleIndex::put(RuleId id, const std::string& pattern) {
  TRY_VOID(parse_event_pattern(pattern));
  remove(id);
  std::vector<RuleSegment::Rule> rules;
  const bool open = last_is_open();
  if (open) levels_.back().list_live(rules);
  rules.insert(std::ranges::lower_bound(rules, id, {}, &RuleSegment::Rule::id), {id, pattern});
  Level level = make_level(rules);
  if (open) levels_.pop_back();
  levels_.push_back(std::move(level));
  bound_levels();
  return {};
}

Result<void> RuleIndex::put_all(const std::vector<Rule>& rules) {
  for (const Rule& rule : rules) TRY_VOID(parse_event_pattern(rule.pattern));
  if (rules.empty()) return {};
  std::vector<RuleSegment::Rule> added;
  added.reserve(rules.size());
  for (const Rule& rule : rules) added.push_back({rule.id, rule.pattern});
  std::ranges::stable_sort(added, {}, &RuleSegment::Rule::id);
  // Of each id the last one.
  const auto same_id = [](const RuleSegment::Rule& a, const RuleSegment::Rule& b) { return a.id == b.id; };
  added.erase(added.begin(), std::unique(added.rbegin(), added.rend(), same_id).base());
  for (const RuleSegment::Rule& rule : added) remove(rule.id);
  levels_.push_back(make_level(added));
  bound_levels();
  return {};
}

RuleIndex::Level RuleIndex::make_level(const std::vector<RuleSegment::Rule>& rules) {
  return {std::make_shared<const RuleSegment>(rules), nullptr, rules.size()};
}

bool RuleIndex::remove(RuleId id) {
  const std::optional<std::size_t> found = find(id);
  if (!found) return false;
  Level& level = levels_[*found];
  if (level.live == 1) {
    levels_.erase(levels_.begin() + static_cast<std::ptrdiff_t>(*found));
  } else if (*found + 1 == levels_.size() && last_is_open()) {
    std::vector<RuleSegment::Rule> rules;
    level.list_live(rules);
    rules.erase(std::ranges::lower_bound(rules, id, {}, &RuleSegment::Rule::id));
    level = make_level(rules);
  } else {
    level.strike({id});
  }
  return true;
}

void RuleIndex::bound_levels() {
  if (levels_.size() <= kLevelsMax) return;
  const std::size_t kept = levels_.size() / 2;
  std::vector<Level> newest(levels_.begin() + static_cast<std::ptrdiff_t>(kept), levels_.end());
  adopt(RuleMerge(std::move(newest)));
}

// --- merging
// -----------------------------------------------------------------------------------------------------------

std::optional<RuleMerge> RuleIndex::next_merge(bool all) const {
  if (all) {
    const bool whole = levels_.empty() || (levels_.size() == 1 && !levels_.front().struck);
    return whole ? std::nullopt : std::optional(RuleMerge(levels_));
  }
  const std::size_t first = first_to_merge();
  const std::size_t closed = closed_levels();
  if (first == closed) return std::nullopt;
  return RuleMerge(
      {levels_.begin() + static_cast<std::ptrdiff_t>(first), levels_.begin() + static_cast<std::ptrdiff_t>(closed)});
}

std::size_t RuleIndex::first_to_merge() const {
  const std::size_t closed = closed_levels();
  std::size_t first = closed;
  std::size_t newer = 0;
  for (std::size_t i = closed; i-- > 0;) {
    const Level& level = levels_[i];
    const std::size_t gone = level.segment->size() - level.live;
    if ((newer > 0 && level.live <= kGrowth * newer) || gone > level.live) first = i;
    newer += level.live;
  }
  return first;
}

bool RuleIndex::adopt(const RuleMerge& merge) {
  const auto same = [](const Level& level, const Level& source) { return level.segment == source.segment; };
  const auto place = std::search(levels_.begin(), levels_.end(), merge.sources_.begin(), merge.sources_.end(), same);
  if (place == levels_.end()) return false;

  // What was removed since the merge was prepared.
  std::vector<RuleId> removed;
  for (std::size_t i = 0; i < merge.sources_.size(); ++i) {
    const Level& now = place[static_cast<std::ptrdiff_t>(i)];
    const Level& then = merge.sources_[i];
    if (now.struck == then.struck) continue;
    for (std::size_t word = 0; word < now.struck->size(); ++word) {
      std::uint64_t bits = (*now.struck)[word];
      if (then.struck) bits &= ~(*then.struck)[word];
      for (; bits != 0; bits &= bits - 1)
        removed.push_back(static_cast<RuleId>(word * kWordBits) + static_cast<RuleId>(std::countr_zero(bits)));
    }
  }
  Level merged{merge.result_, nullptr, merge.result_->size()};
  if (!removed.empty()) merged.strike(removed);
  *place = std::move(merged);
  levels_.erase(place + 1, place + static_cast<std::ptrdiff_t>(merge.sources_.size()));
  return true;
}

RuleMerge::RuleMerge(std::vector<RuleIndex::Level> sources) : sources_(std::move(sources)) {
  std::vector<RuleSegment::Rule> rules;
  for (const RuleIndex::Level& level : sources_) {
    const auto middle = static_cast<std::ptrdiff_t>(rules.size());
    level.list_live(rules);
    std::ranges::inplace_merge(rules, rules.begin() + middle, {}, &RuleSegment::Rule::id);
  }
  result_ = std::make_shared<const RuleSegment>(rules);
}

void RuleMerge::run() const { result_->rule_set(); }

std::size_t RuleMerge::rule_count() const { return result_->size(); }

// --- matching
// ----------------------------------------------------------------------------------------------------------

// The rules of several segments, without those that were struck out.
class RuleIndex::LayeredRuleSet final : public RuleSet {
 public:
  explicit LayeredRuleSet(const std::vector<Level>& levels) {
    layers_.reserve(levels.size());
    for (const Level& level : levels) {
      layers_.push_back({level.segment->rule_set(), level.struck});
      rule_count_ += level.live;
    }
  }

  Result<std::span<const RuleId>> match(std::string_view event, MatchScratch& scratch) const override {
    std::vector<RuleId>& gathered = scratch.state().gathered;
    gathered.clear();
    // Checking the event once is enough.
    TRY(const std::span<const RuleId> first, layers_.front().rules->match(event, scratch));
    gather(layers_.front(), first, gathered);
    return match_rest(event, scratch);
  }

  std::span<const RuleId> match_valid(std::string_view event, MatchScratch& scratch) const override {
    std::vector<RuleId>& gathered = scratch.state().gathered;
    gathered.clear();
    gather(layers_.front(), layers_.front().rules->match_valid(event, scratch), gathered);
    return match_rest(event, scratch);
  }

  std::size_t rule_count() const override { return rule_count_; }

 private:
  struct Layer {
    std::shared_ptr<const RuleSet> rules;
    std::shared_ptr<const Struck> struck;
  };

  std::span<const RuleId> match_rest(std::string_view event, MatchScratch& scratch) const {
    std::vector<RuleId>& gathered = scratch.state().gathered;
    for (const Layer& layer : std::span(layers_).subspan(1)) {
      gather(layer, layer.rules->match_valid(event, scratch), gathered);
    }
    std::ranges::sort(gathered);
    return gathered;
  }

  static void gather(const Layer& layer, std::span<const RuleId> matched, std::vector<RuleId>& gathered) {
    for (const RuleId id : matched) {
      if (!layer.struck || !is_struck(*layer.struck, id)) gathered.push_back(id);
    }
  }

  std::vector<Layer> layers_;  // at least one
  std::size_t rule_count_ = 0;
};

std::shared_ptr<const RuleSet> RuleIndex::rule_set() const {
  if (levels_.empty()) return RuleSet::compile({});
  if (levels_.size() == 1 && !levels_.front().struck) return levels_.front().segment->rule_set();
  return std::make_shared<const LayeredRuleSet>(levels_);
}

}  // namespace eventbus::rules
