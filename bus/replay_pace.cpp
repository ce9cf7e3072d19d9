#include "bus/replay_pace.h"

#include <algorithm>
#include <cmath>

namespace eventbus {

void ReplayPace::saw(Clients clients, Microseconds since) {
  if (alone() && clients.publications > 0) events_ = kEventsMin;  // grown as it suits nobody but us
  quiet_for_ = clients.publications > 0 ? Microseconds(0) : std::min(quiet_for_ + since, kRemembered);
  const auto passed = static_cast<double>(since.count());
  const double kept = std::exp(-passed / static_cast<double>(kRemembered.count()));
  publications_ = publications_ * kept + static_cast<double>(clients.publications);
  took_ = took_ * kept + static_cast<double>(clients.took.count());
  window_ = window_ * kept + passed;
}

// How long one publication of a client takes, as was measured: what it waited for us is in it.
ReplayPace::Microseconds ReplayPace::moment() const {
  if (alone()) return kMomentAlone;
  const double mean = publications_ > 0 ? took_ / publications_ : 0;
  return std::clamp(Microseconds(static_cast<Microseconds::rep>(mean)), kMomentMin, kMomentMax);
}

ReplayPace::Microseconds ReplayPace::worked(Microseconds took) const {
  if (alone() || window_ <= 0) return Microseconds(0);
  // Beginning as well as later: a second is the least that counts.
  const double under_way = took_ / std::max(window_, static_cast<double>(kRemembered.count()));
  const double share = std::min(1.0, under_way / kMuchUnderWay);
  return Microseconds(static_cast<Microseconds::rep>(share * static_cast<double>(took.count())));
}

ReplayPace::Microseconds ReplayPace::published(Microseconds took) {
  const Microseconds most = moment();
  if (took > most) {
    events_ /= 2;
  } else if (took < most / 2) {
    events_ += alone() ? events_ : events_ / 4 + 1;
  }
  events_ = std::clamp(events_, kEventsMin, kEventsMax);
  return worked(took);
}

}  // namespace eventbus
