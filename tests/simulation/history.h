#pragma once

#include "tests/simulation/simulation_clock.h"
#include "tests/simulation/timeline.h"
#include "tests/simulation/trace.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace eventbus::simulation {

// What has befallen the machine: what an auditor must know to tell what a bus may do after it, and where it says that a
// bus did what it may not.
class History {
 public:
  History(const SimulationClock& clock, Trace& trace) : clock_(clock), trace_(trace) {}

  TimePoint now() const { return clock_.now(); }
  Duration passed() const { return clock_.passed(); }
  Tick tick() { return ++tick_; }
  Tick now_tick() const { return tick_; }
  Trace& trace() { return trace_; }

  // ---- what befalls it

  void life_begins() {
    alive_ = true;
    ++life_;
    disturbed_ = clock_.passed();
    calm_from_ = clock_.passed();
    calm_tick_ = tick();
  }
  // What memory alone held is lost with a crash; an orderly stop with a healthy disk keeps all of it.
  void life_ends(bool crash) {
    alive_ = false;
    disturbed_ = clock_.passed();
    if (crash || !healthy_) ++epoch_;
    if (crash) ++crashes_;
  }
  void clock_jumped(TimePoint from, TimePoint to) {
    // Who sleeps wakes within the hour (SystemClock): until then he is late once it is set forward.
    constexpr Duration kLongestNap = std::chrono::hours(1);
    jumps_.push_back({tick(), from, to});
    disturbed_ = clock_.passed() + (to > from ? kLongestNap : Duration(0));
  }
  void disk_fails() {
    healthy_ = false;
    failed_in_.insert(life_);
    disturbed_ = clock_.passed();
    ++outages_;
  }
  void disk_works() {
    healthy_ = true;
    disturbed_ = clock_.passed();
    calm_from_ = clock_.passed();
    calm_tick_ = tick();
  }
  // Called now and then: a while without trouble makes all that ended before it durable.
  void look() {
    if (marks_.empty() || clock_.passed() >= marks_.back().passed + kMarkEvery) {
      marks_.push_back({clock_.passed(), tick()});
      if (marks_.size() > kMarksKept) marks_.pop_front();
    }
    constexpr Duration kCalm = std::chrono::seconds(40);
    if (is_set_back()) calm_from_ = clock_.passed();  // who tries again later does so when that time comes again
    if (!alive_ || !healthy_ || clock_.passed() < calm_from_ + kCalm) return;
    durable_to_[life_] = calm_tick_;
    calm_from_ = clock_.passed();
    calm_tick_ = tick();
  }

  // ---- what follows

  std::uint64_t life() const { return life_; }    // every start of the daemon
  std::uint64_t epoch() const { return epoch_; }  // every loss of what memory held
  std::uint64_t crashes() const { return crashes_; }
  std::uint64_t outages() const { return outages_; }  // of the disk: what fails then may be there later
  bool healthy() const { return healthy_; }
  // Is it still known what memory learned then? What a disk does not take is gone even after an orderly stop.
  bool remembers(std::uint64_t life, std::uint64_t epoch) const {
    return life == life_ || (epoch == epoch_ && !failed_in_.contains(life));
  }
  bool alive() const { return alive_; }
  // What ended at this moment of this life is on disk, with what followed from it.
  bool durable(Tick ended, std::uint64_t life) const {
    const auto to = durable_to_.find(life);
    return to != durable_to_.end() && ended < to->second;
  }
  // No start, no end, no jump, no outage since then.
  bool undisturbed_since(Duration passed) const { return alive_ && healthy_ && disturbed_ < passed; }
  // A moment that was not later than that.
  Tick tick_at(Duration passed) const {
    Tick found = 0;
    for (const Mark& mark : marks_)
      if (mark.passed <= passed) found = mark.tick;
    return found;
  }
  // Does the wall clock show what it has shown before?
  bool is_set_back() const { return latest_since(0) > clock_.now(); }
  bool jumped_since(Tick when) const { return !jumps_.empty() && jumps_.back().when > when; }
  std::size_t jumps() const { return jumps_.size(); }
  // Has the wall clock shown this time, or a later one, before a jump?
  bool was_beyond(TimePoint when) const {
    return std::ranges::any_of(jumps_, [when](const Jump& jump) { return jump.from >= when; });
  }
  // The latest time that the wall clock has shown since.
  TimePoint latest_since(Tick when) const {
    TimePoint latest = clock_.now();
    for (auto jump = jumps_.rbegin(); jump != jumps_.rend() && jump->when > when; ++jump)
      latest = std::max(latest, jump->from);
    return latest;
  }
  // The earliest, when it showed `then` at that moment.
  TimePoint earliest_since(Tick when, TimePoint then) const {
    TimePoint earliest = std::min(clock_.now(), then);
    for (auto jump = jumps_.rbegin(); jump != jumps_.rend() && jump->when > when; ++jump)
      earliest = std::min(earliest, jump->to);
    return earliest;
  }

  // ---- the verdict

  // The first counts.
  void fail(std::string what) {
    trace_.note("VIOLATION " + what);
    if (violation_.empty()) violation_ = std::move(what);
  }
  bool failed() const { return !violation_.empty(); }
  const std::string& violation() const { return violation_; }

 private:
  struct Jump {
    Tick when;
    TimePoint from, to;
  };
  struct Mark {
    Duration passed;
    Tick tick;
  };
  static constexpr Duration kMarkEvery{10'000};
  static constexpr std::size_t kMarksKept = 60;

  const SimulationClock& clock_;
  Trace& trace_;
  std::deque<Mark> marks_;
  Duration disturbed_{0};
  Tick tick_ = 0, calm_tick_ = 0;
  std::map<std::uint64_t, Tick> durable_to_;  // of each life
  Duration calm_from_{0};
  std::uint64_t life_ = 0, epoch_ = 0, crashes_ = 0, outages_ = 0;
  bool healthy_ = true, alive_ = false;
  std::vector<Jump> jumps_;
  std::set<std::uint64_t> failed_in_;  // lives in which the disk has failed
  std::string violation_;
};

}  // namespace eventbus::simulation
