#pragma once

#include "schemas/schema_validator.h"

#include <string>
#include <string_view>
#include <vector>

namespace eventbus::schemas {

// What a change of a schema means to those who rely on the old one.
//
//   backward  every document that fits the old schema fits the new one: what producers send, and what archives hold,
//   stays
//             valid; consumers of the new schema can read old events.
//   forward   every document that fits the new schema fits the old one: consumers of the old schema can read new
//   events. full      both.
//
// Whether one schema takes everything that another takes cannot be decided in general. It is decided keyword by
// keyword, and what cannot be shown counts as breaking: a finding too many is possible, a break that goes unseen is
// not, with the one exception that findings of kind kNote name (a new optional member of an object that takes any
// member).
enum class Direction { kBackward, kForward };

struct Finding {
  enum Kind { kBreaking, kNote } kind = kBreaking;
  Direction direction = Direction::kBackward;
  // JSON pointer to the place in documents; "*" stands for any member that no name covers, "-" for any item.
  std::string path;
  std::string reason;  // "is required now"

  friend bool operator==(const Finding&, const Finding&) = default;
};

// All findings of one direction, in the order of the schema; none: compatible.
std::vector<Finding> compare(const SchemaValidator& older, const SchemaValidator& newer, Direction direction);

bool is_breaking(const std::vector<Finding>& findings);
// "breaking: /metadata must have …".
std::string to_string(const Finding& finding);

}  // namespace eventbus::schemas
