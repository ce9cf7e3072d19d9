#pragma once

#include "base/async_mutex.h"
#include "base/clock.h"
#include "base/rng.h"
#include "bus/archive_records.h"
#include "bus/archive_zones.h"
#include "bus/bus_catalog.h"
#include "bus/catalog_error.h"
#include "bus/limits.h"
#include "bus/log_ids.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// Where the catalog keeps which logs are to be emptied.
inline constexpr std::string_view kGoneArchiveKeys = "archive-gone/";

// Which archives there are (behaviour §16). An archive is a document, two logs, and a managed rule of its bus, which is
// matched with all other rules and whose target puts the event into the archive's log, in the commit of the PutEvents
// call itself (bus/archive_rule.h). Reading what is in an archive is the business of ArchiveReader.
//
// The contract is BusCatalog's: a mutation validates, commits and applies under its scope's mutex; readers never wait;
// safe to call from any thread. Document and managed rule change in one commit.
//
// Errors carry AWS's words. kInvalid: the request; kNotFound; kConflict: exists already; kLimit; kUnavailable: storage
// did not take it and nothing has changed.
//
// Stored documents (formats: bus/archive_records.cpp):
//   archive/<account>/<region>/<name>
//   archive-gone/<log>   a log of an archive that is gone, until it is emptied: since when, in milliseconds since 1970
class ArchiveCatalog {
 public:
  struct Dependencies {
    Storage& storage;
    LogIds& log_ids;
    BusCatalog& buses;
    ArchiveZones& zones;
    Clock& clock;
    Rng& rng;
    const Limits& limits;
  };
  explicit ArchiveCatalog(Dependencies dependencies);
  ~ArchiveCatalog();

  // Reads everything stored. Called once, after BusCatalog::load. kInternal names the document that cannot be read.
  Result<void> load();

  // "Archive X does not exist."
  CatalogResult<ArchivePtr> archive(const ArchiveKey& key) const;
  std::vector<ArchivePtr> archives(const Scope& scope) const;  // by name
  std::vector<ArchivePtr> archives() const;                    // all there are

  // DISABLED, with AWS's reason, once somebody has removed the managed rule, or its target, by force.
  struct Status {
    ArchiveState state = ArchiveState::kEnabled;
    std::optional<std::string> reason;
  };
  Status status(const Archive& archive) const;

  // What it holds at this moment: what has expired does not count, whether its space is given back or not.
  struct Contents {
    std::uint64_t events = 0, bytes = 0;  // bytes of the events' JSON
  };
  asio::awaitable<Result<Contents>> contents(ArchivePtr archive) const;
  // The same without looking at the disk, for metrics: what has expired counts until its space is given back.
  Contents stored(const Archive& archive) const;

  // kConflict: "Archive X already exists."; kNotFound: the bus; kInvalidEventPattern. An empty text is no text.
  asio::awaitable<CatalogResult<ArchivePtr>> create(ArchiveKey key, std::string bus, ArchiveSettings settings,
                                                    std::string created_by);
  // Members that are given change; an empty text clears. An archive whose managed rule is gone gets it back.
  struct Changes {
    std::optional<std::string> description, event_pattern, kms_key_identifier;
    std::optional<std::int64_t> retention_days;
  };
  asio::awaitable<CatalogResult<ArchivePtr>> update(ArchiveKey key, Changes changes, std::string updated_by);
  // With its events and its managed rule. Costs the same however much it holds.
  asio::awaitable<CatalogResult<void>> remove(ArchiveKey key);

 private:
  struct ScopeState {
    AsyncMutex mutation;                                      // held by the one mutation in progress
    std::map<std::string, ArchivePtr, std::less<>> archives;  // under ArchiveCatalog::mutex_
  };

  ScopeState& scope_state(const Scope& scope);
  CatalogResult<void> check(const ArchiveSettings& settings) const;
  // Document and managed rule, in one commit. `before` is null for a new archive.
  asio::awaitable<CatalogResult<ArchivePtr>> put(ArchivePtr before, std::shared_ptr<Archive> next, std::string account);
  void reread(const ArchiveKey& key);

  const Dependencies dependencies_;

  mutable std::shared_mutex mutex_;
  std::map<Scope, std::unique_ptr<ScopeState>> scopes_;
};

}  // namespace eventbus
