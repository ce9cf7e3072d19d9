#include "bus/message_digest.h"

#include <gtest/gtest.h>

namespace eventbus {
namespace {

// Digests that AWS answered for these attributes (recorded from the service).
TEST(MessageDigest, IsThatOfAws) {
  EXPECT_EQ(message_attributes_md5({{"Hello", {"String", "There"}}}), "a311262e065454b75da111d535b8dacd");
  EXPECT_EQ(message_attributes_md5(
                {{"Hello", {"String", "There"}}, {"General", {"String", "Kenobi"}}, {"Help.Me", {"String", "Me"}}}),
            "4c360f3fdafd970e05fae2f149d997f5");
  EXPECT_EQ(message_attributes_md5({{"attr1",
                                     {"Binary",
                                      "traceparent\x1e"
                                      "00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"}}}),
            "8cbe4db156db8a94db8b801b7addb984");
}

TEST(MessageDigest, TellsTypesApartAndIsEmptyForNothing) {
  EXPECT_NE(message_attributes_md5({{"a", {"String", "1"}}}), message_attributes_md5({{"a", {"Number", "1"}}}));
  EXPECT_NE(message_attributes_md5({{"a", {"Binary", "1"}}}), message_attributes_md5({{"a", {"String", "1"}}}));
  EXPECT_EQ(message_attributes_md5({}), "");
}

}  // namespace
}  // namespace eventbus
