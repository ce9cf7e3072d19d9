#include "tests/simulation/mutations.h"

#include "storage/queue_browser.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::simulation {

namespace {

constexpr std::array kMutations = {
    MutationName{Mutation::kDropAck, "drop-ack", "a message that was deleted stays"},
    MutationName{Mutation::kLoseMessage, "lose-message", "a message that was accepted is not stored"},
    MutationName{Mutation::kDeliverTwice, "deliver-twice", "a message is stored twice"},
    MutationName{Mutation::kAlterMessage, "alter-message", "a message goes to a queue it was not for"},
    MutationName{Mutation::kSwapMessages, "swap-messages", "two messages of a queue change places"},
    MutationName{Mutation::kForgetId, "forget-id", "a deduplication id is not stored"},
    MutationName{Mutation::kShortLease, "short-lease", "a lease is over sooner than was asked for"},
    MutationName{Mutation::kEarlyRetry, "early-retry", "a lease is extended by less than was asked for"},
    MutationName{Mutation::kMiscount, "miscount", "a queue says that it holds one message more"},
    MutationName{Mutation::kLoseLogEntry, "lose-log-entry", "an entry of a log is not stored"},
    MutationName{Mutation::kForgetWrite, "forget-write", "a change of the catalog is not stored"},
    MutationName{Mutation::kForgetProgress, "forget-progress", "how far a schedule or a replay has come is not stored"},
    MutationName{Mutation::kSkipFsync, "skip-fsync", "the disk says that it has synced, and has not"},
    MutationName{Mutation::kTornWrite, "torn-write", "after a crash a part of a commit is there"},
    MutationName{Mutation::kLoseRowOnRestart, "lose-row", "after a restart a message is gone"},
    MutationName{Mutation::kNeverExpire, "never-expire", "messages whose retention is over stay on the disk"},
    MutationName{Mutation::kIgnoreRetryAfter, "ignore-retry-after",
                 "a server that says when to come again is not heard"},
    MutationName{Mutation::kExceedRate, "exceed-rate",
                 "an API destination is called three times as often as it may be"},
    MutationName{Mutation::kOldSecret, "old-secret", "a request carries the secret that its connection had first"},
    MutationName{Mutation::kReviveRowOnRestart, "revive-row", "after a restart a deleted message is back"},
};

// How often a fault happens where it could.
constexpr std::uint64_t kOneIn = 40;

class MutatedQueues final : public QueueStore, public QueueBrowser {
 public:
  MutatedQueues(QueueStore& inner, Mutation mutation, Dice& dice) : inner_(inner), mutation_(mutation), dice_(dice) {}

  QueueId next_queue_id() override { return inner_.next_queue_id(); }
  bool exists(QueueId queue) const override { return inner_.exists(queue); }
  asio::awaitable<Result<LeaseBatch>> lease(LeaseRequest request) override {
    if (mutation_ == Mutation::kShortLease && dice_.one_in(kOneIn)) request.lease_until -= std::chrono::seconds(20);
    co_return co_await inner_.lease(request);
  }
  asio::awaitable<void> wait(QueueId queue, TimePoint deadline) override { return inner_.wait(queue, deadline); }
  LeaseState state(const Lease& lease) override { return inner_.state(lease); }
  LeaseState extend(const Lease& lease, TimePoint until) override {
    if (mutation_ == Mutation::kEarlyRetry && dice_.one_in(kOneIn / 4)) until -= std::chrono::seconds(30);
    return inner_.extend(lease, until);
  }
  void give_back(const Lease& lease) override { inner_.give_back(lease); }
  Result<QueueDepth> depth(QueueId queue) override {
    Result<QueueDepth> depth = inner_.depth(queue);
    if (mutation_ == Mutation::kMiscount && depth && depth->visible > 0 && dice_.one_in(kOneIn)) ++depth->visible;
    return depth;
  }
  QueueDepth total_depth() const override { return inner_.total_depth(); }
  asio::awaitable<Result<void>> expire() override {
    if (mutation_ == Mutation::kNeverExpire) co_return Result<void>();
    co_return co_await inner_.expire();
  }
  asio::awaitable<Result<std::vector<BrowsedMessage>>> browse(QueueId queue, std::uint64_t after,
                                                              std::size_t count) override {
    return QueueBrowser::of(inner_)->browse(queue, after, count);
  }
  std::optional<Lease> lease_message(const MessageKey& message, TimePoint lease_until) override {
    return QueueBrowser::of(inner_)->lease_message(message, lease_until);
  }

