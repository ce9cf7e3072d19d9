#pragma once

#include "base/clock.h"
#include "base/rng.h"
#include "base/stopwatch.h"
#include "bus/archive_catalog.h"
#include "bus/archive_reader.h"
#include "bus/arn.h"
#include "bus/compiled_bus.h"
#include "bus/delivery_target.h"
#include "bus/pattern_filter.h"
#include "bus/publisher.h"
#include "bus/replay_pace.h"
#include "bus/replay_record.h"
#include "bus/replay_scan.h"
#include "bus/target_rules.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

class ReplayMetrics;
struct ReplayProgress;

// What replays use; outlives them.
struct ReplayContext {
  const ArchiveCatalog& archives;
  ArchiveReader& reader;
  const BusDirectory& buses;
  Publisher& publisher;
  DeliveryTargets& targets;                         // for buses elsewhere
  std::function<bool(const Arn&)> leads_elsewhere;  // is a bus on another machine; null: none is
  Storage& storage;
  Clock& clock;  // when a paced event is due
  // Rests for clients, and waits for room in the outbox or for the storage: that is work of the machine, which takes
  // its time however the bus's clock is moved or stands still.
  Clock& machine_clock;
  Rng& rng;
  ReplayMetrics& metrics;
  spdlog::logger& log;
  // What the pace measures its work with; null: a stopwatch. A simulation must have time of its own.
  std::function<std::chrono::microseconds()> work_time = nullptr;
};

// One replay under way:
//
//   read the document → scan (bus/replay_scan.h) → those that are due → publish, with the document, in one commit
//
// Where it stands and what it has published are one commit, so that a crash repeats nothing that goes to targets of
// this daemon's storage. A bus elsewhere (a `forward` account) is called before the place is written: what a crash
// interrupts there, ten events at most, comes twice.
//
// The document is read anew before each piece of work: cancelling a replay is changing its document. Runs on one
// executor.
class ReplayRun {
 public:
  ReplayRun(const ReplayContext& context, ReplayKey key);

  // Until the replay is over; or until cancelled, which leaves it for the next start.
  asio::awaitable<void> go();
  // The document has changed. Any thread.
  void look_again();
  // Ends it without a trace. Any thread; the document is erased after that.
  void abandon();
  // At work, or about to be: not waiting for an event to become due. Any thread.
  bool busy() const { return busy_.load(std::memory_order_acquire); }

 private:
  using Microseconds = std::chrono::microseconds;
  enum class Next { kGoOn, kOver };
  // What a batch of events comes to: the document behind it, and what there is to publish.
  struct Batch {
    ReplayRecord behind;
    std::vector<Event> events;
    std::uint64_t left_out = 0, unreadable = 0;
  };

  asio::awaitable<Next> advance();
  asio::awaitable<Next> begin();
  asio::awaitable<Next> read_on();
  asio::awaitable<Next> hand_on();
  asio::awaitable<Result<void>> publish(Batch batch, LocalName bus);
  asio::awaitable<Result<void>> forward(Batch batch);
  asio::awaitable<Next> end(ReplayState state, std::string reason);
  asio::awaitable<Result<void>> write(ReplayRecord record);
  asio::awaitable<void> hold_back(const Error& why);
  asio::awaitable<void> rest(Microseconds time);
  enum class Woken { kByTime, kByChange, kToEnd };
  asio::awaitable<Woken> sleep_until(Clock& clock, TimePoint when);
  asio::awaitable<Woken> idle_until(Clock& clock, TimePoint when);  // the same, and not busy()
  asio::awaitable<void> await_due(TimePoint when);
  asio::awaitable<bool> ending();

  bool read_record();
  void begin_anew();
  Batch make_batch(std::size_t count);
  std::size_t due_now(std::size_t count_max) const;
  TimePoint due(const ArchivedEvent& event) const;
  void look_at_clients();
  Microseconds work_time() const { return context_.work_time ? context_.work_time() : stopwatch_.elapsed(); }
  void count(const Batch& batch);
  CatalogWrite write_of(const ReplayRecord& record) const;

  const ReplayContext& context_;
  const Stopwatch stopwatch_;
  const ReplayKey key_;
  std::shared_ptr<ReplayProgress> progress_;
  ReplayRecord record_;
  std::uint64_t revision_ = 0;  // of the document that record_ was read from

  std::optional<ArchiveSource> source_;
  std::optional<ReplayScan> scan_;
  std::deque<ArchivedEvent> waiting_;  // read, and not handed on yet
  std::shared_ptr<const Publisher::RuleFilter> only_;
  std::optional<PatternFilter> pattern_;
  // Where a paced replay counts from: this event was due then. Anew in each life of the daemon, so that nothing is
  // rushed to make up for the time it was down.
  struct Anchor {
    TimePoint event, due;
  };
  std::optional<Anchor> anchor_;
  ReplayPace pace_;
  Publisher::Traffic clients_;  // when last looked at
  Microseconds looked_at_{0};
  std::uint32_t failures_ = 0;  // in a row

  std::atomic<bool> busy_{true};
  std::atomic<bool> abandoned_{false};
  std::mutex mutex_;  // for what follows
  bool changed_ = false;
  std::weak_ptr<asio::steady_timer> alarm_;  // go()'s own, ends with it; expired when the document has changed
};

}  // namespace eventbus
