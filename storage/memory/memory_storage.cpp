#include "storage/memory/memory_storage.h"

#include "storage/table_storage.h"

#include <utility>

namespace eventbus {

std::unique_ptr<Storage> make_memory_storage(Clock& clock) {
  TableStorage::Options options;
  options.writer.sync = false;
  options.writer.note_leases = false;
  return TableStorage::open(std::make_shared<MemoryTable>(), clock, std::move(options)).value();
}

Result<std::unique_ptr<Storage>> open_memory_storage(std::shared_ptr<MemoryTable> table, Clock& clock) {
  return TableStorage::open(std::move(table), clock, TableStorage::Options{});
}

}  // namespace eventbus
