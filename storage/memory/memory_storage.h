#pragma once

#include "base/clock.h"
#include "storage/memory/memory_table.h"
#include "storage/storage.h"

#include <memory>

namespace eventbus {

// A Storage that survives nothing. It has no threads: everything runs on its callers', so that a whole bus can run on
// one io_context. The clock must outlive it.
std::unique_ptr<Storage> make_memory_storage(Clock& clock);

// The same over a table that the caller keeps: a test injects faults into it, cuts the power, and opens it again (a
// second storage over the table of a first that is closed). Behaves as --durability sync does.
Result<std::unique_ptr<Storage>> open_memory_storage(std::shared_ptr<MemoryTable> table, Clock& clock);

}  // namespace eventbus
