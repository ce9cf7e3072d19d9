// Clients of SQS.

#include "bus/receipt_handle.h"
#include "tests/simulation/workload.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace eventbus::simulation {

namespace {

using Outcome = QueueAuditor::Outcome;

constexpr std::size_t kLately = 8;

// What a client makes of an error: was it done?
Outcome outcome_of(const QueueError& error) {
  return error.code == QueueErrorCode::kStorage && error.cause == ErrorCode::kUnavailable ? Outcome::kDoubtful
                                                                                          : Outcome::kRefused;
}
template <typename T>
Outcome outcome_of(const QueueResult<T>& result) {
  return result ? Outcome::kDone : outcome_of(result.error());
}

std::string_view text(Outcome outcome) {
  return outcome == Outcome::kDone ? "done" : outcome == Outcome::kRefused ? "refused" : "in doubt";
}

asio::awaitable<void> pause(World& world, Duration time) {
  if (time > Duration(0)) co_await world.clock.sleep_for(time);
}

}  // namespace

// ---- sending

namespace {

World::Sent new_message(World& world, const QueueSpec& queue, Dice& dice) {
  World::Sent sent;
  sent.send.token = "m" + std::to_string(++world.last_message);
  sent.send.queue = queue.name;
  sent.padding = dice.below(40);
  sent.send.delay = std::chrono::seconds(queue.delay);
  if (queue.fifo) {
    sent.send.group = "g" + std::to_string(dice.below(3));
    const bool by_content = dice.percent(30);
    sent.send.deduplication_id =
        by_content ? "contents of " + sent.send.token : "d" + std::to_string(world.last_message);
  } else if (dice.percent(20)) {
    sent.send.delay = std::chrono::seconds(dice.between(0, 60));
  }
  return sent;
}

MessageToSend message_of(const World::Sent& sent, const QueueSpec& queue) {
  MessageToSend message;
  message.body = "{\"token\":\"" + sent.send.token + "\",\"padding\":\"" + std::string(sent.padding, '.') + "\"}";
  message.sender_id = "client";
  if (queue.fifo) {
    message.group_id = sent.send.group;
    if (!sent.send.deduplication_id.starts_with("contents")) message.deduplication_id = sent.send.deduplication_id;
  } else {
    message.delay_seconds = std::chrono::duration_cast<std::chrono::seconds>(sent.send.delay).count();
  }
  return message;
}

}  // namespace

