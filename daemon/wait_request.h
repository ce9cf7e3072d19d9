#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "rules-engine/rule_set.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// What POST /_eventbus/wait waits for: daemon/wait_command.h.
struct WaitRequest {
  static constexpr Duration kTimeoutByDefault{10'000}, kTimeoutMax{300'000};
  static constexpr std::size_t kCountMax = 1'000;

  enum Until { kReceived, kDelivered, kFailed, kEnded };
  std::shared_ptr<const rules::RuleSet> pattern;  // of one rule
  std::optional<std::string> account, region, bus, rule, target;
  Until until = kDelivered;
  std::size_t count = 1;
  Duration timeout = kTimeoutByDefault;
  std::optional<std::string> since;

  // kInvalid says what is wrong with the body.
  static Result<WaitRequest> parse(std::string_view body);
};

}  // namespace eventbus
