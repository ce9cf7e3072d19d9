#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// What one PutLogEvents call, or one delivery, gave to one log stream: the payload of an entry of a log. When it came
// is the entry's accepted_at. Grammar in log_batch.cpp.
struct LogBatch {
  struct LogEvent {
    TimePoint time;
    std::string message;
    friend bool operator==(const LogEvent&, const LogEvent&) = default;
  };
  std::string stream;
  std::vector<LogEvent> events;

  std::string encode() const;
  // kInternal when the bytes are not a batch.
  static Result<LogBatch> decode(std::string_view bytes);

  friend bool operator==(const LogBatch&, const LogBatch&) = default;
};

// AWS: a batch's size is the sum of its messages in UTF-8 and 26 bytes for each (PutLogEvents).
inline constexpr std::size_t kLogEventOverhead = 26;

}  // namespace eventbus
