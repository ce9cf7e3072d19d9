#include "storage/batch_writer.h"

#include "storage/key_codec.h"
#include "storage/row_codec.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <utility>

namespace eventbus {

namespace {

// A lease that is settled within this time costs no write.
constexpr Duration kNoteDelay{50};
// Without a thread: so many notes are worth a drain of their own.
constexpr std::size_t kNotesMax = 4'096;
// Beyond it a batch only gets later, not cheaper.
constexpr std::size_t kBatchCommitsMax = 512;
constexpr Duration kRecoverEvery{1'000};

Error closed_error() { return unavailable("the storage is shutting down"); }

}  // namespace

BatchWriter::BatchWriter(StorageState& state, Table& table, Clock& clock, Options options)
    : state_(state), table_(table), clock_(clock), options_(options) {
  if (options_.own_thread) thread_ = std::thread([this] { run(); });
}

BatchWriter::~BatchWriter() { close(); }

asio::awaitable<Result<CommitReceipt>> BatchWriter::commit(Commit commit) {
  return submit(std::move(commit), std::nullopt);
}

asio::awaitable<Result<void>> BatchWriter::trim(LogTrim trim) {
  CO_TRY_VOID(co_await submit(Commit{}, trim));
  co_return Result<void>();
}

asio::awaitable<Result<CommitReceipt>> BatchWriter::submit(Commit commit, std::optional<LogTrim> trim) {
  auto initiate = [this, &commit, trim](auto handler) {
    // Counts as work of the caller's context, so that it cannot end while the writer still posts to it.
    const asio::any_io_executor executor = asio::get_associated_executor(handler);
    auto tracked = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    enqueue(Work(std::move(commit), trim, std::move(tracked), Done(std::move(handler))));
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<CommitReceipt>)>(
      initiate, asio::use_awaitable);
}

namespace {

template <typename Work>
void complete(Work& work) {
  asio::post(work.executor, [done = std::move(work.done), outcome = std::move(work.outcome)]() mutable {
    std::move(done)(std::move(outcome));
  });
}

}  // namespace

void BatchWriter::enqueue(Work work) {
  std::unique_lock lock(mutex_);
  if (closed_) {
    lock.unlock();
    work.outcome = closed_error();
    complete(work);
    return;
  }
  waiting_.push_back(std::move(work));
  if (options_.own_thread) {
    if (sleeping_) wake_.notify_one();
  } else if (options_.later) {
    if (waiting_.size() > 1) return;  // whoever comes for the first takes all
    lock.unlock();
    drain_later(Duration(0));
  } else {
    drain_as_caller(lock);
  }
}

void BatchWriter::note_leases(std::vector<MessageKey> keys) {
  if (!options_.note_leases || keys.empty() || !writable_) return;
  std::unique_lock lock(mutex_);
  if (closed_) return;
  const bool first = notes_.empty();
  if (first) {
    notes_since_ = clock_.now();
    if (sleeping_) wake_.notify_one();  // from now on it sleeps in short naps
  }
  notes_.insert(notes_.end(), keys.begin(), keys.end());
  if (options_.own_thread) return;
  if (!options_.later) {
    if (notes_.size() >= kNotesMax) drain_as_caller(lock);
  } else if (first) {
    lock.unlock();
    drain_later(kNoteDelay);
  }
}

void BatchWriter::drain_later(Duration delay) {
  options_.later(delay, [this] { drain_once(); });
}

// One round of what the thread does.
void BatchWriter::drain_once() {
  std::unique_lock lock(mutex_);
  if (closed_) return;
  std::deque<Work> works = std::exchange(waiting_, {});
  std::vector<MessageKey> notes = take_notes(true);
  lock.unlock();
  if (!works.empty() || !notes.empty()) {
    process(std::move(works), std::move(notes));
  } else if (!writable_) {
    (void)recover();
  }
  if (writable_ || std::exchange(recovers_later_, true)) return;
  options_.later(kRecoverEvery, [this] {
    recovers_later_ = false;
    drain_once();
  });
}

void BatchWriter::drain_as_caller(std::unique_lock<std::mutex>& lock) {
  if (std::exchange(draining_, true)) return;
  while (!waiting_.empty() || notes_.size() >= kNotesMax) {
    std::deque<Work> works = std::exchange(waiting_, {});
    std::vector<MessageKey> notes = take_notes(false);
    lock.unlock();
    process(std::move(works), std::move(notes));
    lock.lock();
  }
  draining_ = false;
}

std::vector<MessageKey> BatchWriter::take_notes(bool all) {
  if (!all && notes_.size() < kNotesMax && clock_.now() < notes_since_ + kNoteDelay) return {};
  return std::exchange(notes_, {});
}

void BatchWriter::run() {
  std::unique_lock lock(mutex_);
  while (!closed_ || !waiting_.empty() || !notes_.empty()) {
    bool timed_out = false;
    if (waiting_.empty() && !closed_) {
      sleeping_ = true;
      if (!writable_) {
        timed_out = wake_.wait_for(lock, kRecoverEvery) == std::cv_status::timeout;
      } else if (!notes_.empty()) {
        timed_out = wake_.wait_for(lock, kNoteDelay) == std::cv_status::timeout;
      } else {
        wake_.wait(lock);
      }
      sleeping_ = false;
    }
    std::deque<Work> works;
    if (waiting_.size() <= kBatchCommitsMax) {
      works = std::exchange(waiting_, {});
    } else {
      while (works.size() < kBatchCommitsMax) {
        works.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
    }
    std::vector<MessageKey> notes = take_notes(timed_out || closed_);
    lock.unlock();
    if (works.empty() && notes.empty()) {
      if (!writable_ && timed_out) (void)recover();
    } else {
      process(std::move(works), std::move(notes));
    }
    lock.lock();
  }
}

void BatchWriter::process(std::deque<Work> works, std::vector<MessageKey> notes) {
  Result<void> written;
  if (!writable_) written = recover();
  if (written) {
    StagedBatch batch(state_, table_, clock_.now());
    for (Work& work : works) {
      if (!work.trim) {
        work.outcome = batch.stage(std::move(work.commit));
      } else if (auto trimmed = batch.stage(*work.trim); !trimmed) {
        work.outcome = std::move(trimmed).error();
      }
    }
    const bool sync = options_.sync && !batch.empty();
    for (const MessageKey& key : notes) batch.stage_lease(key);
    if (!batch.empty()) written = write(batch, sync);
  }
  // Also those that were refused: the refusal may rest on a commit of this batch that did not happen.
  if (!written) {
    for (Work& work : works) work.outcome = written.error();
  }
  for (Work& work : works) {
    if (work.outcome) commits_.fetch_add(1, std::memory_order_relaxed);
    complete(work);
  }
}

Result<void> BatchWriter::write(StagedBatch& batch, bool sync) {
  batch.finish();
  auto written = table_.write(batch.rows(), sync);
  if (written) {
    if (sync) syncs_.fetch_add(1, std::memory_order_relaxed);
    batch.publish();
    return {};
  }
  in_doubt_ = std::make_unique<StagedBatch>(std::move(batch));
  failed(written.error());
  return std::move(written).error();
}

void BatchWriter::failed(const Error& error) {
  writable_ = false;
  std::lock_guard lock(mutex_);
  last_error_ = error.message;
  notes_.clear();
}

Result<void> BatchWriter::recover() {
  if (auto recovered = table_.recover(); !recovered) {
    failed(recovered.error());
    return std::move(recovered).error();
  }
  if (in_doubt_) {
    auto row = table_.get(Column::kMeta, keys::kBatchNumber);
    if (!row) {
      failed(row.error());
      return std::move(row).error();
    }
    const auto newest = *row ? rows::decode_number(**row) : std::nullopt;
    if (newest && *newest >= in_doubt_->number()) {
      in_doubt_->publish();
    } else {
      in_doubt_->roll_back();
    }
    in_doubt_ = nullptr;
  }
  writable_ = true;
  return {};
}

void BatchWriter::close() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  if (!options_.own_thread) process(std::exchange(waiting_, {}), take_notes(true));
}

BatchWriter::Report BatchWriter::report() const {
  Report report;
  report.writable = writable_;
  report.commits = commits_;
  report.syncs = syncs_;
  std::lock_guard lock(mutex_);
  if (!report.writable) report.last_error = last_error_;
  return report;
}

}  // namespace eventbus
