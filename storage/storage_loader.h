#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "storage/storage_state.h"
#include "storage/table.h"

#include <functional>
#include <string_view>

namespace eventbus {

// Told what the start is doing, in sentences for people, now and then.
using Progress = std::function<void(std::string_view)>;

// Fills an empty state from the table, reading no bodies; a new table gets its format row. Rows that belong to nothing
// (queues dropped long ago, old deduplication ids) are erased. Errors: kConflict when the data was written by a newer
// version, kInternal when a row cannot be understood, kUnavailable when the table cannot be read or written.
Result<void> load_storage(StorageState& state, Table& table, TimePoint now, const Progress& progress);

}  // namespace eventbus
