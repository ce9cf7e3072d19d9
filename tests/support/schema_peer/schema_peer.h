#pragma once

#include <boost/json/value.hpp>

#include <memory>
#include <optional>

namespace eventbus::testing {

// valijson 1.0, for comparison. It must only be given schemas and documents that it survives: none of the hazards that
// docs/adr/0016 lists.
class SchemaPeer {
 public:
  // nullopt: it refuses the schema.
  static std::optional<SchemaPeer> compile(const boost::json::value& schema);
  bool fits(const boost::json::value& document) const;

 private:
  struct State;
  explicit SchemaPeer(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace eventbus::testing
