#include "rules-engine/match_scratch.h"

#include <algorithm>

namespace eventbus::rules {

MatchScratch::MatchScratch() : state_(std::make_unique<State>()) {}
MatchScratch::~MatchScratch() = default;
MatchScratch::MatchScratch(MatchScratch&&) noexcept = default;
MatchScratch& MatchScratch::operator=(MatchScratch&&) noexcept = default;

void MatchScratch::State::begin(const CompiledRules& rules, std::size_t bytes) {
  if (fields.size() < rules.fields.size()) fields.resize(rules.fields.size());
  if (branch_stamps.size() < rules.branches.size()) branch_stamps.resize(rules.branches.size());
  if (rule_stamps.size() < rules.rule_count) rule_stamps.resize(rules.rule_count);
  if (++epoch == 0) {  // after 2^32 events: old stamps would look new again
    std::ranges::fill(fields, FieldState{});
    std::ranges::fill(branch_stamps, 0);
    std::ranges::fill(rule_stamps, 0);
    epoch = 1;
  }
  // Unescaping never lengthens a text ("\ud800" becomes the three bytes of U+FFFD), and each string is unescaped once.
  // The trie of paths reads eight bytes of a key at once.
  constexpr std::size_t kReadAhead = 8;
  if (arena.size() < bytes + kReadAhead) arena.resize(bytes + kReadAhead);
  arena_used = 0;
  values.clear();
  elements.clear();
  arrays = 0;
  hits.clear();
  candidates.clear();
  matched.clear();
}

void StateSet::clear() {
  size_ = 0;
  if (++epoch_ == 0) {
    std::ranges::fill(slots_, Slot{});
    epoch_ = 1;
  }
}

bool StateSet::insert(Key key) {
  if (size_ * 2 >= slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = key.low & mask;; i = (i + 1) & mask) {
    Slot& slot = slots_[i];
    if (slot.epoch != epoch_) {
      slot = {key, epoch_};
      ++size_;
      return true;
    }
    if (slot.key.low == key.low && slot.key.high == key.high) return false;
  }
}

void StateSet::grow() {
  constexpr std::size_t kFirstSize = 64;
  std::vector<Slot> old(std::max(kFirstSize, slots_.size() * 2));
  old.swap(slots_);
  size_ = 0;
  for (const Slot& slot : old) {
    if (slot.epoch == epoch_) insert(slot.key);
  }
}

}  // namespace eventbus::rules
