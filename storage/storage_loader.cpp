#include "storage/storage_loader.h"

#include "storage/key_codec.h"
#include "storage/row_codec.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace eventbus {

namespace {

constexpr std::uint64_t kReportEvery = 250'000;  // messages
constexpr std::uint64_t kQueueIdBlock = 1 << 12;

Error corrupt(std::string_view what) {
  return internal("the data directory is damaged: a row of " + std::string(what) + " cannot be understood");
}

// One start, column by column.
class Loader {
 public:
  Loader(StorageState& state, Table& table, TimePoint now, const Progress& progress)
      : state_(state), table_(table), now_(now), progress_(progress), repairs_(table.new_batch()) {}

  Result<void> load() {
    TRY_VOID(check_format());
    TRY_VOID(load_numbers());
    TRY_VOID(load_queues());
    TRY_VOID(load_catalog());
    TRY_VOID(load_deduplication());
    TRY_VOID(load_messages());
    TRY_VOID(load_logs());
    return table_.write(*repairs_, true);
  }

 private:
  Result<std::optional<std::uint64_t>> number(std::string_view key) {
    TRY(auto row, table_.get(Column::kMeta, key));
    if (!row) return std::optional<std::uint64_t>();
    const auto value = rows::decode_number(*row);
    if (!value) return corrupt("meta");
    return value;
  }

  // Visits a range; `row` returns false for a row it does not understand.
  Result<void> each(Column column, std::string_view begin, std::string_view end, std::string_view what,
                    const std::function<bool(std::string_view, std::string_view)>& row) {
    bool understood = true;
    TRY_VOID(table_.scan(column, begin, end, [&](std::string_view key, std::string_view value) {
      understood = row(key, value);
      return understood;
    }));
    if (!understood) return corrupt(what);
    return {};
  }

  Result<void> check_format() {
    TRY(auto version, number(keys::kFormat));
    if (version && (*version < keys::kOldestFormatVersion || *version > keys::kFormatVersion)) {
      return conflict("the data directory has format version " + std::to_string(*version) +
                      ", but this program knows versions " + std::to_string(keys::kOldestFormatVersion) + " to " +
                      std::to_string(keys::kFormatVersion) + ": use the program that wrote it, or a newer one");
    }
    if (version != keys::kFormatVersion)
      repairs_->put(Column::kMeta, keys::kFormat, rows::number(keys::kFormatVersion));
    return {};
  }

  Result<void> load_numbers() {
    TRY(auto batch, number(keys::kBatchNumber));
    TRY(auto sequence, number(keys::kSequenceFloor));
    TRY(auto queue_id, number(keys::kQueueIdFloor));
    TRY(auto revision, number(keys::kCatalogRevision));
    state_.batch_number = batch.value_or(0);
    state_.next_sequence = state_.sequence_floor = sequence.value_or(1);
    state_.catalog_revision = revision.value_or(0);
    // A block of ids belongs to this life of the process, used or not: so none is ever given out twice.
    state_.queues.next_id = queue_id.value_or(1);
    state_.queue_id_floor = state_.queues.next_id + kQueueIdBlock;
    repairs_->put(Column::kMeta, keys::kQueueIdFloor, rows::number(state_.queue_id_floor));
    return {};
  }

  Result<void> load_queues() {
    const std::string begin = keys::queue(0);
    return each(Column::kMeta, begin, keys::after_prefix("q"), "queues",
                [&](std::string_view key, std::string_view row) {
                  const auto id = keys::decode_queue(key);
                  const auto traits = rows::decode_traits(row);
                  if (!id || !traits) return false;
                  state_.queues.put(*id, *traits);
                  return true;
                });
  }

  Result<void> load_catalog() {
    return each(Column::kCatalog, "", "", "the catalog", [&](std::string_view key, std::string_view row) {
      const auto entry = rows::decode_catalog(row);
      if (!entry) return false;
      state_.catalog.put(std::string(key), std::string(entry->value), entry->revision);
      return true;
    });
  }

  Result<void> load_deduplication() {
    const std::string begin = keys::deduplication(now_ - kDeduplicationWindow, 0);
    repairs_->erase_range(Column::kDeduplication, keys::deduplication(TimePoint::min(), 0), begin);
    state_.deduplication_erased_to = now_ - kDeduplicationWindow;
    return each(Column::kDeduplication, begin, "", "deduplication", [&](std::string_view key, std::string_view row) {
      const auto place = keys::decode_deduplication(key);
      const auto value = rows::decode_deduplication(row);
      if (!place || !value) return false;
      state_.deduplication.insert({value->queue, value->scope, value->deduplication_id},
                                  {place->when, place->sequence});
      return true;
    });
  }

