#include "tests/simulation/rule_book.h"

#include <algorithm>
#include <utility>

namespace eventbus::simulation {

std::vector<Expected> RuleBook::expect(const EventSpec& event, Tick from, Tick until) const {
  std::vector<Expected> found;
  Hop hop;
  hop.bus = {kHome, event.bus};
  follow(event, hop, from, until, found);
  return found;
}

void RuleBook::follow_archives(const EventSpec& event, const Hop& hop, Tick from, Tick until,
                               std::vector<Expected>& found) const {
  for (const auto& [name, archive] : archives_) {
    if (archive.bus != hop.bus) continue;
    const std::vector<const ArchiveSpec*> possible = archive.spec.possible(from, until);
    const auto takes = [&](const ArchiveSpec* spec) { return spec->takes(event); };
    if (std::ranges::none_of(possible, takes)) continue;
    TargetSpec target;
    target.kind = TargetSpec::kArchive;
    target.name = name;
    found.push_back({"archive", name, {target}, hop.sure && std::ranges::all_of(possible, takes)});
  }
}

void RuleBook::follow(const EventSpec& event, const Hop& hop, Tick from, Tick until,
                      std::vector<Expected>& found) const {
  follow_archives(event, hop, from, until, found);
  for (const auto& [name, rule] : rules_) {
    if (rule.bus != hop.bus) continue;
    if (hop.first && !event.only.empty() && std::ranges::find(event.only, name) == event.only.end()) continue;
    const std::vector<const RuleSpec*> possible = rule.spec.possible(from, until);
    const auto sends_to = [&](const RuleSpec& spec, const std::string& id, const TargetSpec& target) {
      if (!spec.exists || !spec.enabled || !spec.schedule.empty() || !spec.pattern.matches(event)) return false;
      const auto has = spec.targets.find(id);
      return has != spec.targets.end() && has->second.delivers_like(target);
    };
    std::vector<Expected> of_rule;
    for (const RuleSpec* each : possible) {
      for (const auto& [id, target] : each->targets) {
        if (!sends_to(*each, id, target)) continue;
        const auto same = std::ranges::find_if(of_rule, [&](const Expected& expected) {
          return expected.target == id && expected.specs.front().delivers_like(target);
        });
        if (same != of_rule.end()) {
          if (std::ranges::find(same->specs, target) == same->specs.end()) same->specs.push_back(target);
          continue;
        }
        const bool always =
            std::ranges::all_of(possible, [&](const RuleSpec* spec) { return sends_to(*spec, id, target); });
        of_rule.push_back({name, id, {target}, hop.sure && always});
      }
    }
    for (Expected& expected : of_rule) {
      const TargetSpec& target = expected.specs.front();
      if (target.kind == TargetSpec::kBus) {
        Hop next = hop;
        next.bus = {target.abroad ? kAbroad : kHome, target.name};
        next.sure = expected.must;
        next.first = false;
        bool& used = next.bus.scope.region == hop.bus.scope.region ? next.within_region : next.between_regions;
        expected.hops_used_up = std::exchange(used, true);
        if (!expected.hops_used_up) {
          follow(event, next, from, until, found);
          continue;
        }
      }
      found.push_back(std::move(expected));
    }
  }
}

}  // namespace eventbus::simulation
