#pragma once

#include "schemas/schema_node.h"

#include <boost/json/value.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace eventbus::schemas {

const SchemaNode& behind_references(const SchemaNode& node);

// Everything that a document has to fit at once: schemas without their `$ref`s, each followed by what it lists in
// `allOf`. Empty: anything fits.
class Conjunction {
 public:
  Conjunction() = default;
  explicit Conjunction(const SchemaNode& node) { add(node); }

  void add(const SchemaNode& referring);
  void add(const SchemaNode* node) {
    if (node) add(*node);
  }

  const std::vector<const SchemaNode*>& parts() const { return parts_; }

  bool nothing_fits() const;
  TypeSet types() const;
  bool fits(const boost::json::value& value) const;
  // The values that fit, where they can be counted.
  std::optional<std::vector<boost::json::value>> values() const;

  // What all parts say of one keyword, as one: the strictest.
  template <typename Rules, typename Value, typename Stricter>
  std::optional<Value> strictest(std::unique_ptr<Rules> SchemaNode::*rules, std::optional<Value> Rules::*bound,
                                 const Stricter& stricter) const {
    std::optional<Value> found;
    for (const SchemaNode* part : parts_) {
      if (!(part->*rules)) continue;
      const std::optional<Value>& here = (*(part->*rules)).*bound;
      if (here && (!found || stricter(*here, *found))) found = here;
    }
    return found;
  }
  template <typename Predicate>
  bool any(const Predicate& predicate) const {
    return std::ranges::any_of(parts_, [&](const SchemaNode* part) { return predicate(*part); });
  }
  bool requires_member(std::string_view name) const;

 private:
  std::vector<const SchemaNode*> parts_;
};

// Do no documents fit both? No: it cannot be shown.
bool are_disjoint(const SchemaNode& left, const SchemaNode& right);

}  // namespace eventbus::schemas
