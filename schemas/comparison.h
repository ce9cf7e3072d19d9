#pragma once

#include "schemas/compatibility.h"
#include "schemas/conjunction.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::schemas {

using Findings = std::vector<Finding>;

bool breaks(const Findings& findings);
void append(Findings& to, Findings more);

// Does everything that fits one schema fit another? The one is `sub`, a conjunction that grows on the way; the other
// `super`. Answers with what speaks against it.
//   comparison.cpp          the question itself; one that is asked already; choices, allOf, anyOf, oneOf, not, if
//   comparison_values.cpp   numbers, strings, arrays
//   comparison_objects.cpp  members, by name, by pattern, and all others; dependencies
class Comparison {
 public:
  explicit Comparison(Direction direction) : direction_(direction) {}

  Findings contained(const Conjunction& sub, const SchemaNode& super_referring, const std::string& path);

 private:
  using Question = std::pair<std::vector<const SchemaNode*>, const SchemaNode*>;

  Finding breaking(const std::string& path, std::string reason) const;
  // "be at least 3" → "must be at least 3 now", "need no longer be at least 3".
  Finding must(const std::string& path, const std::string& what) const;
  Finding may(const std::string& path, const std::string& what) const;

  bool holds(const Conjunction& sub, const SchemaNode& super) { return !breaks(contained(sub, super, "")); }
  bool same(const SchemaNode& left, const SchemaNode& right) {
    return contained(Conjunction(left), right, "").empty() && contained(Conjunction(right), left, "").empty();
  }

  Findings answer(const Conjunction& sub, const SchemaNode& super, const std::string& path);
  std::optional<Findings> answer_by_choice(const Conjunction& sub, const SchemaNode& super, const std::string& path);

  Findings numbers(const Conjunction& sub, const NumberRules& super, TypeSet types, const std::string& path) const;
  Findings strings(const Conjunction& sub, const StringRules& super, const std::string& path) const;
  Findings arrays(const Conjunction& sub, const ArrayRules& super, const std::string& path);

  Findings objects(const Conjunction& sub, const ObjectRules& super, const std::string& path);
  Findings member(const Conjunction& sub, const ObjectRules& super, const std::string& name, const std::string& path);
  Findings other_members(const Conjunction& sub, const ObjectRules& super, const std::string& path);
  Findings depends(const Conjunction& sub, const Dependency& wanted, const std::set<std::string, std::less<>>& required,
                   const std::string& path);

  Findings combinations(const Conjunction& sub, const Combinations& super, const std::string& path);
  Findings some_choice(const Conjunction& sub, const std::vector<const SchemaNode*>& choices, const std::string& path,
                       const std::string& keyword);
  Findings one_choice(const Conjunction& sub, const Combinations& super, const std::string& path);
  bool excludes(const Conjunction& sub, const SchemaNode& excluded);
  Findings conditions(const Conjunction& sub, const Combinations& super, const std::string& path);

  // Lengths of strings, numbers of items and of members.
  template <typename Rules>
  void at_least(const Conjunction& sub, std::unique_ptr<Rules> SchemaNode::*rules,
                std::optional<std::size_t> Rules::*bound, const Rules& super, const std::string& path, const char* unit,
                Findings& findings, std::size_t known = 0) const {
    const std::optional<std::size_t>& wanted = super.*bound;
    if (!wanted) return;
    const std::size_t least = std::max(known, sub.strictest(rules, bound, std::greater<>()).value_or(0));
    if (least < *wanted) findings.push_back(must(path, "have at least " + std::to_string(*wanted) + unit));
  }
  template <typename Rules>
  void at_most(const Conjunction& sub, std::unique_ptr<Rules> SchemaNode::*rules,
               std::optional<std::size_t> Rules::*bound, const Rules& super, const std::string& path, const char* unit,
               Findings& findings) const {
    const std::optional<std::size_t>& wanted = super.*bound;
    if (!wanted) return;
    const std::optional<std::size_t> most = sub.strictest(rules, bound, std::less<>());
    if (!most || *most > *wanted) findings.push_back(must(path, "have at most " + std::to_string(*wanted) + unit));
  }

  const Direction direction_;
  std::set<Question> asking_;
  std::set<const SchemaNode*> chosen_;
  std::size_t questions_ = 0;
};

}  // namespace eventbus::schemas
