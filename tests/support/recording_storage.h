#pragma once

#include "storage/storage.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::testing {

// A Storage that keeps what it was asked to commit, for tests that look at one commit or make it fail. Depths of queues
// are what the test says they are.
class RecordingStorage final : public Storage, private QueueStore, private CatalogStore, private EventLog {
 public:
  std::vector<Commit> commits;
  std::vector<Error> failures;  // the next commits answer these, first to last, before any succeeds
  std::map<QueueId, QueueDepth> depths;
  QueueDepth total;

  // Every message of every commit, in order.
  std::vector<NewMessage> messages() const {
    std::vector<NewMessage> all;
    for (const Commit& commit : commits) all.insert(all.end(), commit.messages.begin(), commit.messages.end());
    return all;
  }

  asio::awaitable<Result<CommitReceipt>> commit(Commit commit) override {
    if (!failures.empty()) {
      Error failure = failures.front();
      failures.erase(failures.begin());
      co_return failure;
    }
    CommitReceipt receipt;
    for (const NewMessage& message : commit.messages) receipt.messages.push_back({message.id, ++sequence_, false});
    commits.push_back(std::move(commit));
    co_return receipt;
  }

  CatalogStore& catalog() override { return *this; }
  QueueStore& queues() override { return *this; }
  EventLog& log() override { return *this; }
  void close() override {}
  Health health() const override { return {}; }

 private:
  QueueId next_queue_id() override { return ++last_queue_; }
  bool exists(QueueId) const override { return true; }
  asio::awaitable<Result<LeaseBatch>> lease(LeaseRequest) override { co_return LeaseBatch{}; }
  asio::awaitable<void> wait(QueueId, TimePoint) override { co_return; }
  LeaseState state(const Lease&) override { return LeaseState::kGone; }
  LeaseState extend(const Lease&, TimePoint) override { return LeaseState::kGone; }
  void give_back(const Lease&) override {}
  Result<QueueDepth> depth(QueueId queue) override { return depths[queue]; }
  QueueDepth total_depth() const override { return total; }
  asio::awaitable<Result<void>> expire() override { co_return Result<void>(); }

  std::optional<CatalogEntry> get(std::string_view) const override { return std::nullopt; }
  std::vector<CatalogEntry> list(std::string_view) const override { return {}; }

  asio::awaitable<Result<std::vector<LogEntry>>> read(LogId, std::uint64_t, std::size_t, std::size_t) override {
    co_return std::vector<LogEntry>();
  }
  asio::awaitable<Result<std::uint64_t>> seek(LogId, TimePoint) override { co_return std::uint64_t{1}; }
  Bounds bounds(LogId) const override { return {}; }
  asio::awaitable<Result<void>> trim(LogId, std::uint64_t) override { co_return Result<void>(); }

  std::uint64_t sequence_ = 0;
  QueueId last_queue_ = 100;
};

}  // namespace eventbus::testing
