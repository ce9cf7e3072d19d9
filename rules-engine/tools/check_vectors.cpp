// check-vectors FILE…: runs recorded verdicts through the engine, prints each mismatch and `N passed, M failed`. A
// pattern vector is one check; so is each event of a rule set's phase. Exits 1 on any mismatch, 2 on a file it cannot
// read.
#include "rules-engine/pattern_parser.h"
#include "rules-engine/rule_set.h"
#include "rules-engine/tools/vector_file.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace eventbus;
using namespace eventbus::rules;

class Checker {
 public:
  void check(const PatternVector& vector) {
    const auto parsed = parse_event_pattern(vector.pattern);
    if (parsed.has_value() != vector.valid) {
      return fail(vector.id,
                  vector.valid ? "refused: " + parsed.error().message : "accepted, expected: " + vector.error);
    }
    if (!parsed) {
      const std::string reason = parsed.error().message.substr(0, parsed.error().message.find("\n at [Source: "));
      if (vector.error_counts() && reason != vector.error) {
        return fail(vector.id, "reason \"" + reason + "\", expected \"" + vector.error + "\"");
      }
      return pass();
    }
    const RuleInput rule{0, *parsed};
    const PaddedText event(vector.event);
    const auto matched = RuleSet::compile({&rule, 1})->match(event.view(), scratch_);
    if (!matched) return fail(vector.id, matched.error().message);
    if (matched->empty() == vector.match) return fail(vector.id, vector.match ? "no match" : "matched");
    pass();
  }

  void check(const RuleSetVector& vector) {
    std::map<std::string, std::shared_ptr<const EventPattern>> live;
    for (std::size_t phase = 0; phase < vector.phases.size(); ++phase) {
      const std::string where = vector.id + " phase " + std::to_string(phase);
      for (const auto& operation : vector.phases[phase].operations) {
        if (!operation.add) {
          live.erase(operation.name);
          continue;
        }
        const auto parsed = parse_event_pattern(operation.pattern);
        if (!parsed) {
          fail(where, operation.name + " refused: " + parsed.error().message);
          continue;
        }
        live[operation.name] = *parsed;
      }
      check_events(where, live, vector.phases[phase].events);
    }
  }

  int report() const {
    std::cout << passed_ << " passed, " << failed_ << " failed\n";
    return failed_ == 0 ? 0 : 1;
  }

 private:
  void check_events(const std::string& where, const std::map<std::string, std::shared_ptr<const EventPattern>>& live,
                    const std::vector<RuleSetVector::Event>& events) {
    std::vector<std::string> names;
    std::vector<RuleInput> rules;
    for (const auto& [name, pattern] : live) {
      rules.push_back({static_cast<RuleId>(names.size()), pattern});
      names.push_back(name);
    }
    const auto rule_set = RuleSet::compile(rules);
    for (std::size_t i = 0; i < events.size(); ++i) {
      const std::string here = where + " event " + std::to_string(i);
      const PaddedText event(events[i].text);
      const auto matched = rule_set->match(event.view(), scratch_);
      if (!matched) {
        fail(here, matched.error().message);
        continue;
      }
      std::vector<std::string> got;
      for (RuleId id : *matched) got.push_back(names[id]);
      if (got == events[i].match) {
        pass();
        continue;
      }
      std::vector<std::string> missing;
      std::vector<std::string> extra;
      std::ranges::set_difference(events[i].match, got, std::back_inserter(missing));
      std::ranges::set_difference(got, events[i].match, std::back_inserter(extra));
      fail(here, "missing [" + joined(missing) + "], too many [" + joined(extra) + "]");
    }
  }

  static std::string joined(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : " ") + name;
    return out;
  }

  void pass() { ++passed_; }
  void fail(const std::string& where, const std::string& what) {
    ++failed_;
    std::cout << where << ": " << what << '\n';
  }

  MatchScratch scratch_;
  std::size_t passed_ = 0;
  std::size_t failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: check-vectors FILE…\n";
    return 2;
  }
  Checker checker;
  for (int i = 1; i < argc; ++i) {
    const auto file = read_vector_file(argv[i]);
    if (!file) {
      std::cerr << file.error().message << '\n';
      return 2;
    }
    for (const PatternVector& vector : file->patterns) checker.check(vector);
    for (const RuleSetVector& vector : file->rule_sets) checker.check(vector);
  }
  return checker.report();
}
