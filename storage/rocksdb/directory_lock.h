#pragma once

#include "base/result.h"

#include <filesystem>
#include <memory>

namespace eventbus {

// Holds a data directory for one process: a second one is refused while this object lives, and a crash releases it.
class DirectoryLock {
 public:
  // Creates the directory if it is not there. Errors: kConflict when another process holds it, kUnavailable otherwise.
  static Result<std::unique_ptr<DirectoryLock>> acquire(const std::filesystem::path& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  const int descriptor_;
};

// Creates `directory` and what is missing above it, so that a power cut cannot take it away again.
Result<void> create_directory_durably(const std::filesystem::path& directory);

}  // namespace eventbus
