#include "storage/queue_index.h"

#include "base/rng.h"
#include "tests/support/manual_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>

namespace eventbus::testing {

namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TimePoint at(Duration offset) { return test_epoch() + offset; }

IndexedMessage indexed(std::uint64_t sequence, Duration visible_at = 0ms, std::string_view group = {}) {
  IndexedMessage message;
  message.sequence = sequence;
  message.sent_at = at(0ms);
  message.visible_at = at(visible_at);
  message.bytes = 10;
  message.group = group;
  return message;
}

std::vector<std::uint64_t> leased(QueueIndex& index, Duration now, Duration until, std::size_t count = 10) {
  std::vector<std::uint64_t> sequences;
  for (const QueueIndex::Leased& lease : index.lease(at(now), at(until), count)) sequences.push_back(lease.sequence);
  return sequences;
}

}  // namespace

TEST(QueueIndex, RebuiltLeaseStaysInFlightUntilItsTime) {
  QueueIndex index(false);
  IndexedMessage message = indexed(1, 10s);
  message.attempt = 3;
  index.insert(message);
  index.advance(at(0s));
  EXPECT_EQ(index.depth().in_flight, 1u);
  EXPECT_EQ(index.next_due(), at(10s));
  const auto again = index.lease(at(10s), at(20s), 1);
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].attempt, 4u);
}

TEST(QueueIndex, UndoneLeaseLeavesNoTrace) {
  for (const bool fifo : {false, true}) {
    QueueIndex index(fifo);
    index.insert(indexed(1, 1s, "g"));
    index.insert(indexed(2, 2s, "g"));
    auto leases = index.lease(at(5s), at(60s), 2);
    ASSERT_THAT(leases, SizeIs(2));
    for (const auto& lease : leases) index.undo_lease(lease);
    EXPECT_EQ(index.depth().visible, 2u);
    leases = index.lease(at(5s), at(60s), 2);
    ASSERT_THAT(leases, SizeIs(2));
    EXPECT_EQ(leases[0].sequence, 1u);
    EXPECT_EQ(leases[0].attempt, 1u);
  }
}

TEST(QueueIndex, OldLeaseIsNotUndone) {
  QueueIndex index(false);
  index.insert(indexed(1));
  const auto old = index.lease(at(0s), at(1s), 1);
  const auto current = index.lease(at(1s), at(60s), 1);
  index.undo_lease(old[0]);
  EXPECT_EQ(index.state(1, current[0].attempt, at(2s)), LeaseState::kHeld);
}

TEST(QueueIndex, LeaseThatACrashForgotCountsAsExpired) {
  QueueIndex index(false);
  index.insert(indexed(1));
  index.advance(at(0s));
  EXPECT_EQ(index.state(1, 1, at(0s)), LeaseState::kExpired);
}

TEST(QueueIndex, StragglersTakeTheirPlaceByDueTime) {
  QueueIndex index(false);
  for (const Duration due : {5s, 3s, 9s, 1s, 7s}) index.insert(indexed(static_cast<std::uint64_t>(due.count()), due));
  EXPECT_EQ(index.next_due(), at(1s));
  EXPECT_THAT(leased(index, 10s, 20s), ElementsAre(1000, 3000, 5000, 7000, 9000));
}

TEST(QueueIndex, DelayedHeadHoldsItsGroupBack) {
  QueueIndex index(true);
  index.insert(indexed(1, 10s, "g"));
  index.insert(indexed(2, 0s, "g"));
  index.insert(indexed(3, 0s, "h"));
  EXPECT_THAT(leased(index, 1s, 60s), ElementsAre(3));
  EXPECT_THAT(leased(index, 10s, 60s), ElementsAre(1, 2));
}

TEST(QueueIndex, ErasingTheHeadOfAGroupFreesTheNext) {
  QueueIndex index(true);
  for (std::uint64_t i = 1; i <= 3; ++i) index.insert(indexed(i, 0s, "g"));
  index.advance(at(0s));
  EXPECT_EQ(index.leasable(), 1u);
  EXPECT_TRUE(index.erase(1));
  EXPECT_FALSE(index.erase(1));
  EXPECT_THAT(leased(index, 1s, 60s, 1), ElementsAre(2));
  EXPECT_EQ(index.leasable(), 0u);
  EXPECT_TRUE(index.erase(2));
  EXPECT_EQ(index.leasable(), 1u);
}

