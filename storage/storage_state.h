#pragma once

#include "storage/catalog_index.h"
#include "storage/deduplication_index.h"
#include "storage/log_index.h"
#include "storage/queue_registry.h"

#include <cstdint>

namespace eventbus {

// All that is in memory of a storage. The indexes are safe to read from any thread and changed by the writer only
// (leases change queues, too); the rest belongs to the writer alone.
struct StorageState {
  CatalogIndex catalog;
  QueueRegistry queues;
  LogIndex logs;

  DeduplicationIndex deduplication;
  TimePoint deduplication_erased_to = TimePoint::min();  // rows up to here are erased
  std::uint64_t next_sequence = 1;                       // of messages; floors are what the disk says about them
  std::uint64_t sequence_floor = 1;
  std::uint64_t queue_id_floor = 1;
  std::uint64_t catalog_revision = 0;
  std::uint64_t batch_number = 0;
};

}  // namespace eventbus
