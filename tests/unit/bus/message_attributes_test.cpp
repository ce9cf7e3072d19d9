#include "bus/message_attributes.h"

#include <gtest/gtest.h>

#include <string>

namespace eventbus {
namespace {

TEST(MessageAttributes, ComeBackAsTheyWereStored) {
  MessageAttributes stored;
  stored.sender_id = "AIDACKCEVSQ6C2EXAMPLE";
  stored.trace_header = "Root=1-5759e988-bd862e3fe1be46a994272793";
  stored.message_group_id = "tenant-7";
  stored.dead_letter_source_arn = "arn:aws:sqs:us-east-1:000000000000:orders";
  stored.extra_deduplication_id = "d-1";
  stored.user["text"] = {"String", std::string(70'000, 'x')};
  stored.user["bytes"] = {"Binary.png", std::string("\0\x80\xFF", 3)};
  stored.user["empty name is not allowed but empty value is kept"] = {"Number", ""};

  const MessageAttributes read = MessageAttributes::decode(stored.encode());
  EXPECT_EQ(read.sender_id, stored.sender_id);
  EXPECT_EQ(read.trace_header, stored.trace_header);
  EXPECT_EQ(read.message_group_id, stored.message_group_id);
  EXPECT_EQ(read.dead_letter_source_arn, stored.dead_letter_source_arn);
  EXPECT_EQ(read.extra_deduplication_id, stored.extra_deduplication_id);
  ASSERT_EQ(read.user.size(), stored.user.size());
  for (const auto& [name, value] : stored.user) {
    EXPECT_EQ(read.user.at(name).type, value.type);
    EXPECT_EQ(read.user.at(name).value, value.value);
  }
}

TEST(MessageAttributes, APlainMessageCostsOneByte) { EXPECT_EQ(MessageAttributes().encode().size(), 1U); }

TEST(MessageAttributes, ReadingStopsQuietlyWhereTheBytesEnd) {
  MessageAttributes stored;
  stored.sender_id = "sender";
  stored.user["a"] = {"String", "value"};
  const std::string whole = stored.encode();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const MessageAttributes read = MessageAttributes::decode(std::string_view(whole).substr(0, length));
    EXPECT_TRUE(read.user.empty()) << length;
  }
  EXPECT_EQ(MessageAttributes::decode(whole.substr(0, 9)).sender_id, "sender");
}

}  // namespace
}  // namespace eventbus
