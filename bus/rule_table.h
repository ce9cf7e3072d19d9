#pragma once

#include "rules-engine/rule_set.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace eventbus {

struct CompiledRule;

// The matchable rules of a bus by RuleId, as a value: a copy costs nothing and shares everything, a change costs some
// microseconds at 100,000 rules. Ids of removed rules are given to new ones.
class RuleTable {
 public:
  using Rule = std::shared_ptr<const CompiledRule>;

  RuleTable() = default;
  // With the ids 0, 1, 2, …
  explicit RuleTable(std::vector<Rule> rules);

  // The rule of an id that add or the constructor gave out.
  const CompiledRule& operator[](rules::RuleId id) const { return *(*chunks_)[id / kChunk]->rules[id % kChunk]; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Returns its id, the lowest that is free.
  rules::RuleId add(Rule rule);
  void replace(rules::RuleId id, Rule rule);
  void remove(rules::RuleId id);

 private:
  static constexpr std::size_t kChunk = 256;
  struct Chunk {
    std::vector<Rule> rules = std::vector<Rule>(kChunk);  // null: the id is free
    std::size_t used = 0;
  };
  using Chunks = std::vector<std::shared_ptr<const Chunk>>;

  void set(rules::RuleId id, Rule rule);

  std::shared_ptr<const Chunks> chunks_ = std::make_shared<const Chunks>();
  std::size_t first_gap_ = 0;  // no chunk before this one has a free id
  std::size_t size_ = 0;
};

}  // namespace eventbus
