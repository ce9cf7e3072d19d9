#pragma once

#include "bus/catalog_error.h"
#include "rules-engine/rule_set.h"

#include <memory>
#include <string>
#include <string_view>

namespace eventbus {

// One event pattern, by itself: takes events or leaves them. One thread at a time.
class PatternFilter {
 public:
  // kInvalidEventPattern: "Event pattern is not valid. Reason: …".
  static CatalogResult<PatternFilter> compile(std::string_view pattern);

  // The text gets the readable bytes behind it that matching needs. What is no JSON is left.
  bool takes(std::string& event);

 private:
  explicit PatternFilter(std::shared_ptr<const rules::RuleSet> rules) : rules_(std::move(rules)) {}

  std::shared_ptr<const rules::RuleSet> rules_;
  rules::MatchScratch scratch_;
};

}  // namespace eventbus
