#include "schemas/registry.h"

#include <gtest/gtest.h>

#include <string>

namespace eventbus::schemas {
namespace {

TEST(RegistryRecords, ReadBackAsTheyWereWritten) {
  const RegistryRecord registry{"orders", "of the shop", {{"a", "b"}}, R"({"Statement":[]})", "r-1"};
  const Result<RegistryRecord> again = decode_registry(encode(registry));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->name, "orders");
  EXPECT_EQ(again->description, "of the shop");
  EXPECT_EQ(again->tags, registry.tags);
  EXPECT_EQ(again->policy, registry.policy);
  EXPECT_EQ(again->policy_revision, "r-1");

  SchemaRecord schema;
  schema.name = "shop@Order";
  schema.modified_at = TimePoint(Duration(5));
  schema.next_version = 4;
  schema.versions = {{1, SchemaType::kOpenApi3, TimePoint(Duration(1))},
                     {3, SchemaType::kJsonSchemaDraft4, TimePoint(Duration(3))}};
  schema.bindings = {{"Go1", 3, true, TimePoint(Duration(4)), TimePoint(Duration(5))}};
  const Result<SchemaRecord> read = decode_schema(encode(schema));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->next_version, 4U);
  EXPECT_EQ(read->versions.size(), 2U);
  EXPECT_EQ(read->version(3)->type, SchemaType::kJsonSchemaDraft4);
  EXPECT_EQ(read->version(2), nullptr);
  EXPECT_EQ(read->latest()->number, 3U);
  EXPECT_TRUE(read->binding("Go1", 3)->failed);
  EXPECT_EQ(read->binding("Go1", 1), nullptr);

  const DiscovererRecord discoverer{
      "events-event-bus-a", "arn:aws:events:r:1:event-bus/a", std::nullopt, false, false, {}};
  const Result<DiscovererRecord> found = decode_discoverer(encode(discoverer));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->source_arn, discoverer.source_arn);
  EXPECT_FALSE(found->cross_account);
  EXPECT_FALSE(found->started);
}

TEST(RegistryRecords, OfAnotherVersionAreRefused) {
  EXPECT_FALSE(decode_registry(R"({"version": 2, "name": "a"})"));
  EXPECT_FALSE(decode_schema(R"({"version": 1, "name": 1})"));
  EXPECT_FALSE(decode_discoverer("no JSON"));
}

TEST(RegistryNames, AreAws) {
  EXPECT_TRUE(is_registry_name("a.B-c_1"));
  EXPECT_FALSE(is_registry_name(""));
  EXPECT_FALSE(is_registry_name("a/b"));
  EXPECT_FALSE(is_registry_name("a@b"));
  EXPECT_FALSE(is_registry_name(std::string(65, 'a')));
  EXPECT_TRUE(is_schema_name("aws.ec2@Ec2Event"));
  EXPECT_TRUE(is_schema_name(std::string(385, 'a')));
  EXPECT_FALSE(is_schema_name(std::string(386, 'a')));
}

}  // namespace
}  // namespace eventbus::schemas
