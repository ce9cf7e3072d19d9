#include "cli/file_descriptor.h"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace eventbus::cli {
namespace {

Error failure(const std::string& path) {
  return invalid((path == "-" ? "standard input" : path) + ": " + std::system_category().message(errno));
}

}  // namespace

Result<FileDescriptor> FileDescriptor::open(const std::string& path) {
  if (path == "-") return FileDescriptor(STDIN_FILENO, path);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failure(path);
  return FileDescriptor(descriptor, path);
}

FileDescriptor::~FileDescriptor() {
  if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
}

Result<std::size_t> FileDescriptor::read(char* out, std::size_t size) {
  while (true) {
    const ssize_t got = ::read(descriptor_, out, size);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return failure(path_);
  }
}

}  // namespace eventbus::cli
