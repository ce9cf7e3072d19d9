// What replays bring: each event of the archive's window once more, for the rules that there are now.

#include "tests/simulation/auditor.h"

#include <algorithm>

namespace eventbus::simulation {

void Auditor::replay_begins(ReplaySpec spec) {
  Replay replay;
  replay.window = {history.tick(), kNever, history.now(), history.now()};
  replay.spec = std::move(spec);
  const std::string name = replay.spec.name;
  replays_.insert_or_assign(name, std::move(replay));
}

void Auditor::replay_refused(const std::string& name) {
  if (!replays_.at(name).events.empty()) history.fail("replay " + name + " was refused, and has brought events");
  replays_.erase(name);
}

void Auditor::replay_acknowledged(const std::string& name) { replays_.at(name).acknowledged = history.tick(); }

void Auditor::replay_is_missing(const std::string& name) {
  Replay& replay = replays_.at(name);
  if (replay.acknowledged != kNever) return history.fail("replay " + name + " was acknowledged, and is gone");
  replay_refused(name);
}

std::vector<std::string> Auditor::replays_under_way() const {
  std::vector<std::string> names;
  for (const auto& [name, replay] : replays_)
    if (!replay.over) names.push_back(name);
  return names;
}

bool Auditor::replay_may_fail(const std::string& name) const {
  const Replay& replay = replays_.at(name);
  return std::ranges::any_of(rules.archive(replay.spec.archive).spec.possible(replay.window.from, kNever),
                             [](const ArchiveSpec* spec) { return !spec->exists; });
}

// One more event of a replay, which is to be published some time between its beginning and its end.
void Auditor::add_replayed(Replay& replay, const std::string& original) {
  EventSpec event = event_of(original);
  event.replay = replay.spec.name;
  event.bus = replay.spec.bus;
  event.only = replay.spec.only;
  const PublishId id = publishes_.size();
  event_of_[event.identity()] = {id, 0};
  Publish publish;
  publish.window = replay.window;
  publish.events.push_back(std::move(event));
  publishes_.push_back(std::move(publish));
  replay.events.push_back(id);
}

// Something of an event has been seen that a replay has brought; unless it could not.
void Auditor::meet_replayed(const std::string& event) {
  const std::size_t dot = event.find('.');
  if (dot == std::string::npos) return;
  const std::string original = event.substr(0, dot);
  const auto replay = replays_.find(event.substr(dot));
  if (replay == replays_.end() || replay->second.over || !event_of_.contains(original)) return;
  const Tick until = std::min(replay->second.acknowledged, history.tick());
  if (archives.may_hold(replay->second.spec, original, until) == 0)
    return history.fail("replay " + replay->first + " brings event " + original + ", which it should not");
  add_replayed(replay->second, original);
}

void Auditor::replay_ends(const std::string& name, ReplayState state, std::uint64_t replayed) {
  Replay& replay = replays_.at(name);
  const Tick begun = std::min(replay.acknowledged, history.tick());
  const std::vector<ArchiveAuditor::Candidate> candidates = archives.candidates(replay.spec, replay.window.from, begun);
  std::set<std::string> certain;
  std::uint64_t least = 0, most = 0;
  for (const ArchiveAuditor::Candidate& candidate : candidates) {
    least += candidate.must;
    most += candidate.may;
    if (!event_of_.contains(candidate.event + name)) add_replayed(replay, candidate.event);
    if (candidate.must > 0) certain.insert(candidate.event + name);
  }
  // An archive of everything has the events of schedules, too.
  if (std::ranges::any_of(rules.archive(replay.spec.archive).spec.possible(0, kNever),
                          [](const ArchiveSpec* spec) { return spec->exists && !spec->pattern; }))
    most = replayed;
  const bool completed = state == ReplayState::kCompleted;
  if (replayed > most || (completed && replayed < least))
    return history.fail("replay " + name + " says that it has replayed " + std::to_string(replayed) +
                        " events; there " + "were " + std::to_string(least) + " to " + std::to_string(most));
  replay.over = true;
  for (const PublishId id : replay.events) {
    const bool sure = completed && certain.contains(publishes_[id].events.front().identity());
    publish_ends(id, sure ? Outcome::kDone : Outcome::kDoubtful);
  }
}

}  // namespace eventbus::simulation
