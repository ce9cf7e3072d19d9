#pragma once

#include "tests/simulation/history.h"
#include "tests/simulation/specs.h"
#include "tests/simulation/timeline.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::simulation {

// One way that an event may go: to this target of this rule.
struct Expected {
  std::string rule, target;
  std::vector<TargetSpec> specs;  // as they may have been: they differ in policies and dead-letter queues only
  bool must = false;
  bool hops_used_up = false;  // of a bus: it fails, and the event is a dead letter
};

// The auditor's idea of the rules: which there were when, and what follows for an event.
class RuleBook {
 public:
  struct Rule {
    BusKey bus;
    Timeline<RuleSpec> spec{RuleSpec{}};
    bool changing = false;  // by the workload, one change at a time
  };

  // Archives take what comes to their bus in the way of rules.
  struct Archive {
    BusKey bus;
    Timeline<ArchiveSpec> spec{ArchiveSpec{}};
    bool changing = false;
  };
  void add_archive(const std::string& name, BusKey bus) { archives_.emplace(name, Archive{std::move(bus)}); }
  Archive& archive(const std::string& name) { return archives_.at(name); }
  const Archive& archive(const std::string& name) const { return archives_.at(name); }
  const std::map<std::string, Archive>& archives() const { return archives_; }

  void add(const std::string& name, BusKey bus) { rules_.emplace(name, Rule{std::move(bus)}); }
  Rule& rule(const std::string& name) { return rules_.at(name); }
  const std::map<std::string, Rule>& rules() const { return rules_; }

  // Where an event goes that was published at some moment between.
  std::vector<Expected> expect(const EventSpec& event, Tick from, Tick until) const;

 private:
  struct Hop {
    BusKey bus;
    bool within_region = false, between_regions = false;
    bool sure = true, first = true;
  };
  void follow(const EventSpec& event, const Hop& hop, Tick from, Tick until, std::vector<Expected>& found) const;

  void follow_archives(const EventSpec& event, const Hop& hop, Tick from, Tick until,
                       std::vector<Expected>& found) const;

  std::map<std::string, Rule> rules_;
  std::map<std::string, Archive> archives_;
};

}  // namespace eventbus::simulation
