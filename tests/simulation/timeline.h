#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace eventbus::simulation {

// Logical time: grows with everything that happens.
using Tick = std::uint64_t;
inline constexpr Tick kNever = std::numeric_limits<Tick>::max();

// What a thing may have been, and when. A change under way leaves open whether the thing is old or new already; one
// that ended in doubt (an error of the disk, a crash) goes on to leave it open, until the thing is looked at or changed
// again. One change of a thing at a time.
template <typename T>
class Timeline {
 public:
  struct Version {
    T value;
    Tick from = 0, until = kNever;  // it may have been so
  };

  explicit Timeline(T initial) { versions_.push_back({std::move(initial), 0, kNever}); }

  void change_begins(T value, Tick now) { versions_.push_back({std::move(value), now, kNever}); }
  // The newest is what it is.
  void change_done(Tick now) {
    for (std::size_t i = 0; i + 1 < versions_.size(); ++i) versions_[i].until = std::min(versions_[i].until, now);
  }
  // The newest never was.
  void change_refused() { versions_.pop_back(); }
  // The newest is at this moment the one that `is` says; false: it is none that it may be.
  template <typename Is>
  bool settle(Tick now, const Is& is) {
    std::size_t found = versions_.size();
    for (std::size_t i = 0; i < versions_.size(); ++i)
      if (versions_[i].until == kNever && is(versions_[i].value)) found = i;
    if (found == versions_.size()) return false;
    for (std::size_t i = 0; i < versions_.size(); ++i)
      if (i != found) versions_[i].until = std::min(versions_[i].until, now);
    std::rotate(versions_.begin() + static_cast<std::ptrdiff_t>(found),
                versions_.begin() + static_cast<std::ptrdiff_t>(found) + 1, versions_.end());
    return true;
  }

  bool settled() const {
    return std::ranges::count(versions_, kNever, &Version::until) == 1 && versions_.back().until == kNever;
  }
  T& newest() { return versions_.back().value; }
  // What it is when no change is under way or in doubt.
  const T& latest() const { return versions_.back().value; }
  // What it may have been at some moment between.
  std::vector<const T*> possible(Tick from, Tick until) const {
    std::vector<const T*> found;
    for (const Version& version : versions_)
      if (version.from <= until && version.until >= from) found.push_back(&version.value);
    return found;
  }
  // Forgets what ended before.
  void forget(Tick before) {
    std::erase_if(versions_, [&](const Version& version) { return version.until < before; });
  }

 private:
  std::vector<Version> versions_;
};

}  // namespace eventbus::simulation
