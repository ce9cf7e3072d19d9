#pragma once

#include "storage/rocksdb/rocksdb_storage.h"
#include "storage/table.h"

#include <array>
#include <string>

namespace rocksdb {
class Cache;
class Status;
struct ColumnFamilyOptions;
struct DBOptions;
}  // namespace rocksdb

namespace eventbus {

// How RocksDB is set up, and why. Included by the .cpp files of this folder only.

inline constexpr std::array<const char*, kColumnCount> kColumnNames = {"default",      "catalog",       "message_head",
                                                                       "message_body", "deduplication", "log"};

void set_database_options(const RocksDbOptions& options, rocksdb::DBOptions& database);
void set_column_options(const RocksDbOptions& options, Column column, const std::shared_ptr<rocksdb::Cache>& cache,
                        rocksdb::ColumnFamilyOptions& family);

// kUnavailable for what may pass (a full or failing disk), kInternal for damaged files.
Error error_of(const rocksdb::Status& status);

}  // namespace eventbus
