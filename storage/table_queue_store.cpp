#include "storage/table_queue_store.h"

#include "base/asleep.h"
#include "storage/key_codec.h"
#include "storage/row_codec.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace eventbus {

namespace {

constexpr std::size_t kExpireBatch = 1'000;
constexpr std::size_t kBrowsedBytesMax = 4 << 20;

Error no_such_queue(QueueId queue) { return not_found("there is no queue with the number " + std::to_string(queue)); }

}  // namespace

QueueBrowser* QueueBrowser::of(QueueStore& queues) { return dynamic_cast<QueueBrowser*>(&queues); }

QueueId TableQueueStore::next_queue_id() { return state_.queues.next_id.fetch_add(1, std::memory_order_relaxed); }

bool TableQueueStore::exists(QueueId queue) const { return state_.queues.find(queue) != nullptr; }

// ---- leases

// The bodies of a lease on their way from the table.
struct TableQueueStore::BodyReads {
  std::vector<std::string> keys;
  std::vector<std::size_t> positions;  // of keys in messages
  std::vector<LeasedMessage> messages;
  std::vector<bool> found;  // a message that was deleted meanwhile is not
  bool failed = false;
};

asio::awaitable<Result<QueueStore::LeaseBatch>> TableQueueStore::lease(LeaseRequest request) {
  const auto queue = state_.queues.find(request.queue);
  if (!queue) co_return no_such_queue(request.queue);

  LeaseBatch batch;
  std::vector<QueueIndex::Leased> leases;
  {
    const TimePoint now = clock_.now();
    QueueAccess access(queue, now);
    if (queue->dropped) co_return no_such_queue(request.queue);
    const std::size_t in_flight = access.index().in_flight();
    batch.at_limit = in_flight >= request.in_flight_max;
    if (!batch.at_limit)
      leases =
          access.index().lease(now, request.lease_until, std::min(request.count, request.in_flight_max - in_flight));
  }
  if (leases.empty()) co_return batch;

  BodyReads reads;
  reads.messages.resize(leases.size());
  reads.found.resize(leases.size(), false);
  std::vector<MessageKey> notes;
  for (std::size_t i = 0; i < leases.size(); ++i) {
    LeasedMessage& message = reads.messages[i];
    message.lease = {request.queue, leases[i].sequence, leases[i].attempt};
    message.sent_at = leases[i].sent_at;
    message.first_leased_at = leases[i].first_leased_at;
    reads.keys.push_back(keys::message(request.queue, leases[i].sequence));
    reads.positions.push_back(i);
    notes.push_back(message.lease.key());
  }
  read_bodies(reads, pool_ ? ReadTier::kMemory : ReadTier::kAll);
  if (!reads.keys.empty() && !reads.failed) co_await read_bodies(reads);
  if (reads.failed) {
    QueueAccess access(queue, clock_.now());
    for (const QueueIndex::Leased& leased : leases) access.index().undo_lease(leased);
    co_return unavailable("the messages cannot be read from the disk");
  }

  writer_.note_leases(std::move(notes));
  batch.messages.reserve(leases.size());
  for (std::size_t i = 0; i < leases.size(); ++i)
    if (reads.found[i]) batch.messages.push_back(std::move(reads.messages[i]));
  co_return batch;
}

asio::awaitable<void> TableQueueStore::read_bodies(BodyReads& reads) {
  std::function<void()> work = [this, &reads] { read_bodies(reads, ReadTier::kAll); };
  co_await pool_->run(std::move(work));
}

// Leaves in `reads` the keys that are not at hand.
void TableQueueStore::read_bodies(BodyReads& reads, ReadTier tier) {
  std::vector<std::string> keys_left;
  std::vector<std::size_t> positions_left;
  table_.multi_get(Column::kMessageBody, reads.keys, tier, [&](std::size_t i, RowState state, std::string_view row) {
    const std::size_t position = reads.positions[i];
    if (state == RowState::kNotAtHand) {
      keys_left.push_back(reads.keys[i]);
      positions_left.push_back(position);
      return;
    }
    if (state == RowState::kMissing) return;
    const auto body = state == RowState::kFound ? rows::decode_body(row) : std::nullopt;
    if (!body) {
      reads.failed = true;
      return;
    }
    LeasedMessage& message = reads.messages[position];
    message.id = body->id;
    message.body = body->body;
    message.attributes = body->attributes;
    message.group = body->group;
    message.deduplication_id = body->deduplication_id;
    reads.found[position] = true;
  });
  reads.keys = std::move(keys_left);
  reads.positions = std::move(positions_left);
}

