#include "storage/table_event_log.h"

#include "storage/key_codec.h"
#include "storage/row_codec.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace eventbus {

namespace {

Error corrupt() { return internal("the data directory is damaged: a row of a log cannot be understood"); }

}  // namespace

asio::awaitable<Result<std::vector<LogEntry>>> TableEventLog::read(LogId log, std::uint64_t from, std::size_t count,
                                                                   std::size_t bytes) {
  if (!pool_) co_return read_now(log, from, count, bytes);
  Result<std::vector<LogEntry>> entries = std::vector<LogEntry>();
  std::function<void()> work = [&] { entries = read_now(log, from, count, bytes); };
  co_await pool_->run(std::move(work));
  co_return entries;
}

Result<std::vector<LogEntry>> TableEventLog::read_now(LogId log, std::uint64_t from, std::size_t count,
                                                      std::size_t bytes) {
  std::vector<LogEntry> entries;
  // Entries up to this head only: later rows may be written but not published yet.
  const LogState state = state_.logs.get(log);
  if (count == 0 || from > state.head) return entries;
  std::size_t bytes_read = 0;
  bool understood = true;
  TRY_VOID(table_.scan(
      Column::kLog, keys::log_entry(log, std::max(from, state.horizon)), keys::log_entry(log, state.head + 1),
      [&](std::string_view key, std::string_view row) {
        const auto parts = keys::decode_log_entry(key);
        const auto event = rows::decode_log_event(row);
        understood = parts && event;
        if (!understood) return false;
        if (!entries.empty() && bytes_read + event->payload.size() > bytes) return false;
        bytes_read += event->payload.size();
        entries.push_back({parts->sequence, event->accepted_at, std::string(event->payload), event->bytes_before});
        return entries.size() < count;
      }));
  if (!understood) return corrupt();
  return entries;
}

asio::awaitable<Result<std::uint64_t>> TableEventLog::seek(LogId log, TimePoint when) {
  if (!pool_) co_return seek_now(log, when);
  Result<std::uint64_t> sequence = std::uint64_t{0};
  std::function<void()> work = [&] { sequence = seek_now(log, when); };
  co_await pool_->run(std::move(work));
  co_return sequence;
}

// Times of entries may step back a little, but the first entry at or after `when` is also the first with which the
// newest time so far reaches `when`; and that grows. So the time index names, for each second, the first entry with
// which the newest time reached that second, and a scan from there finds the entry.
Result<std::uint64_t> TableEventLog::seek_now(LogId log, TimePoint when) {
  const LogState state = state_.logs.get(log);
  if (state.head == 0 || when > state.newest) return state.head + 1;
  const std::int64_t second = std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
  TRY(auto row, table_.last(Column::kLog, keys::log_second(log, std::numeric_limits<std::int64_t>::min()),
                            keys::log_second(log, second + 1)));
  std::uint64_t from = state.horizon;
  if (row) {
    const auto first = rows::decode_number(row->value);
    if (!first) return corrupt();
    from = std::max(from, *first);
  }
  std::uint64_t found = state.head + 1;
  bool understood = true;
  TRY_VOID(table_.scan(Column::kLog, keys::log_entry(log, from), keys::log_entry(log, state.head + 1),
                       [&](std::string_view key, std::string_view value) {
                         const auto parts = keys::decode_log_entry(key);
                         const auto event = rows::decode_log_event(value);
                         understood = parts && event;
                         if (!understood) return false;
                         if (event->accepted_at < when) return true;
                         found = parts->sequence;
                         return false;
                       }));
  if (!understood) return corrupt();
  return found;
}

EventLog::Bounds TableEventLog::bounds(LogId log) const {
  const LogState state = state_.logs.get(log);
  return {state.horizon, state.head, state.bytes_before, state.bytes_ever};
}

asio::awaitable<Result<void>> TableEventLog::trim(LogId log, std::uint64_t before) {
  CO_TRY_VOID(co_await writer_.trim({log, before}));
  std::function<void()> work = [this, log] {
    table_.reclaim(Column::kLog, keys::log_entry(log, 0), keys::log_entry(log, state_.logs.get(log).horizon));
  };
  if (pool_)
    co_await pool_->run(std::move(work));
  else
    work();
  co_return Result<void>();
}

}  // namespace eventbus
