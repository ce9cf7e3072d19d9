#include "bus/json_path.h"

#include <gtest/gtest.h>

namespace eventbus {
namespace {

constexpr const char* kEvent =
    R"({"version":"0","resources":["arn:a","arn:b"],"detail":{"a":{"b":1.50,"x-y_z/w":"q"},"null":null,)"
    R"("items":[{"sku":"s1","n":[1,2]},{"other":0},{"sku":"s3","n":[3]}],"k\u0065y":7,"dup":1,"dup":2,)"
    R"("big":123456789012345678901234567890,"e":[]}})";

std::optional<std::string> find(std::string_view path) {
  const std::optional<JsonPath> parsed = JsonPath::parse(path);
  if (!parsed) return "does not parse";
  return parsed->find(kEvent);
}

TEST(JsonPath, ReadsNamesAndIndexes) {
  EXPECT_EQ(find("$"), kEvent);
  EXPECT_EQ(find("$.version"), "\"0\"");
  EXPECT_EQ(find("$.detail.a.b"), "1.50") << "numbers keep their spelling";
  EXPECT_EQ(find("$.resources[0]"), "\"arn:a\"");
  EXPECT_EQ(find("$.resources[1]"), "\"arn:b\"");
  EXPECT_EQ(find("$.detail.a"), R"({"b":1.50,"x-y_z/w":"q"})");
  EXPECT_EQ(find("$.detail.big"), "123456789012345678901234567890");
  EXPECT_EQ(find("$.detail.null"), "null");
}

TEST(JsonPath, NamesMayHoldDashUnderscoreAndSlash) { EXPECT_EQ(find("$.detail.a.x-y_z/w"), "\"q\""); }

TEST(JsonPath, ComparesKeysWithTheirEscapesResolved) { EXPECT_EQ(find("$.detail.key"), "7"); }

TEST(JsonPath, OfDuplicateKeysTheLastOneCounts) { EXPECT_EQ(find("$.detail.dup"), "2"); }

TEST(JsonPath, AStarYieldsAnArrayOfWhatIsThere) {
  EXPECT_EQ(find("$.detail.items[*].sku"), R"(["s1","s3"])");
  EXPECT_EQ(find("$.detail.items[*].n[*]"), "[1,2,3]");
  EXPECT_EQ(find("$.detail.items[*].n[0]"), "[1,3]");
  EXPECT_EQ(find("$.resources[*]"), R"(["arn:a","arn:b"])");
  EXPECT_EQ(find("$.detail.e[*]"), "[]");
  EXPECT_EQ(find("$.detail.items[*].nothing"), "[]");
}

TEST(JsonPath, HasNoMatchWhereTheShapeDiffers) {
  for (const char* path : {"$.detail.missing", "$.detail.a.b.c", "$.resources[2]", "$.version[0]", "$.detail[0]",
                           "$.resources.a", "$.detail.a[*]", "$.missing[*].x", "$.detail.e[0]"})
    EXPECT_EQ(find(path), std::nullopt) << path;
}

TEST(JsonPath, RejectsWhatEventBridgeRejects) {
  for (const char* path : {"",           "detail",      "detail.a",
                           "$detail",    "$.",          "$..a",
                           "$.*",        "$.a.*",       "$['a']",
                           "$[\"a\"]",   "$.a[-1]",     "$.a[0:1]",
                           "$.a[:1]",    "$.a[?(@.b)]", "$.a[",
                           "$.a]",       "$.a[]",       "$.a[1",
                           "$.a[x]",     "$.a.",        "$.a b",
                           "$ .a",       " $",          "$.a()",
                           "$.length()", "$.a[0,1]",    "$.a[99999999999999999999]",
                           "$[*",        "@.a",         "$.a\n",
                           "$.a['b']"})
    EXPECT_FALSE(JsonPath::parse(path)) << path;
}

}  // namespace

}  // namespace eventbus
