#include "storage/staged_batch.h"

#include "storage/key_codec.h"
#include "storage/row_codec.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace eventbus {

namespace {

// Numbers are reserved in blocks, so that their floor need not be written with every batch.
constexpr std::uint64_t kSequenceBlock = 1 << 20;
constexpr std::uint64_t kQueueIdBlock = 1 << 12;
// Up to so many messages are erased one by one: range tombstones make an LSM's reads slower.
constexpr std::size_t kEraseSinglyMax = 1'000;
constexpr Duration kDeduplicationCleanupEvery = std::chrono::minutes(1);

std::int64_t second_of(TimePoint when) {
  return std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
}

}  // namespace

StagedBatch::StagedBatch(StorageState& state, Table& table, TimePoint now)
    : state_(state),
      table_(table),
      now_(now),
      number_(++state.batch_number),
      rows_(table.new_batch()),
      sequence_floor_(state.sequence_floor),
      queue_id_floor_(state.queue_id_floor),
      deduplication_erased_to_(state.deduplication_erased_to) {
  state_.deduplication.forget(now_ - kDeduplicationWindow);
}

void StagedBatch::put(Column column, std::string_view key, std::string_view value) {
  rows_->put(column, key, value);
  has_rows_ = true;
}

void StagedBatch::put_number(std::string_view key, std::uint64_t value) {
  put(Column::kMeta, key, rows::number(value));
}

// ---- one commit

Result<CommitReceipt> StagedBatch::stage(Commit commit) {
  TRY_VOID(check(commit));
  TRY(auto duplicates, find_duplicates(commit));

  Staged staged;
  CommitReceipt receipt;
  for (const QueueChange& change : commit.queues) stage_queue(change);
  for (const CatalogWrite& write : commit.catalog) staged.revisions.push_back(stage_catalog(write));
  for (const LogAppend& append : commit.log) receipt.log.push_back(stage_log(append));
  staged.sequences.reserve(commit.messages.size());
  receipt.messages.reserve(commit.messages.size());
  for (std::size_t i = 0; i < commit.messages.size(); ++i) {
    const NewMessage& message = commit.messages[i];
    if (i < duplicates.size() && duplicates[i]) {
      Duplicate& duplicate = *duplicates[i];
      if (duplicate.sequence == 0) {  // of an earlier message of this very commit
        const auto original = std::ranges::find(receipt.messages, duplicate.message_id, &EnqueueOutcome::message_id);
        duplicate.sequence = original->sequence;
      }
      staged.sequences.push_back(0);
      receipt.messages.push_back({std::move(duplicate.message_id), duplicate.sequence, true});
      continue;
    }
    const std::uint64_t sequence = stage_message(message, commit);
    staged.sequences.push_back(sequence);
    receipt.messages.push_back({message.id, sequence, false});
  }
  for (const MessageKey& key : commit.acks) stage_ack(key);

  staged.commit = std::move(commit);
  staged_.push_back(std::move(staged));
  return receipt;
}

Result<void> StagedBatch::check(const Commit& commit) {
  for (const CatalogWrite& write : commit.catalog) {
    if (write.expected_revision && *write.expected_revision != revision_of(write.key))
      return conflict("the catalog entry " + write.key + " has changed meanwhile");
  }
  for (const QueueChange& change : commit.queues) {
    if (change.kind != QueueChange::kPut) continue;
    const std::optional<QueueTraits> existing = traits_of(change.queue, Commit{});
    if (existing && existing->fifo != change.traits.fifo)
      return invalid("a queue cannot change between standard and FIFO");
  }
  for (const NewMessage& message : commit.messages) {
    if (!traits_of(message.queue, commit))
      return not_found("there is no queue with the number " + std::to_string(message.queue));
  }
  // What is moved is there. Who moved it before may be the very caller: a commit that failed in doubt, and had
  // happened.
  if (!commit.messages.empty() && std::ranges::any_of(commit.acks, [&](const MessageKey& key) { return is_gone(key); }))
    return conflict("a message that is to be moved is gone");
  return {};
}

bool StagedBatch::is_gone(const MessageKey& key) {
  if (erased_.contains(key.sequence) || cleared_.contains(key.queue)) return true;
  const auto queue = stored(key.queue);
  if (!queue) return true;
  std::lock_guard lock(queue->mutex);
  return !queue->index.contains(key.sequence);
}

std::optional<QueueTraits> StagedBatch::traits_of(QueueId queue, const Commit& commit) {
  for (auto change = commit.queues.rbegin(); change != commit.queues.rend(); ++change) {
    if (change->queue != queue || change->kind == QueueChange::kPurge) continue;
    if (change->kind == QueueChange::kDrop) return std::nullopt;
    return change->traits;
  }
  if (!queues_.empty()) {
    if (const auto changed = queues_.find(queue); changed != queues_.end()) return changed->second;
  }
  if (!stored(queue)) return std::nullopt;
  return latest_traits_;
}

