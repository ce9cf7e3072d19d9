#include "bus/receive_attempts.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace eventbus {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr QueueId kQueue = 7;
const TimePoint kStart{seconds(1'000'000)};

std::shared_ptr<const ReceiveAttempts::Answer> answer(TimePoint when, std::size_t bytes = 1) {
  ReceiveAttempts::Answer made;
  made.messages.emplace_back().body.assign(bytes, 'x');
  made.received_at = when;
  return std::make_shared<const ReceiveAttempts::Answer>(std::move(made));
}

TEST(ReceiveAttempts, AreKnownByTheirQueueForFiveMinutes) {
  ReceiveAttempts attempts;
  const auto given = answer(kStart);
  attempts.remember(kQueue, "a", given);
  EXPECT_EQ(attempts.find(kQueue, "a", kStart + minutes(5) - Duration(1)), given);
  EXPECT_EQ(attempts.find(kQueue, "a", kStart + minutes(5)), nullptr);
  EXPECT_EQ(attempts.find(kQueue, "b", kStart), nullptr);
  EXPECT_EQ(attempts.find(kQueue + 1, "a", kStart), nullptr);
}

TEST(ReceiveAttempts, GiveTheirMemoryBackWhenTheirTimeIsOver) {
  ReceiveAttempts attempts;
  const std::weak_ptr<const ReceiveAttempts::Answer> old = [&] {
    const auto given = answer(kStart);
    attempts.remember(kQueue, "old", given);
    return given;
  }();
  attempts.remember(kQueue, "new", answer(kStart + minutes(4)));
  EXPECT_FALSE(old.expired());
  attempts.remember(kQueue, "newer", answer(kStart + minutes(5)));
  EXPECT_TRUE(old.expired());
  EXPECT_NE(attempts.find(kQueue, "new", kStart + minutes(5)), nullptr);
}

TEST(ReceiveAttempts, KeepNoMoreThanTheNewestSixtyFourMebibytes) {
  ReceiveAttempts attempts;
  constexpr std::size_t kTenMebibytes = std::size_t{10} << 20;
  for (int i = 0; i < 8; ++i) attempts.remember(kQueue, std::to_string(i), answer(kStart, kTenMebibytes));
  EXPECT_EQ(attempts.find(kQueue, "1", kStart), nullptr);
  EXPECT_NE(attempts.find(kQueue, "2", kStart), nullptr);
  attempts.remember(kQueue, "huge", answer(kStart, kTenMebibytes * 7));
  EXPECT_EQ(attempts.find(kQueue, "7", kStart), nullptr);
  EXPECT_NE(attempts.find(kQueue, "huge", kStart), nullptr) << "the newest is kept however large it is";
}

TEST(ReceiveAttempts, TheNewestAnswerOfAnAttemptOutlivesTheOlder) {
  ReceiveAttempts attempts;
  attempts.remember(kQueue, "a", answer(kStart));
  const auto again = answer(kStart + minutes(5));
  attempts.remember(kQueue, "a", again);
  EXPECT_EQ(attempts.find(kQueue, "a", kStart + minutes(9)), again);
  for (int i = 0; i < 1'000; ++i) attempts.remember(kQueue, std::to_string(i), answer(kStart + minutes(6)));
  EXPECT_EQ(attempts.find(kQueue, "a", kStart + minutes(6)), nullptr) << "a thousand came after it";
}

}  // namespace
}  // namespace eventbus
