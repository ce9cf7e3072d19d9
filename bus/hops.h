#pragma once

namespace eventbus {

// The hops from bus to bus that an event has behind it. AWS: one within a region and one between regions, in either
// order; a second one of a kind fails (behaviour §12). That bounds every loop.
struct Hops {
  bool within_region = false;  // to another account or not
  bool between_regions = false;

  friend bool operator==(const Hops&, const Hops&) = default;
};

}  // namespace eventbus
