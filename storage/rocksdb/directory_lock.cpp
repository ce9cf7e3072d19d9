#include "storage/rocksdb/directory_lock.h"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace eventbus {

namespace {

Error failure(const std::string& what, const std::filesystem::path& path, int error) {
  return unavailable(what + " " + path.string() + ": " + std::generic_category().message(error));
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failure("cannot open", directory, errno);
  const int synced = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  if (synced != 0) return failure("cannot sync", directory, error);
  return {};
}

}  // namespace

Result<void> create_directory_durably(const std::filesystem::path& directory) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(directory, error).lexically_normal();
  if (error) return failure("cannot find", directory, error.value());
  if (std::filesystem::is_directory(path, error)) return {};
  const std::filesystem::path parent = path.has_filename() ? path.parent_path() : path.parent_path().parent_path();
  if (!parent.empty() && parent != path) TRY_VOID(create_directory_durably(parent));
  std::filesystem::create_directory(path, error);
  if (error) return failure("cannot create", path, error.value());
  return sync_directory(parent);
}

Result<std::unique_ptr<DirectoryLock>> DirectoryLock::acquire(const std::filesystem::path& directory) {
  TRY_VOID(create_directory_durably(directory));
  const std::filesystem::path file = directory / "eventbusd.lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return failure("cannot open", file, errno);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    ::close(descriptor);
    if (error != EWOULDBLOCK) return failure("cannot lock", file, error);
    return conflict("the data directory " + directory.string() +
                    " is in use by another eventbusd: stop that one, or give this one a --data-dir of its own");
  }
  return std::unique_ptr<DirectoryLock>(new DirectoryLock(descriptor));
}

DirectoryLock::~DirectoryLock() { ::close(descriptor_); }

}  // namespace eventbus
