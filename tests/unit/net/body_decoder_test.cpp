#include "net/body_decoder.h"

#include "tests/unit/net/gzip.h"

#include <gtest/gtest.h>

#include <string>

namespace eventbus::net {
namespace {

using testing::gzip;

std::optional<RequestFault> decode(BodyDecoder& decoder, std::string_view bytes, std::size_t step) {
  while (!bytes.empty()) {
    if (auto fault = decoder.append(bytes.substr(0, step))) return fault;
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  return decoder.finish();
}

std::string patterned(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += std::to_string(text.size() * 7919) + ",";
  text.resize(bytes);
  return text;
}

TEST(BodyDecoder, UndoesGzipHoweverItIsCut) {
  const std::string plain = patterned(200'000);
  const std::string packed = gzip(plain);
  for (std::size_t step : {std::size_t{1}, std::size_t{13}, std::size_t{4096}, packed.size()}) {
    BodyDecoder decoder(BodyDecoder::Encoding::kGzip, 1 << 20);
    decoder.expect(packed.size());
    EXPECT_FALSE(decode(decoder, packed, step));
    const std::string body = decoder.take();
    EXPECT_EQ(body, plain) << step;
    EXPECT_GE(body.capacity() - body.size(), kBodySpareBytes);
  }
}

TEST(BodyDecoder, JoinsGzipMembers) {
  BodyDecoder decoder(BodyDecoder::Encoding::kGzip, 100);
  EXPECT_FALSE(decode(decoder, gzip("hello ") + gzip("world"), 5));
  EXPECT_EQ(decoder.take(), "hello world");
}

TEST(BodyDecoder, RefusesABombWhenItPassesTheLimit) {
  const std::string bomb = gzip(std::string(50'000'000, '0'));
  ASSERT_LT(bomb.size(), 60'000U);
  BodyDecoder decoder(BodyDecoder::Encoding::kGzip, 1'000'000);
  const auto fault = decode(decoder, bomb, 1024);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->status, 413U);
  EXPECT_LE(decoder.take().size(), 1'000'000U);
}

TEST(BodyDecoder, AcceptsExactlyTheLimit) {
  BodyDecoder packed(BodyDecoder::Encoding::kGzip, 1'000);
  EXPECT_FALSE(decode(packed, gzip(std::string(1'000, 'x')), 10));
  BodyDecoder plain(BodyDecoder::Encoding::kIdentity, 1'000);
  EXPECT_FALSE(decode(plain, std::string(1'000, 'x'), 10));
  EXPECT_TRUE(plain.append("y"));
}

TEST(BodyDecoder, RefusesDamagedAndTruncatedGzip) {
  const std::string packed = gzip(patterned(5'000));
  for (std::size_t length = 1; length < packed.size(); length += 97) {
    BodyDecoder decoder(BodyDecoder::Encoding::kGzip, 1 << 20);
    const auto fault = decode(decoder, packed.substr(0, length), 64);
    ASSERT_TRUE(fault) << length;
    EXPECT_EQ(fault->status, 400U);
  }
  std::string damaged = packed;
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);  // the checksum
  BodyDecoder decoder(BodyDecoder::Encoding::kGzip, 1 << 20);
  EXPECT_TRUE(decode(decoder, damaged, damaged.size()));
  BodyDecoder no_gzip(BodyDecoder::Encoding::kGzip, 1 << 20);
  EXPECT_TRUE(decode(no_gzip, "{\"Entries\":[]}", 100));
  BodyDecoder trailing(BodyDecoder::Encoding::kGzip, 1 << 20);
  EXPECT_TRUE(decode(trailing, packed + "junk", 100));
}

}  // namespace
}  // namespace eventbus::net