 private:
  QueueStore& inner_;
  const Mutation mutation_;
  Dice& dice_;
};

class MutatedStorage final : public Storage {
 public:
  MutatedStorage(std::unique_ptr<Storage> inner, Mutation mutation, Dice& dice)
      : inner_(std::move(inner)), queues_(inner_->queues(), mutation, dice), mutation_(mutation), dice_(dice) {}

  asio::awaitable<Result<CommitReceipt>> commit(Commit commit) override {
    const std::size_t messages = commit.messages.size(), logs = commit.log.size();
    if (dice_.one_in(kOneIn)) mutate(commit);
    Result<CommitReceipt> receipt = co_await inner_->commit(std::move(commit));
    if (receipt) {
      receipt->messages.resize(messages);
      receipt->log.resize(logs);
    }
    co_return receipt;
  }
  CatalogStore& catalog() override { return inner_->catalog(); }
  QueueStore& queues() override { return queues_; }
  EventLog& log() override { return inner_->log(); }
  void close() override { inner_->close(); }
  Health health() const override { return inner_->health(); }

 private:
  void mutate(Commit& commit) {
    std::vector<NewMessage>& messages = commit.messages;
    switch (mutation_) {
      case Mutation::kDropAck:
        if (!commit.acks.empty()) commit.acks.pop_back();
        break;
      case Mutation::kLoseMessage:
        if (!messages.empty()) messages.pop_back();
        break;
      case Mutation::kDeliverTwice:
        if (!messages.empty()) {
          messages.push_back(messages.front());
          messages.back().deduplication_id += "-again";
        }
        break;
      case Mutation::kAlterMessage:
        if (messages.size() > 1) messages.back().queue = messages.front().queue;
        break;
      case Mutation::kSwapMessages:
        for (std::size_t i = 1; i < messages.size(); ++i) {
          if (messages[i].queue != messages[i - 1].queue) continue;
          std::swap(messages[i], messages[i - 1]);
          std::swap(messages[i].id, messages[i - 1].id);
        }
        break;
      case Mutation::kForgetId:
        for (NewMessage& message : messages) message.deduplication_id.clear();
        break;
      case Mutation::kLoseLogEntry:
        if (!commit.log.empty()) commit.log.pop_back();
        break;
      case Mutation::kForgetWrite:
        if (!commit.catalog.empty()) commit.catalog.pop_back();
        break;
      case Mutation::kForgetProgress:
        if (messages.empty() && commit.log.empty()) break;
        std::erase_if(commit.catalog, [](const CatalogWrite& write) {
          return write.value && (write.key.starts_with("schedule-progress/") || write.key.starts_with("replay/"));
        });
        break;
      default:
        break;
    }
  }

  std::unique_ptr<Storage> inner_;
  MutatedQueues queues_;
  const Mutation mutation_;
  Dice& dice_;
};

class MutatedInternet final : public net::HttpClient {
 public:
  MutatedInternet(net::HttpClient& servers, Mutation mutation) : servers_(servers), mutation_(mutation) {}

  asio::awaitable<Result<net::Response, net::ClientError>> send(net::ClientRequest request) override {
    if (mutation_ == Mutation::kOldSecret)
      for (net::Header& header : request.headers)
        if (header.name == "X-Api-Key") header.value = first_.try_emplace(request.url, header.value).first->second;
    co_return co_await servers_.send(std::move(request));
  }
  void close_idle() override {}
  asio::awaitable<void> keep_tidy() override { co_return; }

 private:
  net::HttpClient& servers_;
  const Mutation mutation_;
  std::map<std::string, std::string> first_;  // by URL
};

}  // namespace

std::unique_ptr<net::HttpClient> mutated_internet(net::HttpClient& servers, Mutation mutation) {
  return std::make_unique<MutatedInternet>(servers, mutation);
}

std::span<const MutationName> all_mutations() { return kMutations; }

std::optional<Mutation> mutation_named(std::string_view name) {
  const auto found = std::ranges::find(kMutations, name, &MutationName::name);
  if (found == kMutations.end()) return std::nullopt;
  return found->mutation;
}

std::unique_ptr<Storage> mutated(std::unique_ptr<Storage> storage, Mutation mutation, Dice& dice) {
  switch (mutation) {
    case Mutation::kNone:
    case Mutation::kSkipFsync:
    case Mutation::kTornWrite:
    case Mutation::kLoseRowOnRestart:
    case Mutation::kReviveRowOnRestart:
      return storage;
    default:
      return std::make_unique<MutatedStorage>(std::move(storage), mutation, dice);
  }
}

}  // namespace eventbus::simulation