std::shared_ptr<StoredQueue> StagedBatch::stored(QueueId queue) {
  if (latest_ && latest_->id == queue) return latest_;
  auto found = state_.queues.find(queue);
  if (!found) return nullptr;
  latest_ = std::move(found);
  std::lock_guard lock(latest_->mutex);
  latest_traits_ = latest_->traits;
  return latest_;
}

std::uint64_t StagedBatch::revision_of(const std::string& key) const {
  const auto changed = revisions_.find(key);
  return changed == revisions_.end() ? state_.catalog.revision(key) : changed->second;
}

// ---- deduplication

std::optional<DeduplicationName> StagedBatch::deduplication_name(const NewMessage& message, const Commit& commit) {
  if (message.deduplication_id.empty()) return std::nullopt;
  const std::optional<QueueTraits> traits = traits_of(message.queue, commit);
  if (!traits || !traits->fifo) return std::nullopt;
  return DeduplicationName{message.queue, traits->deduplicate_per_group ? message.group : std::string_view(),
                           message.deduplication_id};
}

Result<std::vector<std::optional<StagedBatch::Duplicate>>> StagedBatch::find_duplicates(const Commit& commit) {
  std::vector<std::optional<Duplicate>> duplicates;
  std::vector<std::pair<DeduplicationName, std::size_t>> fresh;  // names first used in this commit
  for (std::size_t i = 0; i < commit.messages.size(); ++i) {
    const std::optional<DeduplicationName> name = deduplication_name(commit.messages[i], commit);
    if (!name) continue;
    duplicates.resize(commit.messages.size());
    const auto same = std::ranges::find(fresh, *name, &std::pair<DeduplicationName, std::size_t>::first);
    if (same != fresh.end()) {
      duplicates[i] = Duplicate{0, commit.messages[same->second].id};
      continue;
    }
    TRY(duplicates[i], find_duplicate(*name));
    if (!duplicates[i]) fresh.emplace_back(*name, i);
  }
  return duplicates;
}

Result<std::optional<StagedBatch::Duplicate>> StagedBatch::find_duplicate(const DeduplicationName& name) {
  std::string message_id;
  const auto is_same = [&](const DeduplicationPlace& place) -> std::optional<bool> {
    // Behind one of a time to come: the clock was set back, and the index forgets in the order in which ids came.
    if (place.when <= now_ - kDeduplicationWindow) return false;
    if (const auto staged = names_.find(place.sequence); staged != names_.end()) {
      message_id = staged->second.message_id;
      return name == DeduplicationName{staged->second.queue, staged->second.scope, staged->second.id};
    }
    const auto row = table_.get(Column::kDeduplication, keys::deduplication(place.when, place.sequence));
    if (!row) return std::nullopt;
    if (!*row) return false;
    const auto value = rows::decode_deduplication(**row);
    if (!value) return false;
    message_id = value->message_id;
    return name == DeduplicationName{value->queue, value->scope, value->deduplication_id};
  };
  bool unknown = false;
  const auto place = state_.deduplication.find(name, is_same, unknown);
  if (unknown) return unavailable("cannot read whether this message is a duplicate");
  if (!place) return std::optional<Duplicate>();
  return std::optional<Duplicate>(Duplicate{place->sequence, std::move(message_id)});
}

// ---- the parts of a commit

void StagedBatch::stage_queue(const QueueChange& change) {
  if (change.kind == QueueChange::kPut) {
    put(Column::kMeta, keys::queue(change.queue), rows::traits(change.traits));
    queues_[change.queue] = change.traits;
    if (change.queue >= queue_id_floor_)
      put_number(keys::kQueueIdFloor, queue_id_floor_ = change.queue + kQueueIdBlock);
    return;
  }
  erase_messages(change.queue);
  if (change.kind == QueueChange::kPurge) return;
  rows_->erase(Column::kMeta, keys::queue(change.queue));
  has_rows_ = true;
  queues_[change.queue] = std::nullopt;
}

void StagedBatch::erase_messages(QueueId queue) {
  const bool filled = filled_.contains(queue);
  cleared_.insert(queue);
  std::vector<std::uint64_t> sequences;
  std::size_t size = 0;
  if (const auto existing = stored(queue)) {
    std::lock_guard lock(existing->mutex);
    size = existing->index.size();
    if (size <= kEraseSinglyMax) sequences = existing->index.sequences();
  }
  if (filled || size > kEraseSinglyMax) {
    const std::string begin = keys::message(queue, 0), end = keys::message(queue, state_.next_sequence);
    rows_->erase_range(Column::kMessageHead, begin, end);
    rows_->erase_range(Column::kMessageBody, begin, end);
    has_rows_ = true;
    return;
  }
  for (const std::uint64_t sequence : sequences) stage_ack({queue, sequence});
}

