#include "bus/rule_table.h"

#include "bus/compiled_bus.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace eventbus {
namespace {

RuleTable::Rule named(std::string name) {
  CompiledRule rule;
  rule.name = std::move(name);
  return std::make_shared<const CompiledRule>(std::move(rule));
}

TEST(RuleTable, GivesOutTheLowestFreeId) {
  RuleTable table;
  for (rules::RuleId id = 0; id < 1'000; ++id) EXPECT_EQ(table.add(named(std::to_string(id))), id);
  table.remove(700);
  table.remove(3);
  table.remove(701);
  EXPECT_EQ(table.size(), 997U);
  EXPECT_EQ(table.add(named("a")), 3U);
  EXPECT_EQ(table.add(named("b")), 700U);
  EXPECT_EQ(table.add(named("c")), 701U);
  EXPECT_EQ(table.add(named("d")), 1'000U);
  EXPECT_EQ(table[3].name, "a");
  EXPECT_EQ(table[700].name, "b");
  EXPECT_EQ(table[999].name, "999");
  EXPECT_EQ(table.size(), 1'001U);
}

TEST(RuleTable, LeavesCopiesAsTheyWere) {
  RuleTable table(std::vector<RuleTable::Rule>{named("a"), named("b")});
  const RuleTable copy = table;
  table.replace(0, named("c"));
  table.remove(1);
  EXPECT_EQ(table.add(named("d")), 1U);
  EXPECT_EQ(copy[0].name, "a");
  EXPECT_EQ(copy[1].name, "b");
  EXPECT_EQ(table[0].name, "c");
  EXPECT_EQ(table[1].name, "d");
  EXPECT_EQ(copy.size(), 2U);
}

TEST(RuleTable, IsFilledInOneGo) {
  std::vector<RuleTable::Rule> rules;
  for (int i = 0; i < 512; ++i) rules.push_back(named(std::to_string(i)));
  RuleTable table(std::move(rules));
  EXPECT_EQ(table.size(), 512U);
  EXPECT_EQ(table[511].name, "511");
  EXPECT_EQ(table.add(named("next")), 512U);
}

TEST(RuleTable, KeepsNothingWhenAllAreRemoved) {
  const auto rule = named("a");
  RuleTable table;
  for (int i = 0; i < 600; ++i) table.add(rule);
  for (rules::RuleId id = 0; id < 600; ++id) table.remove(id);
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(rule.use_count(), 1);
  EXPECT_EQ(table.add(rule), 0U);
}

}  // namespace
}  // namespace eventbus
