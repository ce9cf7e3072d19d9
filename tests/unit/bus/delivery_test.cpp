#include "bus/delivery.h"

#include <gtest/gtest.h>

namespace eventbus {
namespace {

Delivery sample() {
  Delivery delivery;
  delivery.event_id = "6f0c2a7e-0000-4000-8000-000000000001";
  delivery.rule_arn = "arn:aws:events:us-east-1:000000000000:rule/r";
  delivery.target_id = "1";
  delivery.target_arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
  delivery.dead_letter_arn = "arn:aws:sqs:us-east-1:000000000000:dlq";
  delivery.accepted_at = TimePoint(Duration(1'767'323'045'678));
  delivery.trace_header = "Root=1-5759e988-bd862e3fe1be46a994272793";
  delivery.input = std::string("\"a\0b\"", 5);
  delivery.event = R"({"version":"0"})";
  delivery.hops.between_regions = true;
  return delivery;
}

TEST(Delivery, ComesBackAsItWentIn) {
  EXPECT_EQ(*Delivery::decode(sample().encode()), sample());
  Delivery bare;
  bare.input = std::string(100'000, 'x');
  EXPECT_EQ(*Delivery::decode(bare.encode()), bare);
  EXPECT_EQ(bare.original_event(), bare.input);
  EXPECT_EQ(sample().original_event(), R"({"version":"0"})");
}

TEST(Delivery, OfAScheduleComesBackAsItWentIn) {
  Delivery delivery = sample();
  delivery.scheduled_at = TimePoint(Duration(1'767'323'040'000));
  delivery.message_group = "$.group";
  EXPECT_EQ(*Delivery::decode(delivery.encode()), delivery);
}

TEST(Delivery, TimesBefore1970Survive) {
  Delivery delivery;
  delivery.accepted_at = TimePoint(Duration(-5));
  EXPECT_EQ(Delivery::decode(delivery.encode())->accepted_at, delivery.accepted_at);
}

TEST(Delivery, SkipsFieldsOfLaterVersions) {
  std::string bytes = sample().encode();
  bytes += std::string("\x63\x03", 2) + "new";
  EXPECT_EQ(*Delivery::decode(bytes), sample());
}

TEST(Delivery, RefusesDamagedBytes) {
  const std::string bytes = sample().encode();
  EXPECT_FALSE(Delivery::decode(""));
  EXPECT_FALSE(Delivery::decode("\x02"));
  EXPECT_FALSE(Delivery::decode(std::string("\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12)));
  EXPECT_FALSE(Delivery::decode(std::string("\x01\x06\x01\x80", 4))) << "a varint that does not end";
  // Cut anywhere it is either refused or lacks its last fields; never read beyond the end (asan watches).
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const Result<Delivery> cut = Delivery::decode(std::string(bytes, 0, length));
    if (cut) {
      EXPECT_NE(*cut, sample());
    }
  }
}

}  // namespace
}  // namespace eventbus
