#include "tests/simulation/archive_auditor.h"

#include <algorithm>

namespace eventbus::simulation {

namespace {

Duration days(std::int64_t count) { return std::chrono::hours(24 * count); }

}  // namespace

void ArchiveAuditor::put(const Put& put) {
  Item& item = items_[{put.archive, put.event}];
  item.put = put;
  if (put.window.from <= last_emptied_[put.archive]) item.waived = true;
}

void ArchiveAuditor::settled(const std::string& archive) {
  if (last_emptied_[archive] == kNever) last_emptied_[archive] = history_.tick();
}

void ArchiveAuditor::emptied(const std::string& archive, Tick from, Tick until, bool sure) {
  last_emptied_[archive] = until;
  for (auto& [key, item] : items_) {
    if (key.first != archive || item.put.window.from > until) continue;
    item.waived = true;
    if (sure && item.put.window.until < from) item.gone = until;
  }
}

// Any retention that there may have been since has taken it away for good.
bool ArchiveAuditor::expired_maybe(const Item& item) const {
  const TimePoint latest = history_.latest_since(item.put.window.from);
  const auto possible = rules_.archive(item.put.archive).spec.possible(item.put.window.from, kNever);
  return std::ranges::any_of(possible, [&](const ArchiveSpec* spec) {
    return spec->retention_days > 0 && latest >= item.put.window.earliest + days(spec->retention_days);
  });
}

bool ArchiveAuditor::expired_surely(const Item& item, const Reading& reading) const {
  const auto possible = rules_.archive(item.put.archive).spec.possible(reading.began, kNever);
  return std::ranges::all_of(possible, [&](const ArchiveSpec* spec) {
    return spec->retention_days > 0 && reading.began_at >= item.put.window.latest + days(spec->retention_days);
  });
}

void ArchiveAuditor::read(const Reading& reading) const {
  const std::string name = "archive " + reading.archive;
  std::map<std::string, unsigned> counts;
  for (const std::string& event : reading.events) {
    const auto found = items_.find({reading.archive, event});
    if (found == items_.end()) return history_.fail(name + " holds what nobody sent there: event " + event);
    const Item& item = found->second;
    if (++counts[event] > item.put.may)
      return history_.fail(name + " holds event " + event + " more than " + std::to_string(item.put.may) + " times");
    if (item.gone && *item.gone < reading.began)
      return history_.fail(name + " was deleted, and holds event " + event + " again");
    if (item.put.time < reading.start || item.put.time >= reading.end)
      return history_.fail(name + " gives event " + event + ", whose time is not in the window");
    if (expired_surely(item, reading)) return history_.fail(name + " holds event " + event + ", which has expired");
  }
  for (auto entry = items_.lower_bound({reading.archive, ""});
       entry != items_.end() && entry->first.first == reading.archive; ++entry) {
    const Item& item = entry->second;
    const bool wanted = item.put.time >= reading.start && item.put.time < reading.end;
    if (!wanted || item.waived || item.put.window.until >= reading.began || expired_maybe(item)) continue;
    const auto count = counts.find(entry->first.second);
    if ((count == counts.end() ? 0 : count->second) < item.put.must)
      return history_.fail(name + " does not hold event " + entry->first.second);
  }
}

std::vector<ArchiveAuditor::Candidate> ArchiveAuditor::candidates(const ReplaySpec& replay, Tick from,
                                                                  Tick until) const {
  std::vector<Candidate> all;
  for (auto entry = items_.lower_bound({replay.archive, ""});
       entry != items_.end() && entry->first.first == replay.archive; ++entry) {
    const Item& item = entry->second;
    if (!replay.wants(item.put.time) || item.put.window.from > until || (item.gone && *item.gone < from)) continue;
    const bool sure = !item.waived && item.put.window.until < from && !expired_maybe(item);
    all.push_back({entry->first.second, sure ? item.put.must : 0, item.put.may});
  }
  return all;
}

unsigned ArchiveAuditor::may_hold(const ReplaySpec& replay, const std::string& event, Tick until) const {
  const auto found = items_.find({replay.archive, event});
  if (found == items_.end() || !replay.wants(found->second.put.time) || found->second.put.window.from > until) return 0;
  return found->second.put.may;
}

}  // namespace eventbus::simulation
