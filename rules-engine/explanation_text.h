#pragma once

#include "rules-engine/explain.h"

#include <string>

namespace eventbus::rules {

// The explanation for people, lines that end with '\n':
//
//   no match
//     detail.state: no value fits
//       asked for  "running" or {"prefix":"r"}
//       seen       "stopped" at detail.state
//                  "stopped" is not "running"
//                  "stopped" does not begin with "r"
//     holds: source
std::string explanation_text(const Explanation& explanation);

// The same for programs: one JSON object without line breaks. docs/eventbusctl.md describes its members.
std::string explanation_json(const Explanation& explanation);

}  // namespace eventbus::rules
