#include "bus/trace_header.h"

#include "tests/support/manual_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventbus {
namespace {

constexpr const char* kRoot = "Root=1-5759e988-bd862e3fe1be46a994272793";

std::string propagated(std::string_view header) {
  SeededRng rng(1);
  return propagated_trace_header(header, eventbus::testing::test_epoch(), rng);
}

TEST(TraceHeader, WellFormedHeadersPassAsTheyAre) {
  for (const std::string& header :
       {std::string(kRoot), kRoot + std::string(";Sampled=1"), kRoot + std::string(";Parent=53995c3f42cd8ad8"),
        "Parent=53995c3f42cd8ad8;Sampled=0;" + std::string(kRoot),
        kRoot + std::string("; Parent=53995c3f42cd8ad8; Sampled=1; Lineage=25:abc:0")})
    EXPECT_EQ(propagated(header), header);
}

TEST(TraceHeader, ParentWithoutRootIsNothing) { EXPECT_EQ(propagated("Parent=53995c3f42cd8ad8;Sampled=1"), ""); }

TEST(TraceHeader, ABadRootBesideAParentIsReplacedUnsampled) {
  const std::string header = propagated("Root=1-bad;Parent=53995c3f42cd8ad8;Sampled=1");
  EXPECT_THAT(header, ::testing::MatchesRegex("Root=1-[0-9a-f]+-[0-9a-f]+;Parent=53995c3f42cd8ad8;Sampled=0"));
  EXPECT_EQ(propagated(header), header) << "and is well formed itself";
}

TEST(TraceHeader, MalformedHeadersAreNothing) {
  for (const char* header : {"", "x", "Root=", "Root=1-bad", "Root=1-5759e988-bd862e3fe1be46a99427279;Sampled=1",
                             "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=zz",
                             "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=7", ";;;", "=;="})
    EXPECT_EQ(propagated(header), "") << header;
}

}  // namespace
}  // namespace eventbus
