#pragma once

#include "bus/catalog_error.h"
#include "tests/simulation/workload.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace eventbus::simulation {

// From now on it is known when the steps began that a change of `began` or later has begun, as far as a client can
// know.
inline void note_cadence(World& world, Cadence& cadence, Tick began) {
  if (cadence.earliest == TimePoint::max() || cadence.latest != TimePoint::max()) return;
  cadence.earliest = world.auditor.history.earliest_since(began, cadence.earliest);
  cadence.latest = world.auditor.history.latest_since(began);
}

// One call of an API that changes something, tried until it is answered: the thing is what it was, or `next`,
// meanwhile.
using Call = std::function<asio::awaitable<CatalogResult<void>>()>;

// `thing` has a Timeline, `spec`, and outlives the call. `already`: what an earlier attempt has brought about whose
// answer was lost. An error that a client could not explain is a violation.
template <typename Thing, typename Spec>
asio::awaitable<void> carry_out(World& world, Life& life, std::string name, Thing& thing, Spec next, Call call,
                                std::optional<ErrorCode> already) {
  thing.changing = true;
  thing.spec.change_begins(std::move(next), world.auditor.history.tick());
  for (bool again = false;; again = true) {
    const CatalogResult<void> changed = co_await call();
    if (life.over()) co_return;
    life.catalog->finish_merges();
    if (changed || (again && changed.error().code == already)) break;
    if (changed.error().code != ErrorCode::kUnavailable)
      co_return world.auditor.history.fail(name + " cannot be changed: " + changed.error().message);
    co_await world.clock.sleep_for(Duration(700));
    if (life.over()) co_return;
  }
  thing.spec.change_done(world.auditor.history.tick());
  world.trace.note(name + " is changed");
  thing.changing = false;
}

}  // namespace eventbus::simulation
