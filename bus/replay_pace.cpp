#include "bus/replay_pace.h"

#include <algorithm>

namespace eventbus {

ReplayPace::Microseconds ReplayPace::worked(Microseconds took, std::uint64_t client_publications) {
  return client_publications == 0 ? Microseconds(0) : took;
}

ReplayPace::Microseconds ReplayPace::published(Microseconds took, std::uint64_t client_publications) {
  const bool alone = client_publications == 0;
  const std::size_t most = alone ? kEventsMax : kEventsMaxBesideClients;
  const Microseconds moment = alone ? kMomentAlone : kMoment;
  if (took > moment) {
    events_ /= 2;
  } else if (took < moment / 2) {
    events_ += alone ? events_ : events_ / 4 + 1;
  }
  events_ = std::clamp(events_, kEventsMin, most);
  return worked(took, client_publications);
}

}  // namespace eventbus
