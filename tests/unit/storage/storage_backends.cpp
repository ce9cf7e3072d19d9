#include "tests/unit/storage/storage_fixture.h"

namespace eventbus::testing {

struct BackendKind {
  std::string name;
  std::unique_ptr<StorageBackend> (*make)();
};

std::vector<BackendKind> all_backends();

std::vector<BackendKind> all_backends() {
  return {{"Memory", []() -> std::unique_ptr<StorageBackend> { return std::make_unique<MemoryBackend>(); }}};
}

}  // namespace eventbus::testing
