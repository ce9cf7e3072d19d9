#include "base/log_value.h"

#include <gtest/gtest.h>

namespace eventbus {
namespace {

TEST(LogValue, AWordStaysAsItIs) {
  EXPECT_EQ(log_value("arn:aws:sqs:us-east-1:000000000000:q"), "arn:aws:sqs:us-east-1:000000000000:q");
  EXPECT_EQ(log_value("C:\\data"), "C:\\data");
}

TEST(LogValue, AnythingElseIsQuoted) {
  EXPECT_EQ(log_value(""), R"("")");
  EXPECT_EQ(log_value("No space left"), R"("No space left")");
  EXPECT_EQ(log_value(R"(say "a\b")"), R"("say \"a\\b\"")");
}

}  // namespace
}  // namespace eventbus
