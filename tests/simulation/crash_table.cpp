#include "tests/simulation/crash_table.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace eventbus::simulation {

namespace {

constexpr std::size_t kErasedRemembered = 64;

Error no_power() { return unavailable("the machine is off"); }

}  // namespace

class CrashTable::Batch final : public RowBatch {
 public:
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

std::unique_ptr<RowBatch> CrashTable::new_batch() { return std::make_unique<Batch>(); }

void CrashTable::change(Written& written, Column column, const std::string& key, std::optional<std::string> value) {
  Rows& of_column = rows(column);
  const auto row = of_column.find(key);
  Undo before{column, key, std::nullopt};
  if (row != of_column.end()) before.before = row->second;
  if (value) {
    of_column.insert_or_assign(key, std::move(*value));
  } else if (row != of_column.end()) {
    of_column.erase(row);
  }
  written.push_back(std::move(before));
}

void CrashTable::apply(const std::vector<Operation>& operations) {
  Written& written = unsynced_.emplace_back();
  for (const Operation& operation : operations) {
    if (operation.kind == Operation::kPut) {
      change(written, operation.column, operation.key, operation.value);
      continue;
    }
    if (operation.kind == Operation::kErase) {
      if (revives_a_row && operation.column == Column::kMessageHead) {
        const auto head = rows(Column::kMessageHead).find(operation.key);
        const auto body = rows(Column::kMessageBody).find(operation.key);
        if (head != rows(Column::kMessageHead).end() && body != rows(Column::kMessageBody).end()) {
          erased_.push_back({head->first, head->second});
          erased_bodies_.push_back({body->first, body->second});
        }
      }
      change(written, operation.column, operation.key, std::nullopt);
      continue;
    }
    if (operation.key >= operation.value) continue;
    std::vector<std::string> keys;
    Rows& of_column = rows(operation.column);
    for (auto row = of_column.lower_bound(operation.key); row != of_column.end() && row->first < operation.value; ++row)
      keys.push_back(row->first);
    for (const std::string& key : keys) change(written, operation.column, key, std::nullopt);
  }
}

void CrashTable::undo(const Written& written) {
  for (auto each = written.rbegin(); each != written.rend(); ++each) {
    if (each->before) {
      rows(each->column).insert_or_assign(each->key, *each->before);
    } else {
      rows(each->column).erase(each->key);
    }
  }
}

Result<void> CrashTable::write(RowBatch& batch, bool sync) {
  if (dead_ || power_gone_) return no_power();
  assert(!needs_recovery_ && "a failed table must recover before the next write");
  std::vector<Operation> operations = std::move(static_cast<Batch&>(batch).operations);
  if (fault_ == Fault::kFull) {
    needs_recovery_ = true;
    return unavailable("no space left on device");
  }
  if (fault_ == Fault::kSyncFails && sync) {
    needs_recovery_ = true;
    in_doubt_ = std::move(operations);
    return unavailable("sync: input/output error");
  }
  ++writes_;
  apply(operations);
  if (cut_in_write_) {
    power_gone_ = true;
    return no_power();
  }
  if (sync && !never_syncs) unsynced_.clear();
  return {};
}

Result<void> CrashTable::recover() {
  if (dead_ || power_gone_) return no_power();
  if (fault_ != Fault::kNone) return unavailable("still failing");
  if (in_doubt_ && dice_.percent(50)) {
    apply(*in_doubt_);
    unsynced_.clear();
  }
  in_doubt_ = std::nullopt;
  needs_recovery_ = false;
  return {};
}

void CrashTable::crash(Loss loss) {
  dead_ = true;
  // Nobody knows what became of a write whose sync failed.
  if (in_doubt_ && dice_.percent(50)) apply(*in_doubt_);
  in_doubt_ = std::nullopt;
  if (loss == Loss::kNothing) {
    unsynced_.clear();
    return;
  }
  const std::size_t kept = loss == Loss::kUnsynced ? 0 : dice_.below(unsynced_.size() + 1);
  while (unsynced_.size() > kept) {
    Written& written = unsynced_.back();
    // A torn write is as if it had not been: but not when its tears are to be seen.
    if (tears_writes && unsynced_.size() == kept + 1 && written.size() > 1)
      written.erase(written.begin(),
                    written.begin() + static_cast<std::ptrdiff_t>(dice_.below(written.size() - 1) + 1));
    undo(written);
    unsynced_.pop_back();
  }
  unsynced_.clear();
}

void CrashTable::restart() {
  dead_ = power_gone_ = cut_in_write_ = needs_recovery_ = reads_fail_ = false;
  fault_ = Fault::kNone;
  lose_or_revive();
}

void CrashTable::lose_or_revive() {
  Rows& heads = rows(Column::kMessageHead);
  if (loses_a_row && !heads.empty()) {
    const auto row = std::next(heads.begin(), static_cast<std::ptrdiff_t>(dice_.below(heads.size())));
    rows(Column::kMessageBody).erase(row->first);
    heads.erase(row);
  }
  if (revives_a_row && !erased_.empty()) {
    const std::size_t which = dice_.below(erased_.size());
    heads.insert_or_assign(erased_[which].key, erased_[which].value);
    rows(Column::kMessageBody).insert_or_assign(erased_bodies_[which].key, erased_bodies_[which].value);
  }
  if (erased_.size() > kErasedRemembered) {
    erased_.clear();
    erased_bodies_.clear();
  }
}

Result<std::optional<std::string>> CrashTable::get(Column column, std::string_view key) {
  if (reads_fail()) return unavailable("read: input/output error");
  const auto found = rows(column).find(key);
  if (found == rows(column).end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

void CrashTable::multi_get(Column column, std::span<const std::string> keys, ReadTier, const RowVisitor& visit) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto found = rows(column).find(keys[i]);
    if (reads_fail()) {
      visit(i, RowState::kFailed, {});
    } else if (found == rows(column).end()) {
      visit(i, RowState::kMissing, {});
    } else {
      visit(i, RowState::kFound, found->second);
    }
  }
}

Result<void> CrashTable::scan(Column column, std::string_view begin, std::string_view end, const ScanVisitor& visit) {
  if (reads_fail()) return unavailable("read: input/output error");
  for (auto row = rows(column).lower_bound(begin); row != rows(column).end(); ++row) {
    if (!end.empty() && row->first >= end) break;
    if (!visit(row->first, row->second)) break;
  }
  return {};
}

Result<std::optional<Row>> CrashTable::last(Column column, std::string_view begin, std::string_view end) {
  if (reads_fail()) return unavailable("read: input/output error");
  auto row = rows(column).lower_bound(end);
  if (row == rows(column).begin() || (--row)->first < begin) return std::optional<Row>();
  return std::optional<Row>(Row{row->first, row->second});
}

std::uint64_t CrashTable::digest() const {
  std::uint64_t digest = 0xcbf29ce484222325;
  const auto add = [&](std::string_view bytes) {
    for (const char byte : bytes) digest = (digest ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  };
  for (const Rows& of_column : columns_) {
    for (const auto& [key, value] : of_column) {
      add(key);
      // Secrets are sealed with a nonce of the operating system's, another one every time.
      if (!key.starts_with("connection/")) add(value);
    }
  }
  return digest;
}

}  // namespace eventbus::simulation
