#pragma once

#include "base/result.h"
#include "rules-engine/event_pattern.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::cli {

struct NamedRule {
  std::string name;
  std::shared_ptr<const rules::EventPattern> pattern;
};

struct RuleFile {
  std::vector<NamedRule> rules;
  // Rules that can match nothing, with the reason: "nightly: it has a schedule and no event pattern".
  std::vector<std::string> left_out;
};

// Rules as people have them, one JSON text or several one behind the other (JSON lines):
//   {"big-orders": {"detail": {"total": [{"numeric": [">", 100]}]}}, …}    name → pattern, as an object or a string of
//   JSON
//   [{"Name": "big-orders", "EventPattern": "{…}"}, …]                     such records, or one of them; also "name",
//   "pattern"
//   {"Rules": […]}                                                         what `aws events list-rules` prints
//   {"source": ["shop"]}                                                   a pattern alone, called "pattern", or of
//   several
//                                                                          "line-N" after the line that it begins in
// An object is a pattern alone if a member is an array or all of its members are fields of an event's envelope.
//
// `source` is the name of the text in messages. kInvalid, a line for each rule that is at fault, with AWS's reason.
Result<RuleFile> parse_rule_file(std::string_view text, const std::string& source);

}  // namespace eventbus::cli
