#include "storage/rocksdb/rocksdb_storage.h"
#include "tests/unit/storage/storage_fixture.h"

namespace eventbus::testing {

namespace {

// Tiny buffers, so that rows reach files, and files are compacted, in small tests.
class RocksDbBackend final : public StorageBackend {
 public:
  explicit RocksDbBackend(Durability durability) : durability_(durability) {}

  Result<std::unique_ptr<Storage>> open(Clock& clock) override {
    RocksDbOptions options;
    options.directory = directory_.path() / "data";
    options.durability = durability_;
    options.write_buffer_bytes = 128 << 10;
    options.block_cache_bytes = 1 << 20;
    return open_rocksdb_storage(std::move(options), clock);
  }

 private:
  TempDir directory_;
  Durability durability_;
};

}  // namespace

std::vector<BackendKind> all_backends() {
  return {
      {"Memory", []() -> std::unique_ptr<StorageBackend> { return std::make_unique<MemoryBackend>(); }},
      {"RocksDbSync",
       []() -> std::unique_ptr<StorageBackend> { return std::make_unique<RocksDbBackend>(Durability::kSync); }},
      {"RocksDbAsync",
       []() -> std::unique_ptr<StorageBackend> { return std::make_unique<RocksDbBackend>(Durability::kAsync); }},
  };
}

}  // namespace eventbus::testing
