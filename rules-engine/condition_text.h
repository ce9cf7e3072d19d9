#pragma once

#include "rules-engine/event_pattern.h"
#include "rules-engine/json_reader.h"

#include <string>
#include <string_view>

namespace eventbus::rules {

// A value as conditions see it.
struct ScalarValue {
  JsonToken kind = JsonToken::kNull;  // a scalar's
  std::string_view text;              // a string's text or a number's spelling
};

// Does the value satisfy the condition? `exists: false` is satisfied by none.
bool fits(const Condition& condition, ScalarValue value);

// The condition as JSON text, as a user could have written it: "\"running\"", "{\"prefix\":\"r\"}",
// "{\"numeric\":[\">\",5]}".
std::string condition_json(const Condition& condition);

// Why the value, which does not fit, does not: "\"stopped\" does not begin with \"r\"". `shown` is the value as JSON
// text.
std::string why_not(const Condition& condition, ScalarValue value, std::string_view shown);

// `text` as a JSON string, with its quotes; valid UTF-8 in and out.
std::string quoted_json(std::string_view text);

}  // namespace eventbus::rules