asio::awaitable<void> send(World& world, Life& life, Dice dice) {
  std::vector<std::string> names;
  for (const auto& [name, queue] : world.auditor.queues.queues())
    if (!queue.spec.takes_letters && !queue.spec.is_dead_letter_queue && !queue.spec.takes_ticks) names.push_back(name);
  const std::string name = dice.pick(names);
  const QueueSpec& spec = world.auditor.queues.queue(name).spec;
  std::deque<World::Sent>& lately = world.lately_sent[name];

  std::vector<World::Sent> sent;
  const std::size_t size = dice.percent(60) ? 1 : 1 + dice.below(10);
  for (std::size_t i = 0; i < size; ++i) {
    const bool again = spec.fifo && !lately.empty() && dice.percent(20);
    World::Sent each = again ? lately[dice.below(lately.size())] : new_message(world, spec, dice);
    const auto twin =
        std::ranges::find(sent, each.send.token, [](const World::Sent& other) { return other.send.token; });
    if (twin == sent.end()) sent.push_back(std::move(each));
  }
  for (const World::Sent& each : sent) lately.push_back(each);
  while (lately.size() > kLately) lately.pop_front();

  for (int attempt = 0; attempt < 3; ++attempt) {
    const QueuePtr queue = life.queues->find(kHome, name);
    if (!queue) co_return;
    std::vector<Auditor::SendId> ids;
    std::vector<MessageToSend> messages;
    for (const World::Sent& each : sent) {
      world.trace.note("send " + each.send.token + " to " + name + " id " + each.send.deduplication_id);
      ids.push_back(world.auditor.send_begins(each.send, queue->id));
      messages.push_back(message_of(each, spec));
    }
    QueueMessages::SendResults results;
    bool doubtful = false;
    if (messages.size() == 1) {
      results.push_back(co_await life.messages->send(queue, std::move(messages.front())));
    } else {
      QueueResult<QueueMessages::SendResults> batch = co_await life.messages->send_batch(queue, std::move(messages));
      if (batch) {
        results = std::move(*batch);
      } else {
        for (std::size_t i = 0; i < ids.size(); ++i) results.emplace_back(batch.error());
      }
    }
    if (life.over()) co_return;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const Outcome outcome = outcome_of(results[i]);
      doubtful = doubtful || outcome == Outcome::kDoubtful;
      world.trace.note("sent " + sent[i].send.token + ": " + std::string(text(outcome)));
      world.auditor.send_ends(ids[i], outcome, results[i] ? *results[i] : SentMessage{});
    }
    // As clients do; those of a standard queue get two of it when the first was kept after all.
    if (!doubtful || dice.percent(30)) co_return;
    co_await pause(world, Duration(dice.between(100, 60'000)));
    if (life.over()) co_return;
  }
}

// ---- receiving

namespace {

struct Taken {
  std::string id, receipt;
};

asio::awaitable<void> remove(World& world, Life& life, QueuePtr queue, std::vector<Taken> taken) {
  std::vector<std::string> receipts;
  const Tick began = world.auditor.history.tick();
  for (const Taken& each : taken) {
    receipts.push_back(each.receipt);
    world.trace.note("delete " + each.id + " from " + queue->name);
    world.auditor.queues.deletion_begins(each.id);
  }
  const auto results = co_await life.messages->remove(queue, std::move(receipts));
  if (life.over()) co_return;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const Outcome outcome = results ? outcome_of((*results)[i]) : outcome_of(results.error());
    world.trace.note("deleted " + taken[i].id + ": " + std::string(text(outcome)));
    world.auditor.queues.deleted(queue->name, taken[i].id, taken[i].receipt, outcome, began);
  }
}

// What a consumer does with what it got.
asio::awaitable<void> work(World& world, Life& life, QueuePtr queue, std::vector<Taken> taken, Dice dice) {
  if (dice.percent(40)) co_await pause(world, Duration(dice.between(1, 20'000)));
  if (life.over()) co_return;
  std::vector<Taken> done;
  for (Taken& each : taken) {
    const std::size_t what = dice.weighted({70, 10, 20});
    if (what == 0) done.push_back(std::move(each));
    if (what != 1) continue;
    const std::int64_t seconds = dice.one_in(3) ? 0 : dice.between(1, 120);
    const QueueResult<void> changed = life.messages->change_visibility(*queue, each.receipt, seconds);
    world.trace.note("hide " + each.id + " for " + std::to_string(seconds) + " s");
    world.auditor.queues.visibility_changed(queue->name, each.id, each.receipt,
                                            world.clock.now() + std::chrono::seconds(seconds), outcome_of(changed));
  }
  if (!done.empty()) co_await remove(world, life, queue, std::move(done));
}

std::vector<Taken> taken_of(const ReceivedMessages& received) {
  std::vector<Taken> taken;
  for (const LeasedMessage& message : received.messages)
    taken.push_back({message.id, encode_receipt_handle({message.lease, received.received_at})});
  return taken;
}

}  // namespace

asio::awaitable<void> receive(World& world, Life& life, std::string name, Dice dice) {
  const QueuePtr queue = life.queues->find(kHome, name);
  if (!queue) co_return;
  MessagesToReceive request;
  request.count = 1 + dice.below(10);
  if (dice.percent(60)) request.visibility = std::chrono::seconds(dice.between(1, 90));
  if (dice.percent(70)) request.wait = std::chrono::seconds(dice.between(0, 20));
  Auditor::ReceivedBatch batch{name, queue->id, world.auditor.history.tick(),
                               request.visibility.value_or(queue->visibility_timeout)};
  const QueueResult<ReceivedMessages> received = co_await life.messages->receive(queue, std::move(request));
  if (life.over() || !received || received->messages.empty()) co_return;
  world.auditor.received(batch, *received);
  co_await work(world, life, queue, taken_of(*received), dice);
}

asio::awaitable<void> drain(World& world, Life& life, std::string name) {
  const QueuePtr queue = life.queues->find(kHome, name);
  if (!queue) co_return;
  for (;;) {
    MessagesToReceive request;
    request.count = 10;
    request.visibility = std::chrono::seconds(60);
    request.wait = Duration(0);
    Auditor::ReceivedBatch batch{name, queue->id, world.auditor.history.tick(), *request.visibility};
    const QueueResult<ReceivedMessages> received = co_await life.messages->receive(queue, std::move(request));
    if (life.over() || world.auditor.history.failed()) co_return;
    if (!received) co_return world.auditor.history.fail("queue " + name + " cannot be drained");
    if (received->messages.empty()) break;
    world.auditor.received(batch, *received);
    co_await remove(world, life, queue, taken_of(*received));
    if (life.over()) co_return;
  }
  const QueueResult<QueueDepth> depth = life.queues->depth(*queue);
  if (!depth || depth->total() != 0)
    world.auditor.history.fail("queue " + name + " gives nothing more, and says that it is not empty");
}

asio::awaitable<void> count(World& world, Life& life, std::string name) {
  const QueuePtr queue = life.queues->find(kHome, name);
  if (!queue || world.auditor.under_way() > 0 || world.auditor.queues.queue(name).changing ||
      !world.auditor.history.healthy())
    co_return;
  const QueueResult<QueueDepth> depth = life.queues->depth(*queue);
  if (depth) world.auditor.queues.counted(name, depth->total());
}

// ---- whole queues

asio::awaitable<void> purge(World& world, Life& life, std::string name) {
  QueueAuditor::Queue& queue = world.auditor.queues.queue(name);
  if (queue.changing || !life.queues->find(kHome, name)) co_return;
  queue.changing = true;
  const Tick began = world.auditor.history.tick();
  const QueueId id = queue.id.latest();
  world.trace.note("purge " + name);
  world.auditor.queues.emptied(name, id, began, kNever, false);
  const QueueResult<void> purged = co_await life.queues->purge(kHome, name);
  if (life.over()) co_return;
  const Outcome outcome = outcome_of(purged);
  world.trace.note("purged " + name + ": " + std::string(text(outcome)));
  if (outcome == Outcome::kRefused) {
    queue.last_unsteady = world.auditor.history.tick();
  } else {
    world.auditor.queues.emptied(name, id, began, world.auditor.history.tick(), outcome == Outcome::kDone);
  }
  queue.changing = false;
}

asio::awaitable<void> drop(World& world, Life& life, std::string name) {
  QueueAuditor::Queue& queue = world.auditor.queues.queue(name);
  if (queue.changing || queue.id.latest() == 0) co_return;
  queue.changing = true;
  const Tick began = world.auditor.history.tick();
  const QueueId id = queue.id.latest();
  world.trace.note("drop " + name);
  queue.id.change_begins(0, began);
  world.auditor.queues.emptied(name, id, began, kNever, false);
  for (;;) {
    const QueueResult<void> dropped = co_await life.queues->drop(kHome, name);
    if (life.over()) co_return;
    if (dropped || dropped.error().code == QueueErrorCode::kQueueDoesNotExist) break;
    co_await pause(world, Duration(1'000));
    if (life.over()) co_return;
  }
  queue.id.change_done(world.auditor.history.tick());
  world.trace.note("dropped " + name);
  world.auditor.queues.emptied(name, id, began, world.auditor.history.tick(), true);
  queue.changing = false;
}

asio::awaitable<void> create(World& world, Life& life, std::string name) {
  QueueAuditor::Queue& queue = world.auditor.queues.queue(name);
  if (queue.changing || queue.id.latest() != 0) co_return;
  queue.changing = true;
  world.trace.note("create " + name);
  queue.id.change_begins(kUnknownQueue, world.auditor.history.tick());
  for (;;) {
    QueueService::NewQueue request{kHome, name, queue.spec.attributes(), {}};
    const QueueResult<QueuePtr> created = co_await life.queues->create(std::move(request));
    if (life.over()) co_return;
    if (created) {
      queue.id.newest() = (*created)->id;
      break;
    }
    if (outcome_of(created) != Outcome::kDoubtful)
      co_return world.auditor.history.fail("queue " + name + " cannot be made: " + created.error().message);
    co_await pause(world, Duration(1'000));
    if (life.over()) co_return;
  }
  queue.id.change_done(world.auditor.history.tick());
  world.trace.note("created " + name);
  queue.changing = false;
}

asio::awaitable<void> move_letters_back(World& world, Life& life, Dice dice) {
  const std::string to = dice.percent(60) ? "work" : "plain";
  MessageMoves::NewTask task;
  task.source_arn = TargetSpec{.kind = TargetSpec::kQueue, .name = "dead"}.arn();
  if (to == "plain" || dice.percent(30))
    task.destination_arn = TargetSpec{.kind = TargetSpec::kQueue, .name = to}.arn();
  if (dice.percent(40)) task.messages_per_second = dice.between(1, 20);
  world.auditor.queues.queue("dead").moved_to.insert(to);
  world.trace.note("move messages from dead to " + to);
  const QueueResult<std::string> started = co_await life.moves->start(kHome, std::move(task));
  if (life.over() || !started || dice.percent(70)) co_return;
  co_await pause(world, Duration(dice.between(0, 3'000)));
  if (life.over()) co_return;
  world.trace.note("cancel the move");
  (void)co_await life.moves->cancel(*started);
}

}  // namespace eventbus::simulation
