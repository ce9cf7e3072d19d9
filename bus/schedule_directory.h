#pragma once

#include "base/clock.h"
#include "bus/compiled_bus.h"
#include "bus/scope.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// An enabled rule with a schedule; such rules are on default buses only.
struct ScheduledRule {
  Scope scope;
  std::string expression;
  TimePoint scheduled_from;  // a rate counts from here
  std::shared_ptr<const CompiledRule> rule;

  // The same cadence: what was due for the one is due for the other.
  bool same_schedule(const ScheduledRule& other) const {
    return scope == other.scope && rule->name == other.rule->name && expression == other.expression &&
           scheduled_from == other.scheduled_from;
  }
};

// Where the scheduler looks them up. Safe to call from any thread.
class ScheduleDirectory {
 public:
  virtual ~ScheduleDirectory() = default;
  virtual std::vector<ScheduledRule> scheduled_rules() const = 0;
  virtual std::optional<ScheduledRule> scheduled_rule(const Scope& scope, std::string_view name) const = 0;
};

}  // namespace eventbus
