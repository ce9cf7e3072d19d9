#pragma once

#include "storage/storage.h"
#include "storage/storage_state.h"
#include "storage/table.h"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace eventbus {

// Forget the entries of a log below `before`.
struct LogTrim {
  LogId log = 0;
  std::uint64_t before = 0;
};

// Many commits on their way into one write. This is the single place where sequence numbers are given, duplicates are
// found, revisions are checked and unknown queues are refused: commit by commit, each seeing those before it in the
// batch, so that a bad one never fails its neighbours. Staging only adds rows; memory changes in `publish`, once they
// are written.
//
//   stage(…) …; if (!empty()) { finish(); table.write(rows()) }  then  publish()  or  roll_back()
class StagedBatch {
 public:
  StagedBatch(StorageState& state, Table& table, TimePoint now);

  // What the caller is to be told once the batch is written. An error means that nothing of the commit is in the batch.
  Result<CommitReceipt> stage(Commit commit);
  Result<void> stage(const LogTrim& trim);
  // The present lease of a message; nothing if the message is on its way out.
  void stage_lease(const MessageKey& key);
  // Erases the rows of deduplication ids that are too old to matter, about once a minute.
  void stage_deduplication_cleanup();
  // Adds the rows that every batch has.
  void finish();

  bool empty() const { return !has_rows_; }
  RowBatch& rows() { return *rows_; }
  std::uint64_t number() const { return number_; }

  void publish();
  void roll_back();

 private:
  struct Staged {
    Commit commit;
    std::vector<std::uint64_t> sequences;  // of commit.messages; 0 = duplicate
    std::vector<std::uint64_t> revisions;  // of commit.catalog; 0 = nothing changes
  };
  struct Duplicate {
    std::uint64_t sequence = 0;
    std::string message_id;
  };
  // What is staged in this batch under a deduplication name, since its row cannot be read yet.
  struct StagedName {
    QueueId queue = 0;
    std::string scope, id, message_id;
  };

  std::optional<QueueTraits> traits_of(QueueId queue, const Commit& commit);
  std::uint64_t revision_of(const std::string& key) const;
  std::shared_ptr<StoredQueue> stored(QueueId queue);

  Result<void> check(const Commit& commit);
  bool is_gone(const MessageKey& key);
  Result<std::vector<std::optional<Duplicate>>> find_duplicates(const Commit& commit);
  Result<std::optional<Duplicate>> find_duplicate(const DeduplicationName& name);
  std::optional<DeduplicationName> deduplication_name(const NewMessage& message, const Commit& commit);

  void stage_queue(const QueueChange& change);
  void erase_messages(QueueId queue);
  std::uint64_t stage_catalog(const CatalogWrite& write);
  std::uint64_t stage_log(const LogAppend& append);
  std::uint64_t stage_message(const NewMessage& message, const Commit& commit);
  void stage_ack(const MessageKey& key);
  std::uint64_t next_sequence();

  void put(Column column, std::string_view key, std::string_view value);
  void put_number(std::string_view key, std::uint64_t value);

  void publish(Staged& staged);
  void publish_messages(const Staged& staged);
  void publish_acks(const Commit& commit);

  StorageState& state_;
  Table& table_;
  const TimePoint now_;
  const std::uint64_t number_;
  std::unique_ptr<RowBatch> rows_;
  bool has_rows_ = false;
  std::string value_;  // reused by encoders

  std::deque<Staged> staged_;
  boost::unordered_flat_map<QueueId, std::optional<QueueTraits>> queues_;  // changed; nullopt = dropped
  boost::unordered_flat_set<QueueId> cleared_;                             // purged or dropped
  boost::unordered_flat_set<QueueId> filled_;                              // given messages
  boost::unordered_flat_map<std::string, std::uint64_t> revisions_;        // of changed keys; 0 = erased
  boost::unordered_flat_map<LogId, LogState> logs_;
  boost::unordered_flat_map<std::uint64_t, StagedName> names_;  // by sequence
  boost::unordered_flat_set<std::uint64_t> erased_;             // sequences
  std::size_t deduplications_ = 0;
  std::uint64_t sequence_floor_, queue_id_floor_;
  TimePoint deduplication_erased_to_;
  bool revision_changed_ = false;

  std::shared_ptr<StoredQueue> latest_;  // cache of stored() and traits_of()
  QueueTraits latest_traits_;
};

}  // namespace eventbus
