#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "storage/storage.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

namespace eventbus {

struct RocksDbOptions {
  std::filesystem::path directory;  // created if it is not there
  Durability durability = Durability::kSync;
  // Told what a long start is doing, in sentences for people.
  std::function<void(std::string_view)> progress;
  // Told RocksDB's own warnings, from any thread.
  std::function<void(std::string_view)> log;
  // Memory for rows not yet in a sorted file, all columns together, and for blocks read from files.
  std::size_t write_buffer_bytes = std::size_t{40} << 20;
  std::size_t block_cache_bytes = std::size_t{16} << 20;
  // Sorted files kept open at a time; others are opened when they are read.
  int open_files_max = 256;
};

// The Storage of a data directory. The clock must outlive it. Errors:
//   kConflict     another process has the directory open, or a newer version of the program has written it
//   kInvalid      durability `memory`: that is make_memory_storage
//   kUnavailable  the directory cannot be created, read or written
//   kInternal     its files are damaged
Result<std::unique_ptr<Storage>> open_rocksdb_storage(RocksDbOptions options, Clock& clock);

}  // namespace eventbus