TEST(QueueIndex, ExpiredMessageUnlocksItsGroup) {
  QueueIndex index(true);
  index.set_retention(10s);
  IndexedMessage young = indexed(2, 0s, "g");
  young.sent_at = at(5s);
  index.insert(indexed(1, 0s, "g"));
  index.insert(young);
  EXPECT_THAT(leased(index, 6s, 100s, 1), ElementsAre(1));
  EXPECT_THAT(leased(index, 10s, 100s, 1), ElementsAre(2)) << "1 expired in flight";
  EXPECT_THAT(index.expired(10), ElementsAre(1));
  EXPECT_EQ(index.state(1, 1, at(10s)), LeaseState::kGone);
  EXPECT_TRUE(index.erase(1));
  EXPECT_THAT(index.expired(10), IsEmpty());
  EXPECT_EQ(index.size(), 1u);
}

TEST(QueueIndex, ClearForgetsEverythingAndGoesOn) {
  for (const bool fifo : {false, true}) {
    QueueIndex index(fifo);
    for (std::uint64_t i = 1; i <= 1000; ++i) index.insert(indexed(i, 0s, "g" + std::to_string(i % 7)));
    EXPECT_THAT(leased(index, 0s, 60s, 5), SizeIs(5));
    index.clear();
    EXPECT_EQ(index.depth().total(), 0u);
    EXPECT_FALSE(index.next_due());
    index.insert(indexed(2000, 0s, "g1"));
    EXPECT_THAT(leased(index, 0s, 60s), ElementsAre(2000));
  }
}

// ---- against a model that is slow and obvious

namespace {

struct Model {
  struct Message {
    std::uint64_t sequence;
    TimePoint sent_at, due;
    std::uint32_t attempt = 0;
    bool leased = false;  // by the newest attempt, and not ended by time or extension
    std::string group;
    std::uint32_t bytes;
  };

  bool fifo;
  Duration retention;
  std::map<std::uint64_t, Message> messages;
  std::set<std::uint64_t> expired;

  void advance(TimePoint now) {
    for (auto& [sequence, message] : messages)
      if (message.due <= now) message.leased = false;
    if (retention == 0ms) return;
    std::erase_if(messages, [&](const auto& entry) {
      const bool old = entry.second.sent_at + retention <= now;
      if (old) expired.insert(entry.first);
      return old;
    });
  }

  bool in_flight(const Message& message, TimePoint now) const { return message.leased && message.due > now; }

  std::vector<std::uint64_t> lease(TimePoint now, TimePoint until, std::size_t count) {
    advance(now);
    std::vector<Message*> candidates;
    if (fifo) {
      std::map<std::string, std::vector<Message*>> groups;
      for (auto& [sequence, message] : messages) groups[message.group].push_back(&message);
      std::vector<std::vector<Message*>> open;
      for (auto& [name, members] : groups) {
        const bool locked = std::ranges::any_of(members, [&](Message* m) { return in_flight(*m, now); });
        if (!locked && members[0]->due <= now) open.push_back(members);
      }
      std::ranges::sort(open, {}, [](const auto& group) { return std::tuple(group[0]->due, group[0]->sequence); });
      for (auto& group : open)
        for (Message* message : group) {
          if (message->due > now) break;
          candidates.push_back(message);
        }
    } else {
      for (auto& [sequence, message] : messages)
        if (message.due <= now) candidates.push_back(&message);
      std::ranges::sort(candidates, {}, [](const Message* m) { return std::tuple(m->due, m->sequence); });
    }
    if (candidates.size() > count) candidates.resize(count);
    std::vector<std::uint64_t> sequences;
    for (Message* message : candidates) {
      ++message->attempt;
      message->leased = true;
      message->due = until;
      sequences.push_back(message->sequence);
    }
    return sequences;
  }

  LeaseState state(std::uint64_t sequence, std::uint32_t attempt, TimePoint now) const {
    const auto found = messages.find(sequence);
    if (found == messages.end()) return LeaseState::kGone;
    if (found->second.attempt > attempt) return LeaseState::kSuperseded;
    if (found->second.attempt < attempt || !in_flight(found->second, now)) return LeaseState::kExpired;
    return LeaseState::kHeld;
  }

  QueueDepth depth(TimePoint now) const {
    QueueDepth depth;
    for (const auto& [sequence, message] : messages) {
      if (message.due <= now) {
        ++depth.visible;
      } else if (message.leased) {
        ++depth.in_flight;
      } else {
        ++depth.delayed;
      }
      depth.bytes += message.bytes;
      if (!depth.oldest_sent_at || message.sent_at < *depth.oldest_sent_at) depth.oldest_sent_at = message.sent_at;
    }
    return depth;
  }
};

struct ModelCase {
  std::string name;
  bool fifo;
  Duration retention;
  std::uint64_t seed;
};

class QueueIndexModel : public ::testing::TestWithParam<ModelCase> {};

}  // namespace

