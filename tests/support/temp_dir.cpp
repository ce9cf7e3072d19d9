#include "tests/support/temp_dir.h"

#include <cstdlib>
#include <stdexcept>

namespace eventbus::testing {

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "eventbus-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot create a temporary directory " + pattern);
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace eventbus::testing
