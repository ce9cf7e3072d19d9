#include "bus/rule_table.h"

#include <algorithm>
#include <utility>

namespace eventbus {

RuleTable::RuleTable(std::vector<Rule> rules) : first_gap_(rules.size() / kChunk), size_(rules.size()) {
  Chunks chunks;
  for (std::size_t begin = 0; begin < rules.size(); begin += kChunk) {
    Chunk chunk;
    chunk.used = std::min(kChunk, rules.size() - begin);
    for (std::size_t i = 0; i < chunk.used; ++i) chunk.rules[i] = std::move(rules[begin + i]);
    chunks.push_back(std::make_shared<const Chunk>(std::move(chunk)));
  }
  chunks_ = std::make_shared<const Chunks>(std::move(chunks));
}

rules::RuleId RuleTable::add(Rule rule) {
  while (first_gap_ < chunks_->size() && (*chunks_)[first_gap_]->used == kChunk) ++first_gap_;
  std::size_t free = 0;
  if (first_gap_ < chunks_->size()) {
    const std::vector<Rule>& slots = (*chunks_)[first_gap_]->rules;
    free = static_cast<std::size_t>(std::ranges::find(slots, nullptr) - slots.begin());
  }
  const auto id = static_cast<rules::RuleId>(first_gap_ * kChunk + free);
  set(id, std::move(rule));
  return id;
}

void RuleTable::replace(rules::RuleId id, Rule rule) { set(id, std::move(rule)); }

void RuleTable::remove(rules::RuleId id) {
  set(id, nullptr);
  first_gap_ = std::min(first_gap_, id / kChunk);
}

void RuleTable::set(rules::RuleId id, Rule rule) {
  Chunks chunks = *chunks_;
  const std::size_t at = id / kChunk;
  if (at == chunks.size()) chunks.push_back(std::make_shared<const Chunk>());
  Chunk chunk = *chunks[at];
  Rule& slot = chunk.rules[id % kChunk];
  const int change = (rule ? 1 : 0) - (slot ? 1 : 0);
  chunk.used += static_cast<std::size_t>(change);
  size_ += static_cast<std::size_t>(change);
  slot = std::move(rule);
  chunks[at] = std::make_shared<const Chunk>(std::move(chunk));
  while (!chunks.empty() && chunks.back()->used == 0) chunks.pop_back();
  chunks_ = std::make_shared<const Chunks>(std::move(chunks));
}

}  // namespace eventbus