TEST_P(QueueIndexModel, AgreesWithTheIndexOnEveryStep) {
  const ModelCase& param = GetParam();
  SeededRng rng(param.seed);
  const auto below = [&](std::uint64_t n) { return rng.next_u64() % n; };
  QueueIndex index(param.fifo);
  index.set_retention(param.retention);
  Model model{param.fifo, param.retention, {}, {}};
  TimePoint now = test_epoch();
  std::uint64_t next_sequence = 1;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> leases;

  for (int step = 0; step < 20'000; ++step) {
    SCOPED_TRACE("seed " + std::to_string(param.seed) + " step " + std::to_string(step));
    switch (below(10)) {
      case 0:
      case 1:
      case 2: {
        IndexedMessage message;
        message.sequence = next_sequence += 1 + below(3);
        message.sent_at = now - Duration(below(4) == 0 ? below(20'000) : 0);
        message.visible_at = now + Duration(below(3) == 0 ? below(5'000) : 0);
        message.bytes = static_cast<std::uint32_t>(below(1'000));
        const std::string group = "g" + std::to_string(below(6));
        message.group = group;
        index.insert(message);
        model.messages[message.sequence] = {message.sequence, message.sent_at, message.visible_at, 0, false, group,
                                            message.bytes};
        break;
      }
      case 3:
      case 4:
      case 5: {
        const TimePoint until = now + Duration(below(10) == 0 ? 0 : below(3'000));
        const std::size_t count = 1 + below(10);
        std::vector<std::uint64_t> got;
        for (const QueueIndex::Leased& lease : index.lease(now, until, count)) {
          got.push_back(lease.sequence);
          leases.emplace_back(lease.sequence, lease.attempt);
        }
        ASSERT_EQ(got, model.lease(now, until, count));
        break;
      }
      case 6:
      case 7: {
        if (leases.empty()) break;
        const std::uint64_t sequence = leases[below(leases.size())].first;
        index.advance(now);
        model.advance(now);
        const bool known = model.messages.erase(sequence) > 0 || model.expired.erase(sequence) > 0;
        ASSERT_EQ(index.erase(sequence), known);
        break;
      }
      case 8: {
        if (leases.empty()) break;
        const auto [sequence, attempt] = leases[below(leases.size())];
        const TimePoint until = now + Duration(below(4) == 0 ? 0 : below(4'000));
        const bool gives_back = below(4) == 0;
        index.advance(now);
        model.advance(now);
        const LeaseState before = model.state(sequence, attempt, now);
        ASSERT_EQ(index.state(sequence, attempt, now), before);
        if (gives_back) {
          ASSERT_EQ(index.give_back(sequence, attempt, now), before == LeaseState::kHeld);
        } else {
          ASSERT_EQ(index.extend(sequence, attempt, until, now), before);
        }
        if (before != LeaseState::kHeld) break;
        Model::Message& message = model.messages.at(sequence);
        if (gives_back) {
          message.due = now;
          --message.attempt;
          break;
        }
        message.due = std::max(until, now);
        break;
      }
      case 9:
        now += Duration(below(800));
        break;
    }
    if (step == 12'345) {
      index.clear();
      model.messages.clear();
      model.expired.clear();
      leases.clear();
    }
    index.advance(now);
    model.advance(now);
    const QueueDepth got = index.depth(), want = model.depth(now);
    ASSERT_EQ(std::tuple(got.visible, got.in_flight, got.delayed, got.bytes, got.oldest_sent_at),
              std::tuple(want.visible, want.in_flight, want.delayed, want.bytes, want.oldest_sent_at));
    if (step % 97 == 0) {
      std::vector<std::uint64_t> expired = index.expired(1'000'000);
      std::ranges::sort(expired);
      ASSERT_EQ(expired, std::vector<std::uint64_t>(model.expired.begin(), model.expired.end()));
      ASSERT_EQ(index.size(), model.messages.size() + model.expired.size());
    }
    if (leases.size() > 200) leases.erase(leases.begin(), leases.begin() + 100);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, QueueIndexModel,
                         ::testing::Values(ModelCase{"Standard1", false, 0ms, 1}, ModelCase{"Standard2", false, 0ms, 2},
                                           ModelCase{"StandardExpiring", false, 15s, 3},
                                           ModelCase{"Fifo1", true, 0ms, 4}, ModelCase{"Fifo2", true, 0ms, 5},
                                           ModelCase{"FifoExpiring", true, 15s, 6}),
                         [](const auto& param) { return param.param.name; });

}  // namespace eventbus::testing
