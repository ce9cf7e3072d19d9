#pragma once

#include "schemas/schema_node.h"
#include "schemas/violation.h"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::schemas {

// Where in a document a check stands: a list that grows on the stack and becomes a pointer only when something is
// wrong.
struct Place {
  const Place* parent = nullptr;
  std::string_view name;
  std::size_t index = 0;
  bool is_item = false;
  std::size_t depth = 0;

  Place member(std::string_view key) const { return {this, key, 0, false, depth + 1}; }
  Place item(std::size_t at) const { return {this, {}, at, true, depth + 1}; }
  std::string pointer() const;
};

// One walk of one document against one schema, bounded in stack and work (schema_limits.h): a document that would take
// more fits nothing.
class SchemaCheck {
 public:
  // Without `report` the walk ends at the first thing that is wrong; with it, it goes on until there are `most`.
  explicit SchemaCheck(std::vector<Violation>* report = nullptr, std::size_t most = 1) : report_(report), most_(most) {}

  bool fits(const SchemaNode& schema, const boost::json::value& value, const Place& place);
  bool exhausted() const { return exhausted_; }
  static std::string exhaustion(bool too_deep);
  bool too_deep() const { return too_deep_; }

 private:
  using Value = boost::json::value;

  bool fits_node(const SchemaNode& node, const Value& value, const Place& place);
  bool fits_number(const SchemaNode& node, const Value& value, const Place& place);
  bool fits_string(const SchemaNode& node, const Value& value, const Place& place);
  bool fits_array(const SchemaNode& node, const Value& value, const Place& place);
  bool fits_object(const SchemaNode& node, const Value& value, const Place& place);
  bool fits_members(const SchemaNode& node, const boost::json::object& object, const Place& place);
  bool fits_dependencies(const SchemaNode& node, const Value& value, const Place& place);
  bool fits_combinations(const SchemaNode& node, const Value& value, const Place& place);
  bool fits_any(const SchemaNode& node, const Value& value, const Place& place);
  bool fits_one(const SchemaNode& node, const Value& value, const Place& place);
  bool fits_quietly(const SchemaNode& node, const Value& value, const Place& place);
  bool matches(const EcmaPattern& pattern, std::string_view text);
  bool all_differ(const boost::json::array& items);
  void report_nearest(const std::vector<const SchemaNode*>& alternatives, std::string_view keyword,
                      const SchemaNode& node, const Value& value, const Place& place);

  // Nothing more is to be looked at: the verdict is known, or there is enough to report.
  bool over() const { return exhausted_ || !report_ || report_->size() >= most_; }
  bool spend(std::uint64_t steps);
  // Says what is wrong if anybody wants to know; false. `reason` makes the phrase.
  template <typename Reason>
  bool wrong(const SchemaNode& node, const Place& place, const Reason& reason, std::string_view keyword);

  std::vector<Violation>* report_;
  std::size_t most_;
  std::size_t applications_ = 0;
  std::uint64_t steps_ = 0;
  bool exhausted_ = false, too_deep_ = false;
};

}  // namespace eventbus::schemas
