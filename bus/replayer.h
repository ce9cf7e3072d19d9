#pragma once

#include "base/async_mutex.h"
#include "bus/archive_zones.h"
#include "bus/bus_catalog.h"
#include "bus/catalog_error.h"
#include "bus/replay_record.h"
#include "bus/replay_run.h"
#include "bus/reset.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// Replays (behaviour §16): which there are and were, and those under way. Their documents are their whole state
// (bus/replay_record.h); replays that ran when the daemon stopped go on when it starts.
//
// Errors carry AWS's words. kInvalid: the request; kNotFound; kConflict: the name is taken, or, of cancel, the replay
// is over; kLimit; kUnavailable: storage did not take it and nothing has changed. Safe to call from any thread.
class Replayer {
 public:
  static constexpr std::size_t kActiveMax = 10;  // AWS: of one account in one region (behaviour §4)

  // Starts a background coroutine, on an executor of the daemon's choice. It ends by itself or when it is cancelled; a
  // cancelled replay goes on with the next start of the daemon.
  using Spawn = std::function<void(asio::awaitable<void>)>;

  Replayer(ReplayContext context, ArchiveZones& zones, const BusCatalog& buses, Spawn spawn);
  ~Replayer();

  // Goes on with what was under way. Once, after ArchiveCatalog::load. kInternal names the document that cannot be
  // read.
  Result<void> load();

  struct NewReplay {
    std::optional<std::string> description;
    std::string archive_arn, destination_arn;
    std::vector<std::string> filter_arns;  // of rules; empty: all
    TimePoint start, end;                  // fractions of a second are cut off
    // Beyond AWS: another bus than the archive's own, of this daemon or of an account that is forwarded; and what
    // ReplayRecord calls so.
    bool any_bus = false;
    std::optional<std::string> pattern;
    double speed = 0;
  };
  asio::awaitable<CatalogResult<ReplayRecord>> start(ReplayKey key, NewReplay wanted);
  // "Replay X does not exist."
  CatalogResult<ReplayRecord> replay(const ReplayKey& key) const;
  std::vector<ReplayRecord> replays(const Scope& scope) const;  // by name
  // The replay as it is then: CANCELLING.
  asio::awaitable<CatalogResult<ReplayRecord>> cancel(ReplayKey key);

  // Those of these accounts, whatever they are at: what is under way comes to nothing from here on.
  asio::awaitable<Result<std::size_t>> reset(ResetScope scope);

  // Forgets what ended more than kReplayHistory ago, and takes up what nobody works at, now and then, until cancelled.
  asio::awaitable<void> run_housekeeping();

  // Some replay is at work: not over, and not waiting for an event to become due. For whoever moves the clock.
  bool busy() const;

  // The times of the archive's events, as a window that holds all of them; empty at the epoch when there are none.
  asio::awaitable<Result<ReplayWindow>> whole_window(ArchivePtr archive) const;

  const ReplayContext& context() const { return context_; }

 private:
  CatalogResult<void> check_destination(const NewReplay& wanted, const Archive* archive) const;
  CatalogResult<ArchivePtr> archive_of(const Scope& caller, const std::string& arn) const;
  void begin(const ReplayKey& key);
  // With starts_ held: begins what its document says is under way, and is not. A commit that failed in doubt may have
  // happened all the same.
  void take_up(const ReplayKey& key, const ReplayRecord& record);
  static asio::awaitable<void> run(Replayer& replayer, std::shared_ptr<ReplayRun> run, ReplayKey key);
  std::shared_ptr<ReplayRun> under_way(const ReplayKey& key) const;
  asio::awaitable<Result<void>> forget();

  const ReplayContext context_;
  ArchiveZones& zones_;
  const BusCatalog& buses_;
  Spawn spawn_;
  AsyncMutex starts_;
  mutable std::mutex mutex_;
  std::map<ReplayKey, std::shared_ptr<ReplayRun>> runs_;  // under mutex_
};

}  // namespace eventbus
