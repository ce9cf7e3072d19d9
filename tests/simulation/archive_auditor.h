#pragma once

#include "tests/simulation/history.h"
#include "tests/simulation/queue_auditor.h"
#include "tests/simulation/rule_book.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::simulation {

// The auditor's idea of archives. Holds: what was accepted for one is in it from then on, as often as it came to the
// archive's bus, until it expires or the archive is deleted; nothing else is, and no longer.
class ArchiveAuditor {
 public:
  ArchiveAuditor(History& history, const RuleBook& rules) : history_(history), rules_(rules) {}

  struct Put {
    std::string event, archive;  // EventSpec::identity()
    TimePoint time;              // the event's own
    unsigned must = 0, may = 0;
    Window window = {};
  };
  // Once for each event and archive; a second call corrects the first.
  void put(const Put& put);
  // It was deleted, between these moments: what was put before is gone if it is `sure` at all.
  void emptied(const std::string& archive, Tick from, Tick until, bool sure);
  // Whatever was under way has been broken off.
  void settled(const std::string& archive);

  struct Reading {
    std::string archive;
    Tick began = 0;
    TimePoint began_at;
    TimePoint start, end;             // of the events' own times
    std::vector<std::string> events;  // keys
  };
  // All that it holds of a window.
  void read(const Reading& reading) const;

  // What a replay has to bring that began between these moments: those that were in the archive then.
  struct Candidate {
    std::string event;
    unsigned must = 0, may = 0;
  };
  std::vector<Candidate> candidates(const ReplaySpec& replay, Tick from, Tick until) const;
  // At most so often.
  unsigned may_hold(const ReplaySpec& replay, const std::string& event, Tick until) const;

 private:
  struct Item {
    Put put;
    bool waived = false;  // deleted, perhaps
    std::optional<Tick> gone;
  };
  using Key = std::pair<std::string, std::string>;  // archive, event

  // By retention, which counts from acceptance.
  bool expired_maybe(const Item& item) const;
  bool expired_surely(const Item& item, const Reading& reading) const;

  History& history_;
  const RuleBook& rules_;
  std::map<Key, Item> items_;
  std::map<std::string, Tick> last_emptied_;  // kNever: it is under way
};

}  // namespace eventbus::simulation