  Result<void> load_messages() {
    std::shared_ptr<StoredQueue> queue;
    std::uint64_t count = 0;
    std::optional<QueueId> orphaned;
    TRY_VOID(each(Column::kMessageHead, "", "", "message_head", [&](std::string_view key, std::string_view row) {
      const auto parts = keys::decode_message(key);
      const auto head = rows::decode_head(row);
      if (!parts || !head) return false;
      if (!queue || queue->id != parts->queue) {
        if (queue) finish_queue(*queue);
        queue = state_.queues.find(parts->queue);
      }
      if (!queue) {
        if (orphaned != parts->queue) erase_orphans(*(orphaned = parts->queue));
        return true;
      }
      IndexedMessage message;
      message.sequence = parts->sequence;
      message.sent_at = head->sent_at;
      message.visible_at = head->visible_at;
      message.first_leased_at = head->first_leased_at;
      message.attempt = head->attempt;
      message.bytes = head->bytes;
      message.group = head->group;
      queue->index.insert(message);
      if (++count % kReportEvery == 0) report("Loaded " + std::to_string(count) + " messages so far.");
      return true;
    }));
    if (queue) finish_queue(*queue);
    if (count > 0) report("Loaded " + std::to_string(count) + " messages.");
    return {};
  }

  void finish_queue(StoredQueue& queue) {
    queue.index.advance(now_);
    queue.totals.change(QueueDepth{}, queue.index.depth());
  }

  void erase_orphans(QueueId queue) {
    for (const Column column : {Column::kMessageHead, Column::kMessageBody})
      repairs_->erase_range(column, keys::message(queue, 0), keys::message(queue + 1, 0));
  }

  Result<void> load_logs() {
    std::vector<LogId> logs;
    TRY_VOID(each(Column::kLog, keys::log_bounds(0), keys::after_prefix("h"), "log bounds",
                  [&](std::string_view key, std::string_view row) {
                    const auto log = keys::decode_log_bounds(key);
                    const auto bounds = rows::decode_log_bounds(row);
                    if (!log || !bounds) return false;
                    LogState state;
                    state.horizon = bounds->horizon;
                    state.head = bounds->head;
                    state.newest = bounds->newest;
                    state.bytes_before = state.bytes_ever = bounds->bytes_before;
                    state_.logs.set(*log, state);
                    logs.push_back(*log);
                    return true;
                  }));
    for (const LogId log : logs) TRY_VOID(load_log(log));
    return {};
  }

  // Head and bytes are those of the last entry; the newest time is found in the last second of the time index and after
  // it.
  Result<void> load_log(LogId log) {
    LogState state = state_.logs.get(log);
    const std::string end = keys::log_entry(log + 1, 0);
    TRY(auto last, table_.last(Column::kLog, keys::log_entry(log, 0), end));
    if (!last) return {};
    const auto last_key = keys::decode_log_entry(last->key);
    const auto last_event = rows::decode_log_event(last->value);
    if (!last_key || !last_event) return corrupt("log");
    if (last_event->counted) state.bytes_ever = last_event->bytes_before + last_event->payload.size();
    state.head = std::max(state.head, last_key->sequence);

    std::uint64_t from = state.horizon;
    TRY(auto second, table_.last(Column::kLog, keys::log_second(log, std::numeric_limits<std::int64_t>::min()),
                                 keys::log_second(log + 1, std::numeric_limits<std::int64_t>::min())));
    if (second) from = std::max(from, rows::decode_number(second->value).value_or(from));
    TRY_VOID(each(Column::kLog, keys::log_entry(log, from), end, "log", [&](std::string_view, std::string_view row) {
      const auto event = rows::decode_log_event(row);
      if (!event) return false;
      state.newest = std::max(state.newest, event->accepted_at);
      return true;
    }));
    state_.logs.set(log, state);
    return {};
  }

  void report(const std::string& sentence) {
    if (progress_) progress_(sentence);
  }

  StorageState& state_;
  Table& table_;
  const TimePoint now_;
  const Progress& progress_;
  std::unique_ptr<RowBatch> repairs_;
};

}  // namespace

Result<void> load_storage(StorageState& state, Table& table, TimePoint now, const Progress& progress) {
  return Loader(state, table, now, progress).load();
}

}  // namespace eventbus