// ---- looking

asio::awaitable<Result<std::vector<BrowsedMessage>>> TableQueueStore::browse(QueueId queue_id, std::uint64_t after,
                                                                             std::size_t count) {
  const auto queue = state_.queues.find(queue_id);
  if (!queue) co_return no_such_queue(queue_id);
  std::vector<BrowsedMessage> messages;
  while (messages.empty()) {
    std::optional<Result<std::vector<BrowsedMessage>>> scanned;
    std::function<void()> work = [&] { scanned.emplace(scan_bodies(queue_id, after, count)); };
    if (pool_) {
      co_await pool_->run(std::move(work));
    } else {
      work();
    }
    CO_TRY(std::vector<BrowsedMessage> rows, std::move(*scanned));
    if (rows.empty()) break;
    after = rows.back().key.sequence;
    // What the index does not have any more, or not yet, is not there: it is ahead of the table in nothing.
    const TimePoint now = clock_.now();
    QueueAccess access(queue, now);
    if (queue->dropped) co_return no_such_queue(queue_id);
    for (BrowsedMessage& message : rows) {
      const std::optional<IndexedMessage> indexed = access.index().find(message.key.sequence);
      if (!indexed) continue;
      const LeaseState state = access.index().state(indexed->sequence, indexed->attempt, now);
      if (state == LeaseState::kGone) continue;  // expired
      message.sent_at = indexed->sent_at;
      message.attempts = indexed->attempt;
      message.in_flight = state == LeaseState::kHeld;
      messages.push_back(std::move(message));
    }
  }
  co_return messages;
}

Result<std::vector<BrowsedMessage>> TableQueueStore::scan_bodies(QueueId queue, std::uint64_t after,
                                                                 std::size_t count) {
  std::vector<BrowsedMessage> messages;
  std::size_t bytes = 0;
  bool damaged = false;
  const auto visit = [&](std::string_view key, std::string_view row) {
    const auto parts = keys::decode_message(key);
    const auto body = rows::decode_body(row);
    damaged = !parts || !body;
    if (damaged) return false;
    BrowsedMessage& message = messages.emplace_back();
    message.key = {queue, parts->sequence};
    message.id = body->id;
    message.body = body->body;
    message.attributes = body->attributes;
    message.group = body->group;
    bytes += row.size();
    return messages.size() < count && bytes < kBrowsedBytesMax;
  };
  if (count == 0 || after == std::numeric_limits<std::uint64_t>::max()) return messages;
  const std::string end = keys::message(queue, std::numeric_limits<std::uint64_t>::max());
  TRY_VOID(table_.scan(Column::kMessageBody, keys::message(queue, after + 1), end, visit));
  if (damaged) return internal("a message of queue " + std::to_string(queue) + " is damaged");
  return messages;
}

std::optional<Lease> TableQueueStore::lease_message(const MessageKey& message, TimePoint lease_until) {
  const auto queue = state_.queues.find(message.queue);
  if (!queue) return std::nullopt;
  std::optional<QueueIndex::Leased> leased;
  {
    const TimePoint now = clock_.now();
    QueueAccess access(queue, now);
    leased = access.index().lease_one(message.sequence, now, lease_until);
  }
  if (!leased) return std::nullopt;
  writer_.note_leases({message});
  return Lease{message.queue, leased->sequence, leased->attempt};
}

// ---- single leases

LeaseState TableQueueStore::state(const Lease& lease) {
  const auto queue = state_.queues.find(lease.queue);
  if (!queue) return LeaseState::kGone;
  const TimePoint now = clock_.now();
  QueueAccess access(queue, now);
  return access.index().state(lease.sequence, lease.attempt, now);
}

LeaseState TableQueueStore::extend(const Lease& lease, TimePoint until) {
  const auto queue = state_.queues.find(lease.queue);
  if (!queue) return LeaseState::kGone;
  LeaseState before;
  {
    const TimePoint now = clock_.now();
    QueueAccess access(queue, now);
    before = access.index().extend(lease.sequence, lease.attempt, until, now);
  }
  if (before == LeaseState::kHeld) writer_.note_leases({lease.key()});
  return before;
}

