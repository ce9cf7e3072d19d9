#include "daemon/wait_request.h"

#include <gtest/gtest.h>

namespace eventbus {
namespace {

TEST(WaitRequest, NothingIsNeeded) {
  const auto request = WaitRequest::parse("{}");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->pattern, nullptr);
  EXPECT_EQ(request->until, WaitRequest::kDelivered);
  EXPECT_EQ(request->count, 1u);
  EXPECT_EQ(request->timeout, WaitRequest::kTimeoutByDefault);
  EXPECT_EQ(request->since, std::nullopt);
}

TEST(WaitRequest, EverythingCanBeSaid) {
  const auto request = WaitRequest::parse(R"({"pattern": {"source": ["a"]}, "account": "1", "region": "r", "bus": "b",
      "rule": "x", "target": "t", "until": "ended", "count": 3, "timeout": 0.5, "since": "now"})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->pattern->rule_count(), 1u);
  EXPECT_EQ(request->account, "1");
  EXPECT_EQ(request->region, "r");
  EXPECT_EQ(request->bus, "b");
  EXPECT_EQ(request->rule, "x");
  EXPECT_EQ(request->target, "t");
  EXPECT_EQ(request->until, WaitRequest::kEnded);
  EXPECT_EQ(request->count, 3u);
  EXPECT_EQ(request->timeout, Duration(500));
  EXPECT_EQ(request->since, "now");
  EXPECT_TRUE(WaitRequest::parse(R"({"pattern": "{\"source\":[\"a\"]}"})")) << "a pattern may be text";
}

TEST(WaitRequest, AnythingElseIsRefused) {
  for (const char* body : {"", "[]", R"({"pattern": []})", R"({"pattern": {"source": "a"}})", R"({"until": "soon"})",
                           R"({"count": 0})", R"({"count": 1.5})", R"({"count": 1001})", R"({"count": "1"})",
                           R"({"timeout": -1})", R"({"timeout": 301})", R"({"bus": 1})", R"({"queue": "x"})"}) {
    const auto request = WaitRequest::parse(body);
    ASSERT_FALSE(request) << body;
    EXPECT_EQ(request.error().code, ErrorCode::kInvalid) << body;
  }
}

}  // namespace
}  // namespace eventbus
