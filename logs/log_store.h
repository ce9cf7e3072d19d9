#pragma once

#include "base/async_mutex.h"
#include "base/clock.h"
#include "base/rng.h"
#include "bus/log_group_directory.h"
#include "bus/log_ids.h"
#include "bus/reset.h"
#include "logs/log_records.h"
#include "logs/log_zones.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

using LogGroupPtr = std::shared_ptr<const LogGroup>;
using LogStreamPtr = std::shared_ptr<const LogStream>;

// Which log groups, streams and resource policies there are: the control plane of CloudWatch Logs. They live in the
// Catalog; what was logged lives in logs: one per group for what rules deliver, a stream for each event, and one per
// stream that somebody made. Log events are the business of LogEvents.
//
// Safe to call from any thread. Changes run one after another; lookups never wait for them. Errors carry AWS's words:
// kInvalid InvalidParameterException, kNotFound ResourceNotFoundException, kConflict ResourceAlreadyExistsException,
// kLimit LimitExceededException, kUnavailable: storage did not take it and nothing has changed.
class LogStore final : public LogGroupDirectory {
 public:
  LogStore(Storage& storage, LogIds& ids, Clock& clock, Rng& rng, spdlog::logger& log);
  ~LogStore() override;

  // Reads everything stored; once, before anything else.
  Result<void> load();

  std::shared_ptr<const LogGroupInfo> find(const Scope& scope, std::string_view name) const override;
  // "The specified log group does not exist."
  Result<LogGroupPtr> group(const Scope& scope, std::string_view name) const;
  std::vector<LogGroupPtr> groups(const Scope& scope) const;  // by name

  // A record of a stream; null if there is none: a delivery may have made a stream of that name all the same.
  LogStreamPtr stream(const LogGroup& group, std::string_view name) const;
  std::vector<LogStreamPtr> streams(const LogGroup& group) const;  // by name, records of deleted deliveries too

  // Whether a rule delivered an event into a stream of this name, deleted or not.
  asio::awaitable<Result<bool>> has_delivery(LogGroupPtr group, std::string stream);

  asio::awaitable<Result<void>> create_group(LogGroup group);
  asio::awaitable<Result<void>> delete_group(Scope scope, std::string name);
  // Takes the group as it is and gives back what it shall be.
  using Change = std::function<Result<void>(LogGroup& group)>;
  asio::awaitable<Result<void>> change_group(Scope scope, std::string name, Change change);

  // A stream with a log of its own. kConflict: it exists, as a record or as a delivery's.
  asio::awaitable<Result<void>> create_stream(LogGroupPtr group, std::string name);
  asio::awaitable<Result<void>> delete_stream(LogGroupPtr group, std::string name);
  // The stream to write to. One that a delivery made gets a log of its own with the first call.
  asio::awaitable<Result<LogStreamPtr>> writable_stream(LogGroupPtr group, std::string name);

  std::vector<LogPolicy> policies(const Scope& scope) const;  // by name
  asio::awaitable<Result<LogPolicy>> put_policy(Scope scope, LogPolicy policy,
                                                std::optional<std::string> expected_revision);
  asio::awaitable<Result<void>> delete_policy(Scope scope, std::string name,
                                              std::optional<std::string> expected_revision);

  // Groups, protected ones too, with streams and events, and resource policies; how many groups that were.
  asio::awaitable<Result<std::size_t>> reset(ResetScope scope);

  // Summaries of what is in the logs.
  LogZones& zones() { return zones_; }

  // Background work the daemon spawns; runs until cancelled: about once a minute the space of what is expired, and of
  // groups and streams that are gone, comes back.
  asio::awaitable<void> run_housekeeping();
  asio::awaitable<Result<void>> keep_house();

 private:
  struct GroupState {
    LogGroupPtr group;
    std::map<std::string, LogStreamPtr, std::less<>> streams;
  };
  using Groups = std::map<std::string, GroupState, std::less<>>;

  GroupState* state_of(const LogGroup& group);
  bool is_current(const LogGroup& group) const;
  // What it held is out of sight with the commit; its space comes back in the background.
  void add_removal(const LogGroup& group, Commit& commit) const;
  // Under changes_: makes the stream durable, then visible. A log that it had before goes.
  asio::awaitable<Result<LogStreamPtr>> store(LogGroupPtr group, LogStream stream);
  asio::awaitable<Result<void>> expire(LogGroupPtr group);
  asio::awaitable<Result<void>> expire(LogId log, TimePoint before);
  asio::awaitable<Result<void>> empty_gone_logs();

  Storage& storage_;
  LogIds& ids_;
  Clock& clock_;
  Rng& rng_;
  spdlog::logger& log_;
  LogZones zones_;

  AsyncMutex changes_;
  mutable std::shared_mutex mutex_;  // guards what follows
  std::map<Scope, Groups> scopes_;
  std::map<Scope, std::map<std::string, LogPolicy>> policies_;
};

// AWS: a batch may hold events of the next two hours (PutLogEvents). What is older than the retention by that much
// holds nothing that is not expired.
inline constexpr Duration kLogEventsAheadMax = std::chrono::hours(2);
// What is earlier has expired; TimePoint::min() without a retention.
TimePoint expiry_horizon(const LogGroup& group, TimePoint now);

}  // namespace eventbus
