#include "bus/schema_discovery.h"

#include "bus/limits.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <vector>

namespace eventbus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Scope kScope{"000000000000", "us-east-1"};

class SchemaDiscoveryTest : public ::testing::Test {
 protected:
  SchemaDiscoveryTest() {
    start();
    discover("default");
  }

  void start() {
    buses_ = std::make_unique<BusCatalog>(*storage_, clock_, bus_limits_, nullptr, log_);
    catalog_ = std::make_unique<SchemaCatalog>(*storage_, *buses_, clock_, rng_, limits_, log_);
    if (const Result<void> loaded = buses_->load(); !loaded) throw std::runtime_error(loaded.error().message);
    if (const Result<void> loaded = catalog_->load(); !loaded) throw std::runtime_error(loaded.error().message);
    const auto spawn = [this](asio::awaitable<void> work) {
      ++spawned_;
      asio::co_spawn(io_, std::move(work), asio::detached);
    };
    discovery_ = std::make_unique<SchemaDiscovery>(*catalog_, clock_, log_, spawn, bounds_);
  }

  void discover(std::string bus, bool cross_account = true) {
    if (bus != "default") ASSERT_TRUE(testing::run(buses_->create_bus({kScope, bus}, {}, {})));
    SchemaCatalog::NewDiscoverer wanted;
    wanted.source_arn = bus_arn(kScope, bus);
    wanted.cross_account = cross_account;
    ASSERT_TRUE(testing::run(catalog_->create_discoverer(kScope, std::move(wanted))));
  }

  Event event(std::string detail, std::string source = "shop", std::string type = "Order Placed",
              std::string account = "000000000000") {
    Event made;
    made.id = "1";
    made.source = std::move(source);
    made.detail_type = std::move(type);
    made.origin = {std::move(account), "us-east-1"};
    made.time = made.accepted_at = clock_.now();
    const std::optional<std::string> json = make_envelope(made, {}, detail);
    if (!json) throw std::runtime_error("no detail: " + detail);
    made.json = *json;
    return made;
  }
  void show(const Event& event, const std::string& bus = "default") { discovery_->accepted(kScope, bus, event); }

  // Lets the background do what is due.
  void settle() {
    io_.restart();
    io_.poll();
    clock_.advance(bounds_.gather);
    io_.restart();
    io_.poll();
  }

  std::vector<std::string> found() const {
    std::vector<std::string> names;
    const auto all = catalog_->schemas_of({kScope, "discovered-schemas"});
    for (const auto& schema : *all)
      names.push_back(schema->key.name + " " + std::to_string(schema->record.latest()->number));
    return names;
  }
  std::string content(std::string name) const {
    return catalog_->version({kScope, "discovered-schemas", std::move(name)})->content;
  }

  testing::ManualClock clock_{testing::test_epoch()};
  SeededRng rng_{1};
  spdlog::logger log_{"test"};
  Limits bus_limits_;
  schemas::RegistryLimits limits_;
  SchemaDiscovery::Limits bounds_;
  asio::io_context io_{1};
  int spawned_ = 0;
  std::unique_ptr<Storage> storage_ = make_memory_storage(clock_);
  std::unique_ptr<BusCatalog> buses_;
  std::unique_ptr<SchemaCatalog> catalog_;
  std::unique_ptr<SchemaDiscovery> discovery_;
};

TEST_F(SchemaDiscoveryTest, LearnsASchemaOfEachKind) {
  show(event(R"({"id": 1})"));
  show(event(R"({"id": 2})"));
  show(event("{}", "auth", "User Registered"));
  EXPECT_THAT(found(), IsEmpty());  // not on the publisher's path
  settle();
  EXPECT_THAT(found(), ElementsAre("auth@UserRegistered 1", "shop@OrderPlaced 1"));
  EXPECT_THAT(content("shop@OrderPlaced"), HasSubstr(R"("x-amazon-events-source":"shop")"));
  EXPECT_EQ(discovery_->counters().learned, 3U);
  EXPECT_EQ(discovery_->counters().versions, 2U);
}

TEST_F(SchemaDiscoveryTest, AVersionComesOfAnotherStructureOnly) {
  show(event(R"({"id": 1})"));
  settle();
  show(event(R"({"id": 99})"));
  settle();
  EXPECT_THAT(found(), ElementsAre("shop@OrderPlaced 1"));
  show(event(R"({"id": 99, "note": "new"})"));
  settle();
  EXPECT_THAT(found(), ElementsAre("shop@OrderPlaced 2"));
  show(event(R"({"id": 1})"));
  settle();
  EXPECT_THAT(found(), ElementsAre("shop@OrderPlaced 2"));  // what was seen is remembered: note is optional
  EXPECT_THAT(content("shop@OrderPlaced"), HasSubstr(R"("required":["id"])"));
}

TEST_F(SchemaDiscoveryTest, ARestartLearnsNothingAnew) {
  show(event(R"({"id": 1, "note": null})"));
  settle();
  start();
  show(event(R"({"id": 2, "note": null})"));
  settle();
  EXPECT_THAT(found(), ElementsAre("shop@OrderPlaced 1"));
  show(event(R"({"id": 3, "note": "x"})"));
  settle();
  EXPECT_THAT(found(), ElementsAre("shop@OrderPlaced 2"));
  EXPECT_THAT(content("shop@OrderPlaced"), HasSubstr(R"("note":{"type":"string","nullable":true})"));
}

