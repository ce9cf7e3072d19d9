#pragma once

#include "base/result.h"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace eventbus {

// The file to which the logs of buses are appended, line by line. Whoever rotates it copies and truncates it. Safe to
// call from any thread.
class EventLogFile {
 public:
  // kUnavailable: it cannot be opened for writing.
  static Result<std::unique_ptr<EventLogFile>> open(const std::string& path);
  ~EventLogFile();

  // A line that cannot be written is lost: the log of a bus holds up nothing.
  void append(std::string_view line);

 private:
  explicit EventLogFile(int file) : file_(file) {}
  std::mutex mutex_;
  const int file_;
};

}  // namespace eventbus
