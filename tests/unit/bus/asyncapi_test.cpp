#include "bus/asyncapi.h"

#include "bus/limits.h"
#include "schemas/discovery.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <memory>
#include <string>

namespace eventbus {
namespace {

namespace json = boost::json;

const Scope kScope{"000000000000", "us-east-1"};

class AsyncApiTest : public ::testing::Test {
 protected:
  AsyncApiTest() {
    if (!buses_.load() || !catalog_.load()) throw std::runtime_error("load");
  }

  void add_rule(std::string name, std::string pattern, std::string target) {
    const RuleKey key{{kScope, "default"}, std::move(name)};
    RuleSettings settings;
    settings.event_pattern = std::move(pattern);
    settings.description = "about";
    ASSERT_TRUE(testing::run(buses_.put_rule(key, std::move(settings), {}, {kScope.account, ""})));
    Target each;
    each.id = "t";
    each.arn = std::move(target);
    std::vector<Target> targets;
    targets.push_back(std::move(each));
    ASSERT_TRUE(testing::run(buses_.put_targets(key, std::move(targets), {kScope.account, ""})));
  }
  void discovered(std::string event) {
    const auto learned = schemas::learn(event);
    ASSERT_TRUE(learned);
    std::string name = schemas::discovered_schema_name(learned->source, learned->detail_type);
    std::string content = write_schema(*learned, schemas::SchemaType::kOpenApi3);
    ASSERT_TRUE(testing::run(catalog_.put_discovered(kScope, std::move(name), std::move(content))));
  }
  void registered(std::string content) {
    if (!catalog_.registry({kScope, "contracts"}))
      ASSERT_TRUE(testing::run(catalog_.create_registry({kScope, "contracts"}, std::nullopt, {})));
    SchemaCatalog::NewSchema wanted{std::move(content), schemas::SchemaType::kJsonSchemaDraft4, "a contract", {}};
    ASSERT_TRUE(testing::run(catalog_.create_schema({kScope, "contracts", "a"}, std::move(wanted))));
  }
  json::object document() { return asyncapi_of(**buses_.bus({kScope, "default"}), catalog_, "127.0.0.1:4566", false); }

  testing::ManualClock clock_{testing::test_epoch()};
  SeededRng rng_{1};
  spdlog::logger log_{"test"};
  Limits limits_;
  schemas::RegistryLimits schema_limits_;
  std::unique_ptr<Storage> storage_ = make_memory_storage(clock_);
  BusCatalog buses_{*storage_, clock_, limits_, nullptr, log_};
  SchemaCatalog catalog_{*storage_, buses_, clock_, rng_, schema_limits_, log_};
};

constexpr const char* kPlaced = R"({"source": "shop", "detail-type": "Order Placed", "detail": {"lines": [{"n": 1}]}})";
constexpr const char* kSent = R"({"source": "shop", "detail-type": "Order Sent", "detail": {}})";

// Every "$ref" of the document leads somewhere in it.
void expect_references_answered(const json::value& at, const json::object& document) {
  if (at.is_array()) {
    for (const json::value& each : at.get_array()) expect_references_answered(each, document);
  } else if (at.is_object()) {
    for (const auto& [name, member] : at.get_object()) {
      if (name == "$ref") {
        const std::string pointer = std::string(member.as_string()).substr(1);
        boost::system::error_code missing;
        EXPECT_NE(json::value(document).find_pointer(pointer, missing), nullptr) << pointer;
      } else {
        expect_references_answered(member, document);
      }
    }
  }
}

TEST_F(AsyncApiTest, SaysWhoGetsWhat) {
  discovered(kPlaced);
  discovered(kSent);
  add_rule("bill", R"({"source": ["shop"], "detail-type": ["Order Placed"], "detail": {"lines": {"n": [1]}}})",
           "arn:aws:sqs:us-east-1:000000000000:bills");
  add_rule("audit", R"({"source": [{"prefix": "sh"}]})", "arn:aws:sqs:us-east-1:000000000000:audit");
  add_rule("other", R"({"source": ["auth"]})", "arn:aws:sqs:us-east-1:000000000000:audit");
  const json::object all = document();
  expect_references_answered(all, all);
  const json::object& operations = all.at("operations").as_object();
  EXPECT_EQ(operations.at("send.bill.t").at("messages"),
            json::parse(R"([{"$ref": "#/channels/target.bills/messages/shop.Order_Placed"}])"));
  EXPECT_EQ(operations.at("send.audit.t").at("messages").as_array().size(), 2U);
  EXPECT_EQ(operations.at("send.other.t").at("messages").as_array().size(), 0U);
  EXPECT_EQ(operations.at("send.other.t").at("channel"), operations.at("send.audit.t").at("channel"));
  EXPECT_EQ(operations.at("receive.shop").at("messages").as_array().size(), 2U);
  EXPECT_EQ(operations.at("send.bill.t").at("x-eventbridge-rule").at("pattern").at("source"),
            json::parse(R"(["shop"])"));
  EXPECT_EQ(all.at("channels").at("target.bills").at("address"), "arn:aws:sqs:us-east-1:000000000000:bills");
  EXPECT_EQ(all.at("asyncapi"), "3.0.0");
}

TEST_F(AsyncApiTest, ContractsGoBeforeWhatWasDiscoveredAndGetTheirEnvelope) {
  discovered(kPlaced);
  registered(R"({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
    "x-eventbus": {"source": "shop", "detailType": "Order Placed", "subject": "detail"},
    "properties": {"line": {"$ref": "#/definitions/Line"}, "self": {"$ref": "#"}, "e": {"enum": [{"$ref": "#"}]}},
    "definitions": {"Line": {"type": "object"}}})");
  const json::object all = document();
  const json::object& schemas = all.at("components").at("schemas").as_object();
  EXPECT_EQ(all.at("components").at("messages").at("shop.Order_Placed").at("x-eventbridge-schema").at("registry"),
            "contracts");
  EXPECT_EQ(schemas.at("shop.Order_Placed").at("properties").at("source").at("const"), "shop");
  EXPECT_EQ(schemas.at("shop.Order_Placed").at("properties").at("detail").at("$ref"),
            "#/components/schemas/shop.Order_Placed.detail");
  EXPECT_EQ(
      json::value(schemas.at("shop.Order_Placed.detail")),
      json::parse(R"({"type": "object", "properties": {"line": {"$ref": "#/components/schemas/shop.Order_Placed.Line"},
                            "self": {"$ref": "#/components/schemas/shop.Order_Placed.detail"}, "e": {"enum": [{"$ref": "#"}]}}})"));
  EXPECT_FALSE(schemas.contains("shop.Order_Placed.OrderPlaced"));
}

TEST_F(AsyncApiTest, OfABusThatNobodyKnowsAnythingOfIsADocumentToo) {
  const json::object all = document();
  EXPECT_TRUE(all.at("operations").as_object().empty());
  EXPECT_EQ(all.at("channels").as_object().size(), 1U);
}

}  // namespace
}  // namespace eventbus
