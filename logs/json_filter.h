#pragma once

#include "base/result.h"

#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace eventbus {

// A condition on JSON log events: what stands in the braces of a filter pattern.
//
//   condition  = conjunction *( "||" conjunction )
//   conjunction = primary *( "&&" primary )
//   primary    = "(" condition ")" / selector comparison
//   comparison = ( "=" / "!=" ) value / ( "<" / "<=" / ">" / ">=" ) number
//              / "IS" ( "NULL" / "TRUE" / "FALSE" ) / "NOT" "EXISTS"
//   selector   = "$" *( "." name / "[" index "]" / "['" name "']" )
//   value      = number / quoted text / bare text, with "*" for any run of characters
struct JsonFilter {
  enum Kind { kAnd, kOr, kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kIs, kNotExists };
  using Step = std::variant<std::string, std::size_t>;

  Kind kind = kAnd;
  std::vector<JsonFilter> parts;  // of kAnd and kOr
  std::vector<Step> selector;     // of the others
  std::string text;               // what is compared with
  std::optional<double> number;   // the same, where it is a number without quotes
  boost::json::value literal;     // of kIs: null, true or false

  bool matches(const boost::json::value& event) const;
};

// `text` stands between the braces. kInvalid says what is wrong.
Result<JsonFilter> parse_json_filter(std::string_view text);

}  // namespace eventbus
