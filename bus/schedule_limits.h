#pragma once

#include <cstddef>

namespace eventbus {

// AWS: quotas of EventBridge Scheduler, per account and region. As bus/limits.h; daemon/settings.cpp declares a setting
// for each that an operator may raise.
struct ScheduleLimits {
  std::size_t groups = 500;
  std::size_t schedules = 1'000'000;
  std::size_t tags = 50;
};

}  // namespace eventbus
