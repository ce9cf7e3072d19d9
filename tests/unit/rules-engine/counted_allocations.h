#pragma once

#include <cstddef>

namespace eventbus::rules {

// What operator new has handed out to this program so far: work and memory in figures that repeat. The sanitizers bring
// their own operator new; there nothing is counted.
struct CountedAllocations {
  std::size_t calls = 0;
  std::size_t bytes = 0;  // all that was ever asked for
  std::size_t live = 0;   // held now

  static CountedAllocations now();
  static bool counting();
};

}  // namespace eventbus::rules
