#pragma once

#include <filesystem>
#include <string>

namespace eventbus::testing {

// A fresh directory, unique per object, removed at the end; so that ctest may run tests in parallel.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace eventbus::testing