std::uint64_t StagedBatch::stage_catalog(const CatalogWrite& write) {
  if (!write.value) {
    if (revision_of(write.key) == 0) return 0;
    rows_->erase(Column::kCatalog, write.key);
    has_rows_ = true;
    revisions_[write.key] = 0;
    return ++state_.catalog_revision;
  }
  const std::uint64_t revision = ++state_.catalog_revision;
  rows::encode(rows::Catalog{revision, *write.value}, value_);
  put(Column::kCatalog, write.key, value_);
  revisions_[write.key] = revision;
  revision_changed_ = true;
  return revision;
}

std::uint64_t StagedBatch::stage_log(const LogAppend& append) {
  auto [log, inserted] = logs_.try_emplace(append.log);
  LogState& state = log->second;
  if (inserted) state = state_.logs.get(append.log);
  if (state.head == 0) {
    rows::encode(rows::LogBounds{state.horizon, state.head, state.newest, state.bytes_before}, value_);
    put(Column::kLog, keys::log_bounds(append.log), value_);
  }
  ++state.head;
  rows::encode(rows::LogEvent{append.accepted_at, append.payload, state.bytes_ever}, value_);
  state.bytes_ever += append.payload.size();
  put(Column::kLog, keys::log_entry(append.log, state.head), value_);
  if (append.accepted_at > state.newest) {
    const std::int64_t second = second_of(append.accepted_at);
    if (state.newest == TimePoint::min() || second_of(state.newest) < second)
      put(Column::kLog, keys::log_second(append.log, second), rows::number(state.head));
    state.newest = append.accepted_at;
  }
  return state.head;
}

std::uint64_t StagedBatch::next_sequence() {
  const std::uint64_t sequence = state_.next_sequence++;
  if (sequence >= sequence_floor_) put_number(keys::kSequenceFloor, sequence_floor_ = sequence + kSequenceBlock);
  return sequence;
}

std::uint64_t StagedBatch::stage_message(const NewMessage& message, const Commit& commit) {
  const std::uint64_t sequence = next_sequence();
  const std::string key = keys::message(message.queue, sequence);
  const bool fifo = traits_of(message.queue, commit)->fifo;
  rows::MessageHead head;
  head.sent_at = message.sent_at;
  head.visible_at = message.visible_at;
  head.bytes = static_cast<std::uint32_t>(message.body.size() + message.attributes.size());
  if (fifo) head.group = message.group;
  rows::encode(head, value_);
  put(Column::kMessageHead, key, value_);
  rows::encode(rows::MessageBody{message.id, message.group, message.deduplication_id, message.attributes, message.body},
               value_);
  put(Column::kMessageBody, key, value_);
  filled_.insert(message.queue);

  if (const auto name = deduplication_name(message, commit)) {
    rows::encode(rows::Deduplication{name->queue, name->scope, name->id, message.id}, value_);
    put(Column::kDeduplication, keys::deduplication(now_, sequence), value_);
    state_.deduplication.insert(*name, {now_, sequence});
    names_.emplace(sequence, StagedName{name->queue, std::string(name->scope), std::string(name->id), message.id});
    ++deduplications_;
  }
  return sequence;
}

void StagedBatch::stage_ack(const MessageKey& key) {
  if (erased_.contains(key.sequence)) return;
  const auto queue = stored(key.queue);
  if (!queue) return;
  {
    std::lock_guard lock(queue->mutex);
    if (!queue->index.contains(key.sequence)) return;
  }
  const std::string row = keys::message(key.queue, key.sequence);
  rows_->erase(Column::kMessageHead, row);
  rows_->single_erase(Column::kMessageBody, row);
  has_rows_ = true;
  erased_.insert(key.sequence);
}

void StagedBatch::stage_lease(const MessageKey& key) {
  if (erased_.contains(key.sequence) || cleared_.contains(key.queue)) return;
  const auto queue = stored(key.queue);
  if (!queue) return;
  std::lock_guard lock(queue->mutex);
  const std::optional<IndexedMessage> message = queue->index.find(key.sequence);
  if (!message) return;
  rows::MessageHead head;
  head.sent_at = message->sent_at;
  head.visible_at = message->visible_at;
  head.first_leased_at = message->first_leased_at;
  head.attempt = message->attempt;
  head.bytes = message->bytes;
  head.group = message->group;
  rows::encode(head, value_);
  put(Column::kMessageHead, keys::message(key.queue, key.sequence), value_);
}

