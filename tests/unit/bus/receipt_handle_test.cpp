#include "bus/receipt_handle.h"

#include "base/digest.h"

#include <gtest/gtest.h>

namespace eventbus {
namespace {

const ReceiptHandle kHandle{{.queue = 7, .sequence = 0x0102030405060708, .attempt = 3},
                            TimePoint(Duration(1'767'323'045'678))};

TEST(ReceiptHandle, ComesBackWhole) {
  const std::optional<ReceiptHandle> decoded = decode_receipt_handle(encode_receipt_handle(kHandle));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->lease.queue, 7U);
  EXPECT_EQ(decoded->lease.sequence, 0x0102030405060708U);
  EXPECT_EQ(decoded->lease.attempt, 3U);
  EXPECT_EQ(decoded->received_at, kHandle.received_at);
}

TEST(ReceiptHandle, EveryChangedBitIsNoticed) {
  const std::string bytes = *base64_decode(encode_receipt_handle(kHandle));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_receipt_handle(base64_encode(changed))) << bit;
  }
  EXPECT_FALSE(decode_receipt_handle(""));
  EXPECT_FALSE(decode_receipt_handle("AQEB" + encode_receipt_handle(kHandle)));
  EXPECT_FALSE(decode_receipt_handle(encode_receipt_handle(kHandle) + "\n"));
}

}  // namespace
}  // namespace eventbus
