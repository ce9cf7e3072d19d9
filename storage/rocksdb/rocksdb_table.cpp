#include "storage/rocksdb/rocksdb_table.h"

#include "storage/rocksdb/directory_lock.h"
#include "storage/rocksdb/rocksdb_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/slice.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace eventbus {

namespace {

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

Error not_open() { return unavailable("the database is not open: the disk failed, and it is being tried again"); }

// Bytes in files of the database whose name ends in `suffix`.
std::uint64_t bytes_of_files(const std::filesystem::path& directory, std::string_view suffix) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator file(directory, error), end; !error && file != end; file.increment(error)) {
    std::error_code gone;  // files come and go
    const std::uint64_t size = file->path().native().ends_with(suffix) ? file->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

// A row that can be had without reading a file, else Incomplete. Not by MultiGet (7.8), which without I/O reads blocks
// nevertheless when it looks into a file's first block, and takes a row for found and empty when it looks on in the
// next one. Get does the latter for a file that is not open (TableCache makes OK of Incomplete, see
// github.com/facebook/rocksdb/pull/12462); no row of ours is empty, which gives it away.
rocksdb::Status get_at_hand(rocksdb::DB& database, rocksdb::ColumnFamilyHandle* family, const std::string& key,
                            rocksdb::PinnableSlice& value) {
  rocksdb::ReadOptions options;
  options.read_tier = rocksdb::kBlockCacheTier;
  rocksdb::Status status = database.Get(options, family, key, &value);
  if (status.ok() && value.empty()) return rocksdb::Status::Incomplete();
  return status;
}

}  // namespace

struct RocksDbTable::Database {
  ~Database() {
    for (rocksdb::ColumnFamilyHandle* family : families)
      if (family) (void)db->DestroyColumnFamilyHandle(family);
    if (db) (void)db->Close();
  }
  rocksdb::ColumnFamilyHandle* family(Column column) const { return families[static_cast<std::size_t>(column)]; }

  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
};

// Column families are known by their handles, which change when the database is opened again. A batch is always built
// and written between two openings.
class RocksDbTable::Batch final : public RowBatch {
 public:
  explicit Batch(const Database* database) : database_(database) {}

  void put(Column column, std::string_view key, std::string_view value) override {
    if (database_) (void)rows.Put(database_->family(column), slice(key), slice(value));
  }
  void erase(Column column, std::string_view key) override {
    if (database_) (void)rows.Delete(database_->family(column), slice(key));
  }
  void single_erase(Column column, std::string_view key) override {
    if (database_) (void)rows.SingleDelete(database_->family(column), slice(key));
  }
  void erase_range(Column column, std::string_view begin, std::string_view end) override {
    if (database_ && begin < end) (void)rows.DeleteRange(database_->family(column), slice(begin), slice(end));
  }
  void clear() override { rows.Clear(); }

  rocksdb::WriteBatch rows;

 private:
  const Database* database_;
};

// ---- opening and closing

RocksDbTable::RocksDbTable(const RocksDbOptions& options) : options_(options), path_(options.directory / "db") {}

RocksDbTable::~RocksDbTable() { close(); }

Result<std::shared_ptr<RocksDbTable>> RocksDbTable::open(const RocksDbOptions& options) {
  std::shared_ptr<RocksDbTable> table(new RocksDbTable(options));
  TRY(table->lock_, DirectoryLock::acquire(options.directory));
  TRY_VOID(create_directory_durably(table->path_));
  TRY_VOID(table->open_database());
  return table;
}

