#include "storage/key_codec.h"

#include "base/rng.h"
#include "storage/row_codec.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

namespace eventbus::testing {

namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
const std::vector<std::uint64_t> kNumbers = {0, 1, 127, 128, 255, 256, 65'535, 65'536, 1ull << 32, 1ull << 63, kMax};

const std::vector<std::int64_t> kTimes = {std::numeric_limits<std::int64_t>::min(), -1'000, -1, 0, 1, 1'767'323'045'678,
                                          std::numeric_limits<std::int64_t>::max()};

TimePoint time(std::int64_t milliseconds) { return TimePoint(Duration(milliseconds)); }

}  // namespace

TEST(KeyCodec, MessageKeysRoundTripAndSortByQueueThenSequence) {
  for (const std::uint64_t queue : kNumbers)
    for (const std::uint64_t sequence : kNumbers) {
      const std::string key = keys::message(queue, sequence);
      EXPECT_EQ(keys::decode_message(key), (keys::MessageKeyParts{queue, sequence}));
      for (const std::uint64_t other_queue : kNumbers)
        for (const std::uint64_t other_sequence : kNumbers)
          EXPECT_EQ(key < keys::message(other_queue, other_sequence),
                    std::tuple(queue, sequence) < std::tuple(other_queue, other_sequence));
    }
}

TEST(KeyCodec, DeduplicationKeysSortByTimeAlsoBefore1970) {
  for (const std::int64_t when : kTimes) {
    const std::string key = keys::deduplication(time(when), 7);
    EXPECT_EQ(keys::decode_deduplication(key), (keys::DeduplicationKeyParts{time(when), 7}));
    for (const std::int64_t other : kTimes) EXPECT_EQ(key < keys::deduplication(time(other), 7), when < other);
  }
}

TEST(KeyCodec, LogKeysRoundTripAndKeepTheirKindsApart) {
  for (const std::uint64_t log : kNumbers) {
    EXPECT_EQ(keys::decode_log_bounds(keys::log_bounds(log)), log);
    EXPECT_EQ(keys::decode_log_entry(keys::log_entry(log, 5)), (keys::LogEntryKeyParts{log, 5}));
    EXPECT_LT(keys::log_entry(log, kMax), keys::log_bounds(0));
    EXPECT_LT(keys::log_bounds(kMax), keys::log_second(log, std::numeric_limits<std::int64_t>::min()));
    for (const std::int64_t second : kTimes) {
      const std::string key = keys::log_second(log, second);
      EXPECT_EQ(keys::decode_log_second(key), (keys::LogSecondKeyParts{log, second}));
      for (const std::int64_t other : kTimes) EXPECT_EQ(key < keys::log_second(log, other), second < other);
    }
  }
}

TEST(KeyCodec, DecodersRefuseWhatTheEncodersDoNotWrite) {
  for (const std::string& key : {std::string(), std::string("q"), std::string(16, 'x') + "y", std::string(8, 'q'),
                                 keys::queue(1) + "z", keys::log_entry(1, 2).substr(1) + "1"}) {
    EXPECT_FALSE(keys::decode_queue(key)) << key;
    EXPECT_FALSE(keys::decode_log_entry(key)) << key;
    EXPECT_FALSE(keys::decode_log_bounds(key)) << key;
    EXPECT_FALSE(keys::decode_log_second(key)) << key;
  }
  EXPECT_FALSE(keys::decode_message("short"));
  EXPECT_FALSE(keys::decode_deduplication(std::string(17, 'x')));
}

TEST(KeyCodec, AfterPrefixIsTheLeastStringBehindAll) {
  EXPECT_EQ(keys::after_prefix("bus/"), "bus0");
  EXPECT_EQ(keys::after_prefix("a\xff\xff"), "b");
  EXPECT_EQ(keys::after_prefix("\xff"), "");
  EXPECT_EQ(keys::after_prefix(""), "");
}

TEST(RowCodec, RowsRoundTrip) {
  std::string row;
  rows::encode(rows::MessageHead{time(1), time(-2), time(3), 4, 5, "group"}, row);
  const auto head = rows::decode_head(row);
  ASSERT_TRUE(head);
  EXPECT_EQ(std::tuple(head->sent_at, head->visible_at, head->first_leased_at, head->attempt, head->bytes, head->group),
            std::tuple(time(1), time(-2), time(3), 4u, 5u, "group"));

  rows::encode(rows::MessageBody{"id", "", "d", "attributes", std::string_view("\0body", 5)}, row);
  const auto body = rows::decode_body(row);
  ASSERT_TRUE(body);
  EXPECT_EQ(std::tuple(body->id, body->group, body->deduplication_id, body->attributes, body->body),
            std::tuple("id", "", "d", "attributes", std::string_view("\0body", 5)));

  QueueTraits traits;
  traits.fifo = true;
  traits.retention = Duration(-1);
  EXPECT_EQ(rows::decode_traits(rows::traits(traits)), traits);
  EXPECT_EQ(rows::decode_number(rows::number(kMax)), kMax);
}

TEST(RowCodec, TruncatedRowsAreRefused) {
  std::string row;
  rows::encode(rows::MessageBody{"id", "group", "d", "attributes", ""}, row);
  for (std::size_t length = 0; length < row.size(); ++length)
    EXPECT_FALSE(rows::decode_body(std::string_view(row).substr(0, length))) << length;
  rows::encode(rows::MessageHead{}, row);
  for (std::size_t length = 0; length < row.size(); ++length)
    EXPECT_FALSE(rows::decode_head(std::string_view(row).substr(0, length))) << length;
  EXPECT_FALSE(rows::decode_number("1234567"));
  EXPECT_FALSE(rows::decode_number("123456789"));
  EXPECT_FALSE(rows::decode_body(std::string(4, '\xff')));
}

}  // namespace eventbus::testing
