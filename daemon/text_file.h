#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace eventbus {

// The whole file. kInvalid: "cannot read <what> <path>: <why>".
Result<std::string> read_text_file(std::string_view what, const std::string& path);

// Tells one state of a file from another without reading it: a file that is replaced (as Kubernetes does it, by a
// symbolic link) or written to has another one.
struct FileStamp {
  std::int64_t modified_nanoseconds = 0;
  std::uint64_t bytes = 0, inode = 0, device = 0;

  // All zero when there is no such file.
  static FileStamp of(const std::string& path);
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

}  // namespace eventbus
