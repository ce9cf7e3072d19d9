#pragma once

#include "base/clock.h"
#include "bus/event_tap.h"
#include "bus/log_limiter.h"
#include "bus/schema_catalog.h"
#include "schemas/discovery.h"

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

// Learns schemas from the events of buses that have a started discoverer, off the path of the publisher:
//
//   accepted()  on the publisher's path: without any discoverer one relaxed load; on a discovered bus a sample (the
//   first
//               few events of a kind in each second) is copied into a bounded buffer. When that is full the event is
//               dropped, and counted: another of its kind will come.
//   learning    in the background, soon after the first event of a sample: infers what each event shows, merges it with
//               what the registry discovered-schemas knows, and gives the schema a version when that has changed.
//
// What is known is the latest version itself, read back: a restart learns nothing twice, and a schema that a user has
// deleted or rewritten is learned anew. Safe to call from any thread.
class SchemaDiscovery final : public EventTap {
 public:
  struct Limits {
    std::size_t samples_per_second = 10;  // of events of one kind
    std::size_t buffered_events = 1'000;
    std::size_t buffered_bytes = 8U << 20;
    std::size_t remembered_kinds = 2'000;  // whose samples are counted, and whose schemas are held
    Duration gather{200};                  // from the first event of a sample until it is looked at
  };
  // Starts a background coroutine on an executor of the daemon's choice.
  using Spawn = std::function<void(asio::awaitable<void>)>;

  SchemaDiscovery(SchemaCatalog& catalog, Clock& clock, spdlog::logger& log, Spawn spawn, Limits limits);
  ~SchemaDiscovery() override;

  void accepted(const Scope& scope, std::string_view bus, const Event& event) override;

  struct Counters {
    std::uint64_t learned = 0;      // events that were looked at
    std::uint64_t passed_over = 0;  // more of a kind than a sample takes
    std::uint64_t dropped = 0;      // the buffer was full
    std::uint64_t failed = 0;       // could not be read or kept: too deep, too large, a quota, storage
    std::uint64_t versions = 0;     // that came of it
  };
  Counters counters() const;

 private:
  struct Sample {
    Scope scope;
    std::string json;
  };
  struct Known {
    SchemaCatalog::Schema entry;  // as of which; null: there is none yet
    schemas::LearnedSchema schema;
  };
  struct Seen {
    std::int64_t second = 0;
    std::size_t events = 0;
  };

  bool watches(const Scope& scope, std::string_view bus, const Event& event) const;
  bool wanted(const Scope& scope, const Event& event);
  asio::awaitable<void> learn();
  asio::awaitable<void> learn_from(std::vector<Sample> samples);
  asio::awaitable<void> keep(Scope scope, std::string name, schemas::LearnedSchema shown);
  std::optional<Known> known(const SchemaKey& key);
  void report(const std::string& name, std::string_view reason);

  SchemaCatalog& catalog_;
  Clock& clock_;
  spdlog::logger& log_;
  const Spawn spawn_;
  const Limits limits_;

  std::mutex mutex_;  // of what follows
  std::unordered_map<std::string, Seen> seen_;
  std::deque<Sample> buffer_;
  std::size_t buffered_bytes_ = 0;
  bool learning_ = false;  // learn() runs, or is about to

  std::map<SchemaKey, Known> known_;  // only learn() touches it
  LogLimiter failures_{Duration(60'000)};
  std::atomic<std::uint64_t> learned_{0}, passed_over_{0}, dropped_{0}, failed_{0}, versions_{0};
};

}  // namespace eventbus
