#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <utility>

namespace eventbus::cli {

// A file open for reading, or standard input ("-"), which is left open in the end.
class FileDescriptor {
 public:
  // kInvalid with the path and the system's reason.
  static Result<FileDescriptor> open(const std::string& path);
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor();

  // Up to `size` bytes to `out`; none at the end of the file. Waits for a pipe's writer.
  Result<std::size_t> read(char* out, std::size_t size);

 private:
  FileDescriptor(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}

  int descriptor_;
  std::string path_;
};

}  // namespace eventbus::cli
