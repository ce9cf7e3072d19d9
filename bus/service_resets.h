#pragma once

#include "base/result.h"
#include "bus/reset.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>

namespace eventbus {

class ArchiveCatalog;
class ContractBook;
class ScheduleCatalog;
class ScheduleLanes;
class SchemaCatalog;
class Storage;

// Participants of a reset (bus/reset.h) that forget thing by thing, with the operations that clients have for it: each
// of these things is a few rows, and what else hangs on it, a managed rule say, goes the same way as always.

// With the lanes that they were fired into, and what waits there.
asio::awaitable<Result<std::size_t>> reset_schedules(ScheduleCatalog& schedules, ScheduleLanes& lanes, Storage& storage,
                                                     ResetScope scope);
// With discoverers, whose managed rules go too.
asio::awaitable<Result<std::size_t>> reset_schemas(SchemaCatalog& schemas, Storage& storage, ResetScope scope);
asio::awaitable<Result<std::size_t>> reset_archives(ArchiveCatalog& archives, ResetScope scope);
// What the configuration file has bound stays.
asio::awaitable<Result<std::size_t>> reset_contracts(ContractBook& contracts, ResetScope scope);

}  // namespace eventbus
