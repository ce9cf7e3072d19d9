#include "bus/schema_catalog.h"

#include "bus/limits.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eventbus {
namespace {

using schemas::SchemaType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Scope kScope{"000000000000", "us-east-1"};
constexpr const char* kObject = R"({"type": "object"})";

// A storage that refuses one commit, when its turn has come.
class RefusingStorage final : public Storage {
 public:
  explicit RefusingStorage(std::unique_ptr<Storage> inner) : inner_(std::move(inner)) {}

  asio::awaitable<Result<CommitReceipt>> commit(Commit commit) override {
    if (refused_in && (*refused_in)-- == 0) {
      refused_in.reset();
      co_return unavailable("no space left on device");
    }
    co_return co_await inner_->commit(std::move(commit));
  }
  CatalogStore& catalog() override { return inner_->catalog(); }
  QueueStore& queues() override { return inner_->queues(); }
  EventLog& log() override { return inner_->log(); }
  void close() override { inner_->close(); }
  Health health() const override { return inner_->health(); }

  std::optional<int> refused_in;  // after so many more

 private:
  std::unique_ptr<Storage> inner_;
};

class SchemaCatalogTest : public ::testing::Test {
 protected:
  SchemaCatalogTest() { restart(); }

  // As after the end of the process: everything anew but what is stored.
  void restart() {
    buses_ = std::make_unique<BusCatalog>(*storage_, clock_, bus_limits_, nullptr, log_);
    catalog_ = std::make_unique<SchemaCatalog>(*storage_, *buses_, clock_, rng_, limits_, log_);
    if (const Result<void> loaded = buses_->load(); !loaded) throw std::runtime_error(loaded.error().message);
    if (const Result<void> loaded = catalog_->load(); !loaded) throw std::runtime_error(loaded.error().message);
  }

  SchemaResult<SchemaCatalog::Registry> create_registry(std::string name) {
    return testing::run(catalog_->create_registry({kScope, std::move(name)}, "about", {{"t", "1"}}));
  }
  static SchemaKey key(std::string name, std::string registry = "orders") {
    return {kScope, std::move(registry), std::move(name)};
  }
  SchemaResult<SchemaCatalog::Schema> create_schema(SchemaKey key, std::string content = kObject) {
    SchemaCatalog::NewSchema wanted{std::move(content), SchemaType::kJsonSchemaDraft4, "about", {}};
    return testing::run(catalog_->create_schema(std::move(key), std::move(wanted)));
  }
  SchemaResult<SchemaCatalog::Schema> update(SchemaKey key, std::string content) {
    SchemaCatalog::SchemaChanges changes;
    changes.content = std::move(content);
    return testing::run(catalog_->update_schema(std::move(key), std::move(changes)));
  }
  SchemaResult<SchemaCatalog::Discoverer> discover(std::string bus) {
    SchemaCatalog::NewDiscoverer wanted;
    wanted.source_arn = bus_arn(kScope, bus);
    return testing::run(catalog_->create_discoverer(kScope, std::move(wanted)));
  }
  std::vector<std::string> registry_names() const {
    std::vector<std::string> names;
    for (const auto& registry : catalog_->registries(kScope)) names.push_back(registry->record.name);
    return names;
  }
  std::vector<std::uint64_t> versions(const SchemaKey& of) const {
    std::vector<std::uint64_t> numbers;
    const SchemaCatalog::Schema schema = *catalog_->schema(of);
    for (const auto& version : schema->record.versions) numbers.push_back(version.number);
    return numbers;
  }
  std::vector<std::string> rules(std::string bus) const {
    std::vector<std::string> names;
    const auto state = *buses_->bus({kScope, std::move(bus)});
    for (const auto& [name, rule] : state->rules())
      names.push_back(name + (rule->record.enabled() ? "" : " (disabled)"));
    return names;
  }

