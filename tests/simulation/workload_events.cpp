// Clients of PutEvents, and whoever looks at what became of the events.

#include "bus/log_batch.h"
#include "tests/simulation/web_servers.h"
#include "tests/simulation/workload.h"

#include <utility>
#include <vector>

namespace eventbus::simulation {

namespace {

using Outcome = QueueAuditor::Outcome;

EventSpec new_event(World& world, Dice& dice) {
  static const std::vector<std::string> kSources = {"shop", "billing", "fleet"};
  static const std::vector<std::string> kKinds = {"made", "sent", "lost", "found"};
  EventSpec event;
  event.number = ++world.last_event;
  // Mostly of now; senders give times of their own, too.
  const std::int64_t shift = dice.percent(15) ? dice.between(-20'000, 20'000) : 0;
  event.time = std::chrono::floor<std::chrono::seconds>(world.clock.now()) + std::chrono::seconds(shift);
  event.bus = dice.percent(70) ? "default" : dice.percent(70) ? "orders" : "archive";
  event.source = dice.pick(kSources);
  event.kind = dice.pick(kKinds);
  event.key = "k" + std::to_string(dice.below(4));
  event.size = dice.between(0, 100);
  event.padding = dice.one_in(20) ? dice.below(3'000) : dice.below(60);
  return event;
}

}  // namespace

asio::awaitable<void> publish(World& world, Life& life, Dice dice) {
  std::vector<EventSpec> specs;
  const std::size_t count = dice.percent(60) ? 1 : 1 + dice.below(10);
  for (std::size_t i = 0; i < count; ++i) specs.push_back(new_event(world, dice));
  std::vector<Publisher::Addressed> events;
  for (const EventSpec& spec : specs) {
    world.trace.note("publish " + std::to_string(spec.number) + " on " + spec.bus + " " + spec.source + " " +
                     spec.detail().substr(0, 80));
    Publisher::Addressed addressed;
    addressed.scope = kHome;
    addressed.bus = spec.bus;
    addressed.event = make_event(spec, world.clock.now(), world.rng.uuid());
    events.push_back(std::move(addressed));
  }
  const std::uint64_t first = specs.front().number;
  const Auditor::PublishId id = world.auditor.publish_begins(std::move(specs));
  const Result<void> published = co_await life.publisher->publish(std::move(events));
  if (life.over()) co_return;
  Outcome outcome = Outcome::kDone;
  if (!published) outcome = published.error().code == ErrorCode::kLimit ? Outcome::kRefused : Outcome::kDoubtful;
  world.trace.note("published " + std::to_string(first) + ": " + (published ? "done" : published.error().message));
  world.auditor.publish_ends(id, outcome);
}

asio::awaitable<void> redrive_letters(World& world, Life& life, Dice dice) {
  const std::string name = dice.one_in(2) ? "letters" : "letters-2";
  const QueuePtr queue = life.queues->find(kHome, name);
  if (!queue) co_return;
  std::vector<std::string> names = FakeTargets::names();
  for (const std::string& url : WebServers::urls()) names.push_back(url);
  const std::string function = dice.pick(names);
  DeadLetterFilter filter;
  filter.target = attempted_target(function).arn();
  world.trace.note("redrive letters of " + function + " from " + name);
  world.auditor.letters_redriven(name, function);
  (void)co_await life.dead_letters->redrive(queue->id, std::move(filter), DeadLetters::Page{}, false);
}

asio::awaitable<void> read_log(World& world, Life& life, std::string name) {
  const auto group = life.logs->find(kHome, name);
  if (!group) co_return world.auditor.history.fail("log group " + name + " is gone");
  std::vector<std::string> messages;
  std::uint64_t next = 1;
  for (;;) {
    const auto entries = co_await life.storage->log().read(group->deliveries, next, 1'000, 1 << 20);
    if (life.over() || !entries) co_return;
    if (entries->empty()) break;
    for (const LogEntry& entry : *entries) {
      if (entry.sequence != next++) co_return world.auditor.history.fail("log group " + name + " has a gap");
      const Result<LogBatch> batch = LogBatch::decode(entry.payload);
      if (!batch) co_return world.auditor.history.fail("log group " + name + " is damaged");
      for (const LogBatch::LogEvent& event : batch->events) messages.push_back(event.message);
    }
  }
  world.auditor.log_read(name, messages);
}

}  // namespace eventbus::simulation