Result<void> StagedBatch::stage(const LogTrim& trim) {
  auto [log, inserted] = logs_.try_emplace(trim.log);
  LogState& state = log->second;
  if (inserted) state = state_.logs.get(trim.log);
  // Nothing of this very batch goes: whoever trims cannot have seen it.
  const LogState written = state_.logs.get(trim.log);
  const std::uint64_t before = std::min(trim.before, written.head + 1);
  if (before <= state.horizon) return {};

  // The time index keeps the newest row at or before the first entry that stays; seek starts there.
  TimePoint first_kept = written.newest;
  std::uint64_t bytes_before = written.bytes_ever;
  if (before <= written.head) {
    TRY(auto row, table_.get(Column::kLog, keys::log_entry(trim.log, before)));
    const auto event = row ? rows::decode_log_event(*row) : std::nullopt;
    if (!event) return internal("the data directory is damaged: a row of a log is missing");
    first_kept = event->accepted_at;
    bytes_before = event->bytes_before;
  }
  const std::string seconds_begin = keys::log_second(trim.log, std::numeric_limits<std::int64_t>::min());
  TRY(auto kept, table_.last(Column::kLog, seconds_begin, keys::log_second(trim.log, second_of(first_kept) + 1)));

  rows_->erase_range(Column::kLog, keys::log_entry(trim.log, 0), keys::log_entry(trim.log, before));
  if (kept) rows_->erase_range(Column::kLog, seconds_begin, kept->key);
  state.horizon = before;
  state.bytes_before = bytes_before;
  rows::encode(rows::LogBounds{state.horizon, state.head, state.newest, state.bytes_before}, value_);
  put(Column::kLog, keys::log_bounds(trim.log), value_);
  return {};
}

void StagedBatch::stage_deduplication_cleanup() {
  const TimePoint horizon = now_ - kDeduplicationWindow;
  if (deduplication_erased_to_ != TimePoint::min() && horizon < deduplication_erased_to_ + kDeduplicationCleanupEvery)
    return;
  const bool first = deduplication_erased_to_ == TimePoint::min();
  rows_->erase_range(Column::kDeduplication,
                     keys::deduplication(first ? TimePoint::min() : deduplication_erased_to_, 0),
                     keys::deduplication(horizon, 0));
  deduplication_erased_to_ = horizon;
}

void StagedBatch::finish() {
  if (deduplications_ > 0) stage_deduplication_cleanup();
  if (revision_changed_) put_number(keys::kCatalogRevision, state_.catalog_revision);
  put_number(keys::kBatchNumber, number_);
}

// ---- after the write

void StagedBatch::publish() {
  state_.sequence_floor = sequence_floor_;
  state_.queue_id_floor = queue_id_floor_;
  state_.deduplication_erased_to = deduplication_erased_to_;
  for (Staged& staged : staged_) publish(staged);
  for (const auto& [log, state] : logs_) state_.logs.set(log, state);
}

void StagedBatch::roll_back() { state_.deduplication.undo(deduplications_); }

void StagedBatch::publish(Staged& staged) {
  Commit& commit = staged.commit;
  for (const QueueChange& change : commit.queues) {
    if (change.kind == QueueChange::kPut) {
      state_.queues.put(change.queue, change.traits);
    } else if (change.kind == QueueChange::kDrop) {
      state_.queues.drop(change.queue, now_);
      if (latest_ && latest_->id == change.queue) latest_ = nullptr;
    } else if (auto queue = state_.queues.find(change.queue)) {
      QueueAccess(std::move(queue), now_).index().clear();
    }
  }
  for (std::size_t i = 0; i < commit.catalog.size(); ++i) {
    CatalogWrite& write = commit.catalog[i];
    if (write.value) {
      state_.catalog.put(std::move(write.key), std::move(*write.value), staged.revisions[i]);
    } else {
      state_.catalog.erase(write.key);
    }
  }
  publish_messages(staged);
  publish_acks(commit);
}

void StagedBatch::publish_messages(const Staged& staged) {
  std::optional<QueueAccess> access;
  for (std::size_t i = 0; i < staged.sequences.size(); ++i) {
    if (staged.sequences[i] == 0) continue;
    const NewMessage& message = staged.commit.messages[i];
    if (!access || (*access)->id != message.queue) {
      access.reset();
      access.emplace(stored(message.queue), now_);
    }
    IndexedMessage indexed;
    indexed.sequence = staged.sequences[i];
    indexed.sent_at = message.sent_at;
    indexed.visible_at = message.visible_at;
    indexed.bytes = static_cast<std::uint32_t>(message.body.size() + message.attributes.size());
    indexed.group = message.group;
    access->index().insert(indexed);
  }
}

void StagedBatch::publish_acks(const Commit& commit) {
  std::optional<QueueAccess> access;
  for (const MessageKey& key : commit.acks) {
    if (!access || (*access)->id != key.queue) {
      access.reset();
      auto queue = stored(key.queue);
      if (!queue) continue;
      access.emplace(std::move(queue), now_);
    }
    access->index().erase(key.sequence);
  }
}

}  // namespace eventbus
