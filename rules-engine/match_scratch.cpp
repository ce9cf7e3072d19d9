#include "rules-engine/match_scratch.h"

#include <algorithm>

namespace eventbus::rules {

MatchScratch::MatchScratch() : state_(std::make_unique<State>()) {}
MatchScratch::~MatchScratch() = default;
MatchScratch::MatchScratch(MatchScratch&&) noexcept = default;
MatchScratch& MatchScratch::operator=(MatchScratch&&) noexcept = default;

void MatchScratch::State::begin(const CompiledRules& rules, std::size_t bytes) {
  if (fields.size() < rules.fields.size()) fields.resize(rules.fields.size());
  if (++epoch == 0) {  // after 2^32 events: old stamps would look new again
    std::ranges::fill(fields, FieldState{});
    epoch = 1;
  }
  // Unescaping never lengthens a text ("\ud800" becomes the three bytes of U+FFFD), and each string is unescaped once
  // and folded once. The trie of paths reads eight bytes of a key at once.
  constexpr std::size_t kReadAhead = 8;
  if (arena.size() < 2 * bytes + kReadAhead) arena.resize(2 * bytes + kReadAhead);
  arena_used = 0;
  values.clear();
  elements.clear();
  arrays = 0;
  lookups.clear();
  hits.clear();
  matched.clear();
  undecided.clear();
}

}  // namespace eventbus::rules
