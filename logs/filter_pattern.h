#pragma once

#include "base/result.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

struct JsonFilter;

// CloudWatch Logs' filter pattern syntax ("Filter pattern syntax for metric filters, subscription filters, and filter
// log events"): terms, and conditions on JSON. Immutable once parsed; copies share.
//
//   ERROR timeout          all of the terms are in the message; upper and lower case differ
//   "out of memory" -test  a phrase is, and a term is not
//   ?ERROR ?WARN           one of them is; beside other terms these are ignored, as on AWS
//   { $.status = 4* && ($.latency >= 1.5 || $.user.name != "x") }
class FilterPattern {
 public:
  FilterPattern() = default;  // matches everything
  // kInvalid "Invalid filter pattern…" with what is wrong. The forms [a, b, …] and %regular expression% are not known.
  static Result<FilterPattern> parse(std::string_view text);

  bool matches(std::string_view message) const;

 private:
  std::vector<std::string> required_, excluded_, any_of_;
  std::shared_ptr<const JsonFilter> json_;
};

}  // namespace eventbus
