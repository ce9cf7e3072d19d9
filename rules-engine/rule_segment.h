#pragma once

#include "rules-engine/rule_set.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::rules {

// Some rules of a RuleIndex, compiled together when they are first needed. Immutable; any thread.
// The patterns are kept as texts, a quarter of the size of the parsed ones and parsed again in a microsecond; and all
// in one piece, so that a hundred thousand of them die at once, in whatever thread that happens.
class RuleSegment {
 public:
  struct Rule {
    RuleId id = 0;
    std::string_view pattern;  // valid
  };

  // By ascending id, each once, at least one.
  explicit RuleSegment(const std::vector<Rule>& rules);

  std::size_t size() const { return entries_.size(); }
  Rule operator[](std::size_t i) const {
    return {entries_[i].id, std::string_view(texts_).substr(entries_[i].begin, entries_[i].size)};
  }
  RuleId greatest_id() const { return entries_.back().id; }
  bool has(RuleId id) const;
  const std::shared_ptr<const RuleSet>& rule_set() const;

 private:
  struct Entry {
    RuleId id = 0;
    std::uint32_t size = 0;
    std::size_t begin = 0;
  };
  std::vector<Entry> entries_;
  std::string texts_;
  mutable std::once_flag compile_once_;
  mutable std::shared_ptr<const RuleSet> rule_set_;
};

}  // namespace eventbus::rules
