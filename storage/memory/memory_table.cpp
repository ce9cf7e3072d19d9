#include "storage/memory/memory_table.h"

#include <cassert>
#include <iterator>
#include <mutex>
#include <utility>

namespace eventbus {

namespace {

constexpr std::size_t index(Column column) { return static_cast<std::size_t>(column); }
// A request of ten events writes about so many.
constexpr std::size_t kUsualOperations = 32;

}  // namespace

class MemoryTable::Batch final : public RowBatch {
 public:
  Batch() { operations.reserve(kUsualOperations); }

  void put(Column column, std::string_view key, std::string_view value) override {
    operations.push_back({Operation::kPut, column, std::string(key), std::string(value)});
  }
  void erase(Column column, std::string_view key) override {
    operations.push_back({Operation::kErase, column, std::string(key), {}});
  }
  void single_erase(Column column, std::string_view key) override { erase(column, key); }
  void erase_range(Column column, std::string_view begin, std::string_view end) override {
    operations.push_back({Operation::kEraseRange, column, std::string(begin), std::string(end)});
  }
  void clear() override { operations.clear(); }

  std::vector<Operation> operations;
};

MemoryTable::MemoryTable(Options options) : options_(options) {}

std::unique_ptr<RowBatch> MemoryTable::new_batch() { return std::make_unique<Batch>(); }

void MemoryTable::apply(Columns& columns, const Operation& operation) {
  Rows& rows = columns[index(operation.column)];
  switch (operation.kind) {
    case Operation::kPut:
      rows.insert_or_assign(operation.key, operation.value);
      break;
    case Operation::kErase:
      rows.erase(operation.key);
      break;
    case Operation::kEraseRange:
      if (operation.key < operation.value)
        rows.erase(rows.lower_bound(operation.key), rows.lower_bound(operation.value));
      break;
  }
}

Result<void> MemoryTable::write(RowBatch& batch, bool sync) {
  std::vector<Operation> operations = std::move(static_cast<Batch&>(batch).operations);
  std::lock_guard lock(mutex_);
  assert(!needs_recovery_ && "a failed table must recover before the next write");
  if (failing_writes_ > 0) {
    --failing_writes_;
    needs_recovery_ = true;
    if (fault_ == WriteFault::kAmbiguous) ambiguous_ = std::move(operations);
    return unavailable("injected write failure");
  }
  if (options_.remember_synced) {
    for (const Operation& operation : operations) apply(columns_, operation);
    unsynced_.insert(unsynced_.end(), std::make_move_iterator(operations.begin()),
                     std::make_move_iterator(operations.end()));
    if (!sync) return {};
    for (const Operation& operation : unsynced_) apply(synced_, operation);
    unsynced_.clear();
    return {};
  }
  // Rows of one queue or log arrive in key order: each is likely to go behind the one before, the first one to the end.
  std::array<Rows::iterator, kColumnCount> likely;
  const auto expect_at_end = [&](Column column) { likely[index(column)] = columns_[index(column)].end(); };
  for (std::size_t i = 0; i < kColumnCount; ++i) expect_at_end(static_cast<Column>(i));
  for (Operation& operation : operations) {
    if (operation.kind == Operation::kPut) {
      Rows::iterator& place = likely[index(operation.column)];
      place = std::next(columns_[index(operation.column)].insert_or_assign(place, std::move(operation.key),
                                                                           std::move(operation.value)));
    } else {
      apply(columns_, operation);
      expect_at_end(operation.column);  // the row that was expected to follow may be gone
    }
  }
  return {};
}

Result<void> MemoryTable::recover() {
  std::lock_guard lock(mutex_);
  if (failing_recoveries_ > 0) {
    --failing_recoveries_;
    return unavailable("injected write failure");
  }
  for (const Operation& operation : ambiguous_) {
    apply(columns_, operation);
    if (options_.remember_synced) apply(synced_, operation);
  }
  ambiguous_.clear();
  needs_recovery_ = false;
  return {};
}

Result<std::optional<std::string>> MemoryTable::get(Column column, std::string_view key) {
  std::shared_lock lock(mutex_);
  if (reads_fail_) return unavailable("injected read failure");
  const auto found = rows(column).find(key);
  if (found == rows(column).end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

void MemoryTable::multi_get(Column column, std::span<const std::string> keys, ReadTier, const RowVisitor& visit) {
  std::shared_lock lock(mutex_);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto found = rows(column).find(keys[i]);
    if (reads_fail_) {
      visit(i, RowState::kFailed, {});
    } else if (found == rows(column).end()) {
      visit(i, RowState::kMissing, {});
    } else {
      visit(i, RowState::kFound, found->second);
    }
  }
}

Result<void> MemoryTable::scan(Column column, std::string_view begin, std::string_view end, const ScanVisitor& visit) {
  std::shared_lock lock(mutex_);
  if (reads_fail_) return unavailable("injected read failure");
  for (auto row = rows(column).lower_bound(begin); row != rows(column).end(); ++row) {
    if (!end.empty() && row->first >= end) break;
    if (!visit(row->first, row->second)) break;
  }
  return {};
}

Result<std::optional<Row>> MemoryTable::last(Column column, std::string_view begin, std::string_view end) {
  std::shared_lock lock(mutex_);
  if (reads_fail_) return unavailable("injected read failure");
  auto row = rows(column).lower_bound(end);
  if (row == rows(column).begin() || (--row)->first < begin) return std::optional<Row>();
  return std::optional<Row>(Row{row->first, row->second});
}

void MemoryTable::fail_writes(std::size_t count, WriteFault fault, std::size_t failing_recoveries) {
  std::lock_guard lock(mutex_);
  failing_writes_ = count;
  fault_ = fault;
  failing_recoveries_ = failing_recoveries;
}

void MemoryTable::fail_reads(bool fail) {
  std::lock_guard lock(mutex_);
  reads_fail_ = fail;
}

void MemoryTable::power_cut() {
  std::lock_guard lock(mutex_);
  columns_ = synced_;
  unsynced_.clear();
}

}  // namespace eventbus
