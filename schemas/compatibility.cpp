#include "schemas/compatibility.h"

#include "schemas/comparison.h"

namespace eventbus::schemas {

std::vector<Finding> compare(const SchemaValidator& older, const SchemaValidator& newer, Direction direction) {
  const SchemaNode& old_root = *older.compiled().root;
  const SchemaNode& new_root = *newer.compiled().root;
  const bool backward = direction == Direction::kBackward;
  return Comparison(direction).contained(Conjunction(backward ? old_root : new_root), backward ? new_root : old_root,
                                         "");
}

bool is_breaking(const std::vector<Finding>& findings) { return breaks(findings); }

std::string to_string(const Finding& finding) {
  return std::string(finding.kind == Finding::kBreaking ? "breaking: " : "note: ") +
         (finding.path.empty() ? "the document" : finding.path) + " " + finding.reason;
}

}  // namespace eventbus::schemas