TEST_F(SchemaDiscoveryTest, WhatWasDeletedOrRewrittenIsLearnedAnew) {
  const SchemaKey key{kScope, "discovered-schemas", "shop@OrderPlaced"};
  show(event(R"({"id": 1})"));
  settle();
  ASSERT_TRUE(testing::run(catalog_->delete_schema(key)));
  show(event(R"({"other": 1})"));
  settle();
  EXPECT_THAT(found(), ElementsAre("shop@OrderPlaced 1"));
  EXPECT_THAT(content("shop@OrderPlaced"), ::testing::Not(HasSubstr(R"("required":["id"])")));
  EXPECT_THAT(content("shop@OrderPlaced"), HasSubstr(R"("required":["other"])"));
  // One of another hand in its place, of the same number.
  ASSERT_TRUE(testing::run(catalog_->delete_schema(key)));
  const auto learned = schemas::learn(R"({"source": "shop", "detail-type": "Order Placed", "detail": {"hand": 1}})");
  SchemaCatalog::NewSchema by_hand{
      write_schema(*learned, schemas::SchemaType::kOpenApi3), schemas::SchemaType::kOpenApi3, std::nullopt, {}};
  ASSERT_TRUE(testing::run(catalog_->create_schema(key, std::move(by_hand))));
  show(event(R"({"other": 1})"));
  settle();
  EXPECT_THAT(found(), ElementsAre("shop@OrderPlaced 2"));
  EXPECT_THAT(content("shop@OrderPlaced"),
              HasSubstr(R"("properties":{"hand":{"type":"number"},"other":{"type":"number"}})"));
}

TEST_F(SchemaDiscoveryTest, OnlyBusesWithAStartedDiscovererAreWatched) {
  show(event("{}"), "another");
  settle();
  EXPECT_THAT(found(), IsEmpty());
  SchemaCatalog::DiscovererChanges stop;
  stop.started = false;
  ASSERT_TRUE(testing::run(catalog_->update_discoverer({kScope, "events-event-bus-default"}, stop)));
  show(event("{}"));
  EXPECT_EQ(spawned_, 0);
  settle();
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(SchemaDiscoveryTest, EventsOfAwsAreKnownAndNotLearned) {
  show(event("{}", "aws.events", "Scheduled Event"));
  show(event("{}", "aws.partner/example.com/1", "Ticket"));
  settle();
  EXPECT_THAT(found(), ElementsAre("aws.partner-example.com-1@Ticket 1"));
}

TEST_F(SchemaDiscoveryTest, EventsOfOtherAccountsAreLearnedWhereThatIsWanted) {
  discover("mine", false);
  show(event("{}", "a", "A", "111111111111"), "mine");
  show(event("{}", "b", "B"), "mine");
  show(event("{}", "c", "C", "111111111111"), "default");
  settle();
  EXPECT_THAT(found(), ElementsAre("b@B 1", "c@C 1"));
}

TEST_F(SchemaDiscoveryTest, TakesASampleOfWhatIsFrequent) {
  for (int i = 0; i < 100; ++i) show(event(R"({"id": 1})"));
  show(event("{}", "rare", "Rare"));
  settle();
  EXPECT_EQ(discovery_->counters().learned, 11U);
  EXPECT_EQ(discovery_->counters().passed_over, 90U);
  EXPECT_THAT(found(), ElementsAre("rare@Rare 1", "shop@OrderPlaced 1"));
  clock_.advance(Duration(1'000));
  show(event(R"({"id": 1})"));
  settle();
  EXPECT_EQ(discovery_->counters().learned, 12U);
}

TEST_F(SchemaDiscoveryTest, DropsWhatDoesNotFitIntoTheBuffer) {
  bounds_.buffered_events = 3;
  start();
  for (int i = 0; i < 5; ++i) show(event("{}", "s", "T" + std::to_string(i)));
  settle();
  EXPECT_THAT(found(), ElementsAre("s@T0 1", "s@T1 1", "s@T2 1"));
  EXPECT_EQ(discovery_->counters().dropped, 2U);
  show(event("{}", "s", "T4"));
  settle();
  EXPECT_THAT(found(), ElementsAre("s@T0 1", "s@T1 1", "s@T2 1", "s@T4 1"));
}

TEST_F(SchemaDiscoveryTest, CountsWhatItCannotLearn) {
  std::string deep = "{}";
  for (int i = 0; i < 300; ++i) deep = "{\"a\":" + deep + "}";
  show(event(deep));
  limits_.discovered_schemas = 0;
  show(event("{}", "a", "A"));
  settle();
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_EQ(discovery_->counters().failed, 2U);
}

TEST_F(SchemaDiscoveryTest, DetailTypesThatAreNamedAlikeShareASchema) {
  show(event(R"({"a": 1})", "s", "Order Placed"));
  show(event(R"({"a": 1})", "s", "OrderPlaced"));
  settle();
  show(event(R"({"a": 1})", "s", "Order placed"));
  settle();
  EXPECT_THAT(found(), ElementsAre("s@OrderPlaced 1"));
}

}  // namespace
}  // namespace eventbus
