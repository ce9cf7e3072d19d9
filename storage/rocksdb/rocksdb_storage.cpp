#include "storage/rocksdb/rocksdb_storage.h"

#include "storage/rocksdb/rocksdb_table.h"
#include "storage/table_storage.h"

#include <utility>

namespace eventbus {

namespace {

// Reads that may touch the disk: few, since most bodies are read while they are still in memory.
constexpr std::size_t kReadThreads = 2;

}  // namespace

Result<std::unique_ptr<Storage>> open_rocksdb_storage(RocksDbOptions options, Clock& clock) {
  if (options.durability == Durability::kMemory)
    return invalid("durability `memory` keeps nothing in a directory: use the storage in memory for it");
  TRY(const std::shared_ptr<RocksDbTable> table, RocksDbTable::open(options));
  TableStorage::Options storage;
  storage.writer.own_thread = true;
  storage.writer.sync = options.durability == Durability::kSync;
  storage.read_threads = kReadThreads;
  storage.progress = options.progress;
  // Owned by the storage, as the table is.
  storage.checkpoint = [&table = *table](const std::filesystem::path& directory) {
    return table.checkpoint(directory);
  };
  return TableStorage::open(table, clock, std::move(storage));
}

}  // namespace eventbus

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// Debian's RocksDB is not instrumented: its atomics are invisible to ThreadSanitizer, the memory they order is not. Nor
// are the libraries that work on contexts and buffers which it hands from thread to thread.
extern "C" const char* __tsan_default_suppressions() { return "race:librocksdb.so\nrace:libzstd.so\nrace:liblz4.so\n"; }
#endif
#endif