Result<void> RocksDbTable::open_database() {
  rocksdb::DBOptions database_options;
  set_database_options(options_, database_options);
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(options_.block_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> columns;
  for (std::size_t i = 0; i < kColumnCount; ++i) {
    rocksdb::ColumnFamilyOptions family;
    set_column_options(options_, static_cast<Column>(i), cache, family);
    columns.emplace_back(kColumnNames[i], family);
  }
  auto database = std::make_unique<Database>();
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(database_options, path_.string(), columns, &database->families, &db);
  database->db.reset(db);
  if (!status.ok()) return error_of(status);
  database_ = std::move(database);
  return {};
}

void RocksDbTable::close() {
  std::lock_guard lock(mutex_);
  // What was written without a sync is not lost by an orderly end, even if the power fails right after it.
  if (database_ && !failed_) (void)database_->db->SyncWAL();
  database_ = nullptr;
  lock_ = nullptr;
}

// ---- writing

std::unique_ptr<RowBatch> RocksDbTable::new_batch() { return std::make_unique<Batch>(database_.get()); }

Result<void> RocksDbTable::write(RowBatch& batch, bool sync) {
  std::shared_lock lock(mutex_);
  if (!database_) return not_open();
  rocksdb::WriteOptions options;
  options.sync = sync;
  const rocksdb::Status status = database_->db->Write(options, &static_cast<Batch&>(batch).rows);
  if (status.ok()) return {};
  failed_ = true;
  return error_of(status);
}

// Opening again replays the write-ahead log into new files, before the log is deleted: so much must fit. And the disk
// must take a write and a sync, whatever was wrong with it.
Result<void> RocksDbTable::check_space() const {
  constexpr std::uint64_t kReserve = 1 << 20;
  const std::uint64_t needed = bytes_of_files(path_, ".log") + kReserve;
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(path_, error);
  if (error) return unavailable("cannot look at " + path_.string() + ": " + error.message());
  if (space.available < needed) return unavailable("the disk is full");

  const std::filesystem::path probe = options_.directory / "write-probe";
  const int descriptor = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const std::array<char, 4096> zeros{};
  const bool written = descriptor >= 0 && ::write(descriptor, zeros.data(), zeros.size()) == ssize_t{zeros.size()} &&
                       ::fsync(descriptor) == 0;
  const int failure = errno;
  if (descriptor >= 0) ::close(descriptor);
  ::unlink(probe.c_str());
  if (!written) return unavailable("the disk does not take a write: " + std::generic_category().message(failure));
  return {};
}

Result<void> RocksDbTable::recover() {
  TRY_VOID(check_space());
  std::lock_guard lock(mutex_);
  database_ = nullptr;
  TRY_VOID(open_database());
  failed_ = false;
  return {};
}

// Files that lie wholly in the range are dropped: an edit of the manifest, where compaction would read and write all
// that surrounds them. Those of level 0, those that hold something else besides, and those that are being compacted are
// left to compaction.
//
// That must not become durable before the write that erased the rows. With it in the log, whatever a crash leaves is a
// database without these rows; and readers that began before have their files until they end.
void RocksDbTable::reclaim(Column column, std::string_view begin, std::string_view end) {
  std::shared_lock lock(mutex_);
  if (!database_ || failed_ || begin >= end) return;
  if (!database_->db->SyncWAL().ok()) return;
  const rocksdb::Slice first = slice(begin), behind = slice(end);
  const rocksdb::RangePtr range(&first, &behind);
  (void)rocksdb::DeleteFilesInRanges(database_->db.get(), database_->family(column), &range, 1, false);
}

// ---- reading

Result<std::optional<std::string>> RocksDbTable::get(Column column, std::string_view key) {
  std::shared_lock lock(mutex_);
  if (!database_) return not_open();
  std::string value;
  const rocksdb::Status status =
      database_->db->Get(rocksdb::ReadOptions(), database_->family(column), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return error_of(status);
  return std::optional<std::string>(std::move(value));
}

void RocksDbTable::multi_get(Column column, std::span<const std::string> keys, ReadTier tier, const RowVisitor& visit) {
  std::shared_lock lock(mutex_);
  if (!database_) {
    for (std::size_t i = 0; i < keys.size(); ++i) visit(i, RowState::kFailed, {});
    return;
  }
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  if (tier == ReadTier::kMemory) {
    for (std::size_t i = 0; i < keys.size(); ++i)
      statuses[i] = get_at_hand(*database_->db, database_->family(column), keys[i], values[i]);
  } else {
    std::vector<rocksdb::Slice> slices;
    slices.reserve(keys.size());
    for (const std::string& key : keys) slices.emplace_back(key);
    database_->db->MultiGet({}, database_->family(column), keys.size(), slices.data(), values.data(), statuses.data());
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].ok()) {
      visit(i, RowState::kFound, view(values[i]));
    } else if (statuses[i].IsNotFound()) {
      visit(i, RowState::kMissing, {});
    } else if (statuses[i].IsIncomplete()) {
      visit(i, RowState::kNotAtHand, {});
    } else {
      visit(i, RowState::kFailed, {});
    }
  }
}

Result<void> RocksDbTable::scan(Column column, std::string_view begin, std::string_view end, const ScanVisitor& visit) {
  std::shared_lock lock(mutex_);
  if (!database_) return not_open();
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // scans pass by once; the cache is for bodies
  const rocksdb::Slice upper = slice(end);
  if (!end.empty()) options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> row(database_->db->NewIterator(options, database_->family(column)));
  for (row->Seek(slice(begin)); row->Valid(); row->Next())
    if (!visit(view(row->key()), view(row->value()))) return {};
  if (!row->status().ok()) return error_of(row->status());
  return {};
}

Result<std::optional<Row>> RocksDbTable::last(Column column, std::string_view begin, std::string_view end) {
  std::shared_lock lock(mutex_);
  if (!database_) return not_open();
  rocksdb::ReadOptions options;
  const rocksdb::Slice lower = slice(begin), upper = slice(end);
  options.iterate_lower_bound = &lower;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> row(database_->db->NewIterator(options, database_->family(column)));
  row->SeekToLast();
  if (row->Valid()) return std::optional<Row>(Row{row->key().ToString(), row->value().ToString()});
  if (!row->status().ok()) return error_of(row->status());
  return std::optional<Row>();
}

// ---- copying

// RocksDB makes its part under another name and renames it when it is complete and synced; a copy without a `db` in it
// is no data directory. Sorted files are linked, or copied to another file system; the log, which goes on, is copied.
Result<void> RocksDbTable::checkpoint(const std::filesystem::path& directory) {
  std::shared_lock lock(mutex_);
  if (!database_) return not_open();
  std::error_code error;
  if (std::filesystem::exists(directory, error)) return conflict(directory.string() + " is there already");
  TRY_VOID(create_directory_durably(directory));
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(database_->db.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint((directory / path_.filename()).string());
  if (status.ok()) return {};
  std::filesystem::remove_all(directory, error);
  return error_of(status);
}

std::uint64_t RocksDbTable::disk_bytes() const { return bytes_of_files(path_, ""); }

}  // namespace eventbus
