#pragma once

#include "storage/staged_batch.h"
#include "storage/storage.h"
#include "storage/storage_state.h"
#include "storage/table.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace eventbus {

// Group commit. One writer drains everything that waits into one StagedBatch, writes it with one sync, publishes it to
// memory in order, and completes the callers on their executors.
//
// With a thread of its own nobody's I/O thread ever blocks on a disk. Without, the caller who finds no drain in
// progress drains for all: for tables that never block. Or drains come `later`: for simulations that run on one thread
// and still have commits gather, reads between a commit and its completion, and a disk that takes its time.
//
// When a write fails, all commits of its batch fail with kUnavailable and nothing of them is published. Whether the
// disk has the batch is then in doubt until the table has recovered; if it turns out to have it, the batch is published
// after all (as after a crash: an unacknowledged commit may have happened), so that memory and disk never disagree.
// Recovery is tried with every batch that comes, and by the thread once a second.
class BatchWriter {
 public:
  struct Options {
    bool own_thread = false;
    bool sync = true;
    // Whether leases are written down at all: not for a table that nobody will ever open again.
    bool note_leases = true;
    // Without a thread: runs a drain on the callers' thread, outside of their calls, as soon as it likes once `delay`
    // has passed. What it is given refers to the writer, and is not run any more after close().
    using Drain = std::function<void()>;
    std::function<void(Duration delay, Drain drain)> later;
  };

  BatchWriter(StorageState& state, Table& table, Clock& clock, Options options);
  ~BatchWriter();
  BatchWriter(const BatchWriter&) = delete;
  BatchWriter& operator=(const BatchWriter&) = delete;

  asio::awaitable<Result<CommitReceipt>> commit(Commit commit);
  asio::awaitable<Result<void>> trim(LogTrim trim);

  // Writes the present lease of each message some time soon, without a sync. Most messages are deleted before: a note
  // that has become moot by then is never written.
  void note_leases(std::vector<MessageKey> keys);

  // Carries out what was accepted; everything later fails with kUnavailable. Blocking.
  void close();

  struct Report {
    bool writable = true;
    std::string last_error;
    std::uint64_t commits = 0, syncs = 0;
  };
  Report report() const;

 private:
  using Done = asio::any_completion_handler<void(Result<CommitReceipt>)>;
  struct Work {
    Work(Commit change, std::optional<LogTrim> log_trim, asio::any_io_executor completion_executor, Done completion)
        : commit(std::move(change)),
          trim(log_trim),
          executor(std::move(completion_executor)),
          done(std::move(completion)) {}
    Work(Work&&) = default;
    Work& operator=(Work&&) = delete;  // that of any_completion_handler recurses for ever in Boost 1.81

    Commit commit;
    std::optional<LogTrim> trim;
    asio::any_io_executor executor;
    Done done;
    Result<CommitReceipt> outcome = CommitReceipt{};
  };

  asio::awaitable<Result<CommitReceipt>> submit(Commit commit, std::optional<LogTrim> trim);
  void enqueue(Work work);
  void run();
  void drain_as_caller(std::unique_lock<std::mutex>& lock);
  void drain_later(Duration delay);
  void drain_once();
  void process(std::deque<Work> works, std::vector<MessageKey> notes);
  Result<void> write(StagedBatch& batch, bool sync);
  Result<void> recover();
  void failed(const Error& error);
  std::vector<MessageKey> take_notes(bool all);

  StorageState& state_;
  Table& table_;
  Clock& clock_;
  const Options options_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Work> waiting_;
  std::vector<MessageKey> notes_;
  TimePoint notes_since_;
  bool sleeping_ = false;        // the thread waits for wake_
  bool draining_ = false;        // a caller drains
  bool recovers_later_ = false;  // a drain will come that tries to
  bool closed_ = false;
  std::string last_error_;

  std::unique_ptr<StagedBatch> in_doubt_;  // of the writer alone
  std::atomic<bool> writable_{true};
  std::atomic<std::uint64_t> commits_{0}, syncs_{0};
  std::thread thread_;
};

}  // namespace eventbus
