#pragma once

#include "bus/scope.h"
#include "storage/event_log.h"

#include <memory>
#include <string>
#include <string_view>

namespace eventbus {

// A log group as deliveries see it.
struct LogGroupInfo {
  Scope scope;
  std::string name, arn;  // the ARN without ":*"
  LogId deliveries = 0;   // the log that holds what rules delivered, one stream each
};

// Which log groups exist, for whoever delivers to one. Safe to call from any thread; a LogGroupInfo is an immutable
// snapshot.
class LogGroupDirectory {
 public:
  virtual ~LogGroupDirectory() = default;
  virtual std::shared_ptr<const LogGroupInfo> find(const Scope& scope, std::string_view name) const = 0;
};

}  // namespace eventbus
