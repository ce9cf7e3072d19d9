#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/log_batch.h"
#include "logs/filter_pattern.h"
#include "logs/log_store.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eventbus {

// Where a log event stands among those of its group: by time, then in the order in which they came.
struct LogPosition {
  TimePoint time;
  LogId log = 0;
  std::uint64_t sequence = 0;
  std::uint32_t index = 0;  // in its batch

  friend auto operator<=>(const LogPosition&, const LogPosition&) = default;
};

struct StoredLogEvent {
  LogPosition position;
  std::string stream, message;
  TimePoint ingested_at;
};

// What is asked of a group's events.
struct LogQuery {
  LogGroupPtr group;
  std::vector<std::string> streams;  // empty: all whose name begins with `stream_prefix`
  std::string stream_prefix;
  TimePoint from = TimePoint::min(), to = TimePoint::max();  // times in [from, to]
  FilterPattern pattern;
  // Only what comes behind (before) this position.
  std::optional<LogPosition> after, before;
  bool backwards = false;  // the last ones are wanted, not the first
  std::size_t count_max = 10'000;
};

struct LogPage {
  std::vector<StoredLogEvent> events;  // ascending
  // Where to go on; nullopt: nothing (more) is there. May be set with no events at all: AWS's clients ask again.
  std::optional<LogPosition> more;
};

// A stream as DescribeLogStreams shows it.
struct LogStreamSummary {
  std::string name;
  TimePoint created_at;
  std::optional<TimePoint> first_event, last_event, last_ingestion;
  std::uint64_t sequence = 0;  // of its newest batch
};

struct LogStreamQuery {
  LogGroupPtr group;
  std::string prefix;
  bool by_time = false;  // of the last event; else by name
  bool descending = false;
  // The last stream of the page before.
  struct Place {
    TimePoint time;  // with by_time, else min()
    std::string name;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  std::optional<Place> after;
  std::size_t count_max = 50;
};

struct LogStreamPage {
  std::vector<LogStreamSummary> streams;
  std::optional<LogStreamQuery::Place> more;
};

// What was logged: writing it and finding it again. Nothing of it is kept in memory; a query reads what zone maps say
// (log_zones.h), in the order of time, and holds one page. Safe to call from any shard. Errors as LogStore has them.
class LogEvents {
 public:
  LogEvents(LogStore& store, Storage& storage, Clock& clock) : store_(store), storage_(storage), clock_(clock) {}

  // AWS: rejected ones are named by their place in the request, the others are kept.
  struct Rejected {
    std::optional<std::size_t> too_new_from, too_old_to, expired_to;  // AWS's …StartIndex and …EndIndex
  };
  struct Put {
    std::uint64_t sequence = 0;  // of the batch in its stream; 0 when all were rejected
    Rejected rejected;
  };
  // Durable when it returns.
  asio::awaitable<Result<Put>> put(LogGroupPtr group, LogBatch batch);

  // kNotFound when a stream that is named does not exist.
  asio::awaitable<Result<LogPage>> find(LogQuery query);

  asio::awaitable<Result<LogStreamPage>> streams(LogStreamQuery query);
  // Bytes that a group holds.
  asio::awaitable<Result<std::uint64_t>> stored_bytes(LogGroupPtr group);

 private:
  // One log that a query reads.
  struct Source {
    LogId log = 0;
    bool deliveries = false;  // one stream for each entry: the query's streams count
  };
  asio::awaitable<Result<std::vector<Source>>> sources_of(const LogQuery& query);
  // Read with a fresh record of the stream in mind.
  bool shows_delivery(const LogQuery& query, std::string_view stream) const;

  LogStore& store_;
  Storage& storage_;
  Clock& clock_;
};

}  // namespace eventbus
