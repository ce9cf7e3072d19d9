#include "daemon/event_log_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace eventbus {

Result<std::unique_ptr<EventLogFile>> EventLogFile::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (file < 0) return unavailable("event_log_file " + path + " cannot be opened: " + std::strerror(errno));
  return std::unique_ptr<EventLogFile>(new EventLogFile(file));
}

EventLogFile::~EventLogFile() { ::close(file_); }

void EventLogFile::append(std::string_view line) {
  std::string whole(line);
  whole += '\n';
  std::lock_guard lock(mutex_);
  std::size_t written = 0;
  while (written < whole.size()) {
    const ssize_t count = ::write(file_, whole.data() + written, whole.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    written += static_cast<std::size_t>(count);
  }
}

}  // namespace eventbus