  testing::ManualClock clock_{testing::test_epoch()};
  SeededRng rng_{1};
  spdlog::logger log_{"test"};
  Limits bus_limits_;
  schemas::RegistryLimits limits_;
  std::unique_ptr<RefusingStorage> storage_ = std::make_unique<RefusingStorage>(make_memory_storage(clock_));
  std::unique_ptr<BusCatalog> buses_;
  std::unique_ptr<SchemaCatalog> catalog_;
};

TEST_F(SchemaCatalogTest, HasTheBuiltInRegistriesEverywhere) {
  EXPECT_THAT(registry_names(), ElementsAre("aws.events", "discovered-schemas"));
  EXPECT_EQ((*catalog_->registry({kScope, "aws.events"}))->arn(), "arn:aws:schemas:us-east-1::registry/aws.events");
  EXPECT_EQ((*catalog_->registry({kScope, "discovered-schemas"}))->arn(),
            "arn:aws:schemas:us-east-1:000000000000:registry/discovered-schemas");
  const auto scheduled = catalog_->version(key("aws.events@ScheduledEvent", "aws.events"));
  ASSERT_TRUE(scheduled);
  EXPECT_THAT(scheduled->content, HasSubstr("Scheduled Event"));
  EXPECT_EQ(create_schema(key("a", "aws.events")).error().reason, SchemaError::kForbidden);
  EXPECT_EQ(testing::run(catalog_->delete_registry({kScope, "discovered-schemas"})).error().reason,
            SchemaError::kForbidden);
  EXPECT_EQ(create_registry("aws.mine").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(create_registry("discovered-schemas").error().code, ErrorCode::kConflict);
}

TEST_F(SchemaCatalogTest, KeepsWhatWasMadeOverARestart) {
  ASSERT_TRUE(create_registry("orders"));
  ASSERT_TRUE(create_schema(key("shop@Placed")));
  ASSERT_TRUE(update(key("shop@Placed"), R"({"type": "object", "title": "second"})"));
  ASSERT_TRUE(discover("default"));
  ASSERT_TRUE(testing::run(catalog_->put_binding(key("shop@Placed"), 2, "Go1", false)));
  restart();
  EXPECT_THAT(registry_names(), ElementsAre("aws.events", "discovered-schemas", "orders"));
  const auto latest = catalog_->version(key("shop@Placed"));
  ASSERT_TRUE(latest);
  EXPECT_EQ(latest->record.number, 2U);
  EXPECT_THAT(latest->content, HasSubstr("second"));
  EXPECT_EQ(catalog_->version(key("shop@Placed"), 1)->content, kObject);
  EXPECT_NE(latest->schema->record.binding("Go1", 2), nullptr);
  EXPECT_TRUE(catalog_->discovers());
  EXPECT_THAT(rules("default"), ElementsAre("Schemas-events-event-bus-default"));
}

TEST_F(SchemaCatalogTest, ANewVersionComesOfNewContentOnly) {
  ASSERT_TRUE(create_registry("orders"));
  ASSERT_TRUE(create_schema(key("a"), R"({"type": "object", "title": "t"})"));
  EXPECT_TRUE(update(key("a"), R"({"title":"t","type":"object"})"));
  EXPECT_THAT(versions(key("a")), ElementsAre(1));
  EXPECT_TRUE(update(key("a"), R"({"title":"u","type":"object"})"));
  EXPECT_THAT(versions(key("a")), ElementsAre(1, 2));
  SchemaCatalog::SchemaChanges described;
  described.description = "";
  const auto updated = testing::run(catalog_->update_schema(key("a"), std::move(described)));
  EXPECT_EQ((*updated)->record.description, std::nullopt);
  EXPECT_THAT(versions(key("a")), ElementsAre(1, 2));
  EXPECT_EQ(update(key("a"), "no schema").error().code, ErrorCode::kInvalid);
}

TEST_F(SchemaCatalogTest, NumbersOfVersionsAreNeverGivenTwice) {
  ASSERT_TRUE(create_registry("orders"));
  ASSERT_TRUE(create_schema(key("a")));
  ASSERT_TRUE(testing::run(catalog_->delete_version(key("a"), 1)));
  EXPECT_EQ(catalog_->version(key("a"), 1).error().reason, SchemaError::kGone);
  EXPECT_EQ(catalog_->version(key("a"), 7).error().reason, SchemaError::kGeneral);
  EXPECT_EQ(catalog_->version(key("a")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(testing::run(catalog_->delete_version(key("a"), 1)).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(update(key("a"), kObject).error().message, HasSubstr("Type must be given"));
  SchemaCatalog::SchemaChanges both{kObject, std::nullopt, SchemaType::kJsonSchemaDraft4};
  ASSERT_TRUE(testing::run(catalog_->update_schema(key("a"), std::move(both))));
  EXPECT_THAT(versions(key("a")), ElementsAre(2));
}

TEST_F(SchemaCatalogTest, NothingIsLeftOfWhatIsDeleted) {
  ASSERT_TRUE(create_registry("orders"));
  ASSERT_TRUE(create_schema(key("a")));
  ASSERT_TRUE(update(key("a"), R"({"title": "u", "type": "object"})"));
  EXPECT_THAT(testing::run(catalog_->delete_registry({kScope, "orders"})).error().message, HasSubstr("has schemas"));
  ASSERT_TRUE(testing::run(catalog_->delete_schema(key("a"))));
  ASSERT_TRUE(testing::run(catalog_->delete_registry({kScope, "orders"})));
  EXPECT_THAT(storage_->catalog().list("schema"), IsEmpty());
  EXPECT_EQ(testing::run(catalog_->delete_schema(key("a"))).error().code, ErrorCode::kNotFound);
}

TEST_F(SchemaCatalogTest, QuotasHold) {
  limits_ = {
      .registries = 1, .discoverers = 1, .schemas_per_registry = 1, .discovered_schemas = 1, .versions_per_schema = 2};
  ASSERT_TRUE(create_registry("orders"));
  EXPECT_EQ(create_registry("more").error().reason, SchemaError::kForbidden);
  ASSERT_TRUE(create_schema(key("a")));
  EXPECT_EQ(create_schema(key("b")).error().reason, SchemaError::kForbidden);
  ASSERT_TRUE(update(key("a"), R"({"title": "2", "type": "object"})"));
  EXPECT_EQ(update(key("a"), R"({"title": "3", "type": "object"})").error().reason, SchemaError::kForbidden);
  ASSERT_TRUE(discover("default"));
  ASSERT_TRUE(testing::run(buses_->create_bus({kScope, "b"}, {}, {})));
  EXPECT_EQ(discover("b").error().reason, SchemaError::kForbidden);
}

TEST_F(SchemaCatalogTest, DiscoveredSchemasLoseTheirOldestVersion) {
  limits_.versions_per_schema = 2;
  limits_.discovered_schemas = 1;
  for (const char* title : {"1", "1", "2", "3"}) {
    ASSERT_TRUE(testing::run(catalog_->put_discovered(kScope, "s@A", R"({"title": ")" + std::string(title) + "\"}")));
  }
  EXPECT_THAT(versions(key("s@A", "discovered-schemas")), ElementsAre(2, 3));
  EXPECT_EQ(testing::run(catalog_->put_discovered(kScope, "s@B", "{}")).error().reason, SchemaError::kForbidden);
  EXPECT_EQ(storage_->catalog().list("schema-content/").size(), 2U);
}

TEST_F(SchemaCatalogTest, PoliciesHaveRevisions) {
  ASSERT_TRUE(create_registry("orders"));
  const RegistryKey registry{kScope, "orders"};
  const std::string policy = R"({"Statement": []})";
  EXPECT_EQ(testing::run(catalog_->delete_policy(registry)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(testing::run(catalog_->put_policy(registry, policy, "r")).error().reason, SchemaError::kPreconditionFailed);
  const auto first = testing::run(catalog_->put_policy(registry, policy, std::nullopt));
  ASSERT_TRUE(first);
  const std::string revision = (*first)->record.policy_revision;
  EXPECT_TRUE(testing::run(catalog_->put_policy(registry, policy, revision)));
  EXPECT_EQ(testing::run(catalog_->put_policy(registry, policy, revision)).error().reason,
            SchemaError::kPreconditionFailed);
  EXPECT_TRUE(testing::run(catalog_->put_policy(registry, policy, std::nullopt)));
  EXPECT_EQ(testing::run(catalog_->put_policy(registry, "{}", std::nullopt)).error().code, ErrorCode::kInvalid);
  ASSERT_TRUE(testing::run(catalog_->delete_policy(registry)));
}

TEST_F(SchemaCatalogTest, ADiscovererHoldsItsBusByAManagedRule) {
  ASSERT_TRUE(testing::run(buses_->create_bus({kScope, "orders"}, {}, {})));
  const auto discoverer = discover("orders");
  ASSERT_TRUE(discoverer);
  EXPECT_EQ((*discoverer)->arn(), "arn:aws:schemas:us-east-1:000000000000:discoverer/events-event-bus-orders");
  EXPECT_EQ(discover("orders").error().code, ErrorCode::kConflict);
  EXPECT_EQ(discover("missing").error().code, ErrorCode::kInvalid);
  EXPECT_THAT(rules("orders"), ElementsAre("Schemas-events-event-bus-orders"));
  EXPECT_FALSE(testing::run(buses_->delete_bus({kScope, "orders"})));

  const DiscovererKey key{kScope, "events-event-bus-orders"};
  SchemaCatalog::DiscovererChanges stop;
  stop.started = false;
  ASSERT_TRUE(testing::run(catalog_->update_discoverer(key, stop)));
  EXPECT_FALSE(catalog_->discovers());
  EXPECT_THAT(rules("orders"), ElementsAre("Schemas-events-event-bus-orders (disabled)"));

  ASSERT_TRUE(testing::run(catalog_->delete_discoverer(key)));
  EXPECT_THAT(rules("orders"), IsEmpty());
  EXPECT_TRUE(testing::run(buses_->delete_bus({kScope, "orders"})));
  EXPECT_EQ(testing::run(catalog_->delete_discoverer(key)).error().code, ErrorCode::kNotFound);
}

TEST_F(SchemaCatalogTest, BusesWithAKeyOfTheirOwnAreNotDiscovered) {
  BusSettings settings;
  settings.kms_key_identifier = "alias/mine";
  ASSERT_TRUE(testing::run(buses_->create_bus({kScope, "secret"}, std::move(settings), {})));
  EXPECT_THAT(discover("secret").error().message, HasSubstr("customer managed key"));
}

TEST_F(SchemaCatalogTest, RulesOfDiscoverersAreSetRightAtStart) {
  ASSERT_TRUE(discover("default"));
  ASSERT_TRUE(testing::run(buses_->create_bus({kScope, "b"}, {}, {})));
  ASSERT_TRUE(discover("b"));
  // As if the daemon had ended between two commits.
  ASSERT_TRUE(testing::run(buses_->delete_rule({{kScope, "default"}, "Schemas-events-event-bus-default"}, true)));
  Commit gone;
  gone.catalog.push_back({"schema-discoverer/000000000000/us-east-1/events-event-bus-b", std::nullopt, std::nullopt});
  ASSERT_TRUE(testing::run(storage_->commit(std::move(gone))));
  restart();
  testing::run(catalog_->settle_rules());
  EXPECT_THAT(rules("default"), ElementsAre("Schemas-events-event-bus-default"));
  EXPECT_THAT(rules("b"), IsEmpty());
}

TEST_F(SchemaCatalogTest, TagsAreOfAllThree) {
  ASSERT_TRUE(create_registry("orders"));
  ASSERT_TRUE(create_schema(key("a")));
  ASSERT_TRUE(discover("default"));
  for (const std::string resource : {"registry/orders", "schema/orders/a", "discoverer/events-event-bus-default"}) {
    const std::string arn = "arn:aws:schemas:us-east-1:000000000000:" + resource;
    ASSERT_TRUE(testing::run(catalog_->tag(arn, {{"k", "v"}, {"l", "w"}}))) << arn;
    ASSERT_TRUE(testing::run(catalog_->untag(arn, {"l", "t"}))) << arn;
    EXPECT_EQ(*catalog_->tags(arn), (SchemaCatalog::Tags{{"k", "v"}})) << arn;
  }
  EXPECT_EQ(catalog_->tags("arn:aws:schemas:us-east-1:000000000000:schema/orders/b").error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(catalog_->tags("arn:aws:sqs:us-east-1:000000000000:q").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(catalog_->tags("arn:aws:schemas:us-east-1:000000000000:schema/x").error().code, ErrorCode::kInvalid);
}

// A discoverer and its rule are two commits.
TEST_F(SchemaCatalogTest, ADiscovererAndItsRuleAgreeWhicheverCommitFails) {
  const DiscovererKey key{kScope, "events-event-bus-default"};
  SchemaCatalog::DiscovererChanges stop;
  stop.started = false;
  for (const int before : {0, 1}) {
    storage_->refused_in = before;
    EXPECT_EQ(discover("default").error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(rules("default"), IsEmpty()) << before;
    ASSERT_TRUE(discover("default"));

    storage_->refused_in = before;
    EXPECT_EQ(testing::run(catalog_->update_discoverer(key, stop)).error().code, ErrorCode::kUnavailable);
    EXPECT_TRUE((*catalog_->discoverer(key))->record.started) << before;
    EXPECT_THAT(rules("default"), ElementsAre("Schemas-events-event-bus-default")) << before;
    ASSERT_TRUE(testing::run(catalog_->update_discoverer(key, stop)));
    EXPECT_THAT(rules("default"), ElementsAre("Schemas-events-event-bus-default (disabled)"));

    storage_->refused_in = before;
    EXPECT_EQ(testing::run(catalog_->delete_discoverer(key)).error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(rules("default"), ElementsAre("Schemas-events-event-bus-default (disabled)")) << before;
    ASSERT_TRUE(testing::run(catalog_->delete_discoverer(key)));
    EXPECT_THAT(rules("default"), IsEmpty());
  }
}

TEST_F(SchemaCatalogTest, AnUpdateSetsARuleRightThatAFailureLeftBehind) {
  ASSERT_TRUE(discover("default"));
  ASSERT_TRUE(testing::run(buses_->delete_rule({{kScope, "default"}, "Schemas-events-event-bus-default"}, true)));
  SchemaCatalog::DiscovererChanges start;
  start.started = true;
  ASSERT_TRUE(testing::run(catalog_->update_discoverer({kScope, "events-event-bus-default"}, start)));
  EXPECT_THAT(rules("default"), ElementsAre("Schemas-events-event-bus-default"));
}

TEST_F(SchemaCatalogTest, NothingChangesWhenStorageDoesNotTakeIt) {
  ASSERT_TRUE(create_registry("orders"));
  storage_->close();
  EXPECT_EQ(create_schema(key("a")).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(catalog_->schema(key("a")).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace eventbus
