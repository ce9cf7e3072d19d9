#pragma once

#include "bus/delivery_target.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/simulation_clock.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace eventbus::simulation {

class Auditor;

// The functions that rules deliver to, with the moods of real ones: well for hours, then slow, throttling, refusing,
// silent, or doing their work after they were given up. Which mood, and each answer, is a matter of the dice.
class FakeTargets final : public DeliveryTargets {
 public:
  FakeTargets(SimulationClock& clock, Auditor& auditor, std::uint64_t seed);
  ~FakeTargets() override;

  // Function names; what they are like (batches, rates, concurrency) is different for each.
  static std::vector<std::string> names();

  std::shared_ptr<DeliveryTarget> find(const Target& target, const Scope& bus_scope) override;

  // From now on all are well.
  void recover();
  // For so long nobody knows how to deliver to this function.
  void hide(const std::string& name, Duration for_so_long);

 private:
  class Function;
  SimulationClock& clock_;
  std::map<std::string, std::shared_ptr<Function>> functions_;  // by ARN
};

}  // namespace eventbus::simulation