void TableQueueStore::give_back(const Lease& lease) {
  const auto queue = state_.queues.find(lease.queue);
  if (!queue) return;
  bool given_back = false;
  {
    const TimePoint now = clock_.now();
    QueueAccess access(queue, now);
    given_back = access.index().give_back(lease.sequence, lease.attempt, now);
  }
  if (given_back) writer_.note_leases({lease.key()});
}

// ---- waiting

namespace {

// Completes when the waiter is woken or this operation is cancelled.
asio::awaitable<void> woken(std::shared_ptr<StoredQueue> queue, std::shared_ptr<QueueWaiter> waiter) {
  co_await asio::this_coro::throw_if_cancelled(false);
  auto initiate = [&queue, &waiter](auto handler) {
    asio::any_io_executor executor = asio::get_associated_executor(handler);
    auto slot = asio::get_associated_cancellation_slot(handler);
    {
      std::lock_guard lock(queue->mutex);
      if (!waiter->listed || waiter->look_again) {  // called before it slept
        asio::post(executor, std::move(handler));
        return;
      }
      // Counts as work of the waiter's context, so that it cannot end while another thread still posts to it.
      waiter->executor = asio::prefer(executor, asio::execution::outstanding_work.tracked);
      asio::any_completion_handler<void()>(std::move(handler)).swap(waiter->resume);
    }
    if (!slot.is_connected()) return;
    slot.assign([queue, waiter](asio::cancellation_type) {
      std::lock_guard lock(queue->mutex);
      if (waiter->resume) asio::post(waiter->executor, std::exchange(waiter->resume, nullptr));
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
}

}  // namespace

asio::awaitable<void> TableQueueStore::wait(QueueId queue_id, TimePoint deadline) {
  using asio::experimental::awaitable_operators::operator||;
  const auto queue = state_.queues.find(queue_id);
  if (!queue) co_return;
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);

  auto waiter = std::make_shared<QueueWaiter>();
  bool first_look = true;
  std::optional<TimePoint> claim_at;  // when what is leasable now counts as forgotten by whoever was woken for it
  for (;;) {
    const bool cancelled = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
    TimePoint until;
    {
      const TimePoint now = clock_.now();
      QueueAccess access(queue, now);
      QueueWaiters& waiters = queue->waiters;
      access.wake_arrivals();  // perhaps this one itself
      const bool was_woken = waiters.withdraw(waiter);
      const bool leasable = access.index().leasable() > 0;
      const bool look = first_look || (waiters.is_sentinel(waiter) && claim_at && now >= *claim_at);
      if (was_woken || cancelled || queue->dropped || now >= deadline || (look && leasable)) {
        waiters.leave(waiter, access.wakeups());
        // Whoever is going away for another reason must not take the wake-up along.
        if (was_woken && cancelled) waiters.wake(1, access.wakeups());
        break;
      }
      first_look = false;
      if (!leasable) {
        claim_at = std::nullopt;
      } else if (!claim_at) {
        claim_at = access.next_look();
      }
      until = waiters.enlist(waiter, deadline, access.next_look());
    }
    co_await (woken(queue, waiter) || asleep(clock_, until));
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
}

// ---- depth and expiry

Result<QueueDepth> TableQueueStore::depth(QueueId queue_id) {
  const auto queue = state_.queues.find(queue_id);
  if (!queue) return no_such_queue(queue_id);
  return QueueAccess(queue, clock_.now()).index().depth();
}

QueueDepth TableQueueStore::total_depth() const {
  const QueueTotals& totals = state_.queues.totals();
  QueueDepth depth;
  depth.visible = totals.visible;
  depth.in_flight = totals.in_flight;
  depth.delayed = totals.delayed;
  depth.bytes = totals.bytes;
  return depth;
}

asio::awaitable<Result<void>> TableQueueStore::expire() {
  for (const auto& queue : state_.queues.all()) {
    for (;;) {
      Commit commit;
      for (const std::uint64_t sequence : QueueAccess(queue, clock_.now()).index().expired(kExpireBatch))
        commit.acks.push_back({queue->id, sequence});
      if (commit.acks.empty()) break;
      CO_TRY_VOID(co_await writer_.commit(std::move(commit)));
      const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
      if (cancellation.cancelled() != asio::cancellation_type::none) co_return Result<void>();
    }
  }
  co_return Result<void>();
}

}  // namespace eventbus
