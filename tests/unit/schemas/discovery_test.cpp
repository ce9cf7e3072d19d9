#include "schemas/discovery.h"

#include "schemas/rfc3339.h"
#include "schemas/schema_content.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace eventbus::schemas {
namespace {

namespace json = boost::json;

std::string event(std::string_view detail, std::string_view detail_type = "Order placed") {
  return R"({"version":"0","id":"1","detail-type":")" + std::string(detail_type) +
         R"(","source":"shop.orders","account":"000000000000","time":"2026-01-02T03:04:05Z","region":"us-east-1",)"
         R"("resources":[],"detail":)" +
         std::string(detail) + "}";
}

LearnedSchema learned(std::string_view detail) { return *learn(event(detail)); }
LearnedSchema learned(std::string_view a, std::string_view b) { return *learned_together(learned(a), learned(b)); }

json::value components(const LearnedSchema& schema) {
  return json::parse(write_schema(schema, SchemaType::kOpenApi3)).at("components").at("schemas");
}
json::value detail(const LearnedSchema& schema) { return components(schema).at("OrderPlaced"); }
json::value property(const LearnedSchema& schema, std::string_view name) {
  return detail(schema).at("properties").at(name);
}
json::value parsed(std::string_view text) { return json::parse(text); }

TEST(Discovery, NamesSchemasAsAwsDoes) {
  EXPECT_EQ(discovered_schema_name("aws.ec2", "EC2 Instance State-change Notification"),
            "aws.ec2@EC2InstanceStateChangeNotification");
  EXPECT_EQ(discovered_schema_name("shop.orders", "Order Placed"), "shop.orders@OrderPlaced");
  EXPECT_EQ(discovered_schema_name("shop", "userCreated"), "shop@UserCreated");
  EXPECT_EQ(discovered_schema_name("aws.partner/example.com/1", "Ticket"), "aws.partner-example.com-1@Ticket");
  EXPECT_EQ(discovered_schema_name("käse", "…"), "k--se@Item");
}

TEST(Discovery, WritesTheEnvelopeAsAwsDoes) {
  const json::value document = parsed(write_schema(learned(R"({"orderId": "o1"})"), SchemaType::kOpenApi3));
  EXPECT_EQ(document, parsed(R"({
    "openapi": "3.0.0",
    "info": {"version": "1.0.0", "title": "OrderPlaced"},
    "paths": {},
    "components": {"schemas": {
      "AWSEvent": {
        "type": "object",
        "required": ["detail-type", "resources", "detail", "id", "source", "time", "region", "version", "account"],
        "x-amazon-events-detail-type": "Order placed",
        "x-amazon-events-source": "shop.orders",
        "properties": {
          "detail": {"$ref": "#/components/schemas/OrderPlaced"},
          "account": {"type": "string"}, "detail-type": {"type": "string"}, "id": {"type": "string"},
          "region": {"type": "string"}, "resources": {"type": "array", "items": {"type": "string"}},
          "source": {"type": "string"}, "time": {"type": "string", "format": "date-time"}, "version": {"type": "string"}}},
      "OrderPlaced": {"type": "object", "required": ["orderId"], "properties": {"orderId": {"type": "string"}}}}}})"));
}

TEST(Discovery, GivesNestedObjectsComponentsOfTheirOwn) {
  const json::value all = components(learned(
      R"({"s3Location": {"bucket": "b"}, "lines": [{"sku": "a", "price": 1.5}], "again": {"s3Location": {"key": "k"}}})"));
  EXPECT_EQ(all.at("OrderPlaced").at("properties"), parsed(R"({"again": {"$ref": "#/components/schemas/Again"},
                       "lines": {"type": "array", "items": {"$ref": "#/components/schemas/OrderPlacedItem"}},
                       "s3Location": {"$ref": "#/components/schemas/S3Location_1"}})"));
  EXPECT_EQ(all.at("Again").at("properties"), parsed(R"({"s3Location": {"$ref": "#/components/schemas/S3Location"}})"));
  EXPECT_EQ(all.at("S3Location").at("required"), parsed(R"(["key"])"));
  EXPECT_EQ(all.at("S3Location_1").at("required"), parsed(R"(["bucket"])"));
  EXPECT_EQ(all.at("OrderPlacedItem").at("properties"),
            parsed(R"({"price": {"type": "number"}, "sku": {"type": "string"}})"));
}

TEST(Discovery, TheNameOfTheEnvelopeIsNotGivenTwice) {
  const LearnedSchema schema = *learn(event(R"({"a": {"AWSEvent": {"b": 1}}})", "AWS Event"));
  const json::value all = components(schema);
  EXPECT_TRUE(all.at("AWSEvent").as_object().contains("x-amazon-events-source"));
  EXPECT_TRUE(all.as_object().contains("AWSEvent_1"));
  EXPECT_EQ(read_schema(write_schema(schema, SchemaType::kOpenApi3)), schema);
}

TEST(Discovery, TellsWhatIsAlwaysThereFromWhatIsNot) {
  const LearnedSchema both = learned(R"({"a": 1, "b": 2})", R"({"b": 3, "c": 4})");
  EXPECT_EQ(detail(both).at("required"), parsed(R"(["b"])"));
  EXPECT_EQ(detail(both).at("properties").as_object().size(), 3U);
  // A member that was missing once is not required again.
  const LearnedSchema more = *learned_together(both, learned(R"({"a": 1, "b": 2, "c": 3})"));
  EXPECT_EQ(more, both);
}

TEST(Discovery, WhatWasNullIsNullable) {
  EXPECT_EQ(property(learned(R"({"a": null})"), "a"), parsed(R"({"nullable": true})"));
  EXPECT_EQ(property(learned(R"({"a": null})", R"({"a": "x"})"), "a"),
            parsed(R"({"type": "string", "nullable": true})"));
  const json::value all = components(learned(R"({"a": null})", R"({"a": {"b": 1}})"));
  EXPECT_EQ(all.at("OrderPlaced").at("properties").at("a"), parsed(R"({"$ref": "#/components/schemas/A"})"));
  EXPECT_EQ(all.at("A").at("nullable"), true);
}

TEST(Discovery, AMixOfTypesIsOneOfThem) {
  EXPECT_EQ(property(learned(R"({"a": 1})", R"({"a": "x"})"), "a"),
            parsed(R"({"oneOf": [{"type": "number"}, {"type": "string"}]})"));
  EXPECT_EQ(
      property(learned(R"({"a": [1, null, "x"]})"), "a"),
      parsed(R"({"type": "array", "items": {"oneOf": [{"type": "number"}, {"type": "string"}], "nullable": true}})"));
}

TEST(Discovery, AnEmptyArraySaysNothingOfItsElements) {
  EXPECT_EQ(property(learned(R"({"a": []})"), "a"), parsed(R"({"type": "array", "items": {}})"));
  EXPECT_EQ(learned(R"({"a": []})", R"({"a": ["x"]})"), learned(R"({"a": ["x"]})"));
}

TEST(Discovery, TimesAreTimesAsLongAsAllAre) {
  EXPECT_EQ(property(learned(R"({"a": "2026-01-02T03:04:05.678+02:00"})"), "a"),
            parsed(R"({"type": "string", "format": "date-time"})"));
  EXPECT_EQ(property(learned(R"({"a": "2026-01-02T03:04:05Z"})", R"({"a": "soon"})"), "a"),
            parsed(R"({"type": "string"})"));
  for (const char* no :
       {"", "2026-01-02", "2026-13-02T03:04:05Z", "2026-02-29T03:04:05Z", "2026-01-02T24:04:05Z", "2026-01-02T03:04:05",
        "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+2:00", "x026-01-02T03:04:05Z"})
    EXPECT_FALSE(is_date_time(no)) << no;
  EXPECT_TRUE(is_date_time("2024-02-29T23:59:60Z"));
}

TEST(Discovery, ObjectsWhoseKeysAreDataBecomeDictionaries) {
  std::string many = "{\"byId\": {", others = many;
  for (int i = 0; i < 200; ++i) {
    many += (i ? ",\"a" : "\"a") + std::to_string(i) + "\": {\"n\": 1}";
    others += (i ? ",\"b" : "\"b") + std::to_string(i) + "\": {\"n\": 1, \"m\": 2}";
  }
  many += "}}", others += "}}";
  EXPECT_EQ(components(learned(many)).at("ById").at("properties").as_object().size(), 200U);
  const LearnedSchema both = learned(many, others);
  EXPECT_EQ(components(both).at("ById"),
            parsed(R"({"type": "object", "additionalProperties": {"$ref": "#/components/schemas/ByIdItem"}})"));
  EXPECT_EQ(components(both).at("ByIdItem").at("required"), parsed(R"(["n"])"));
  // It has come to rest: other keys change nothing.
  EXPECT_EQ(*learned_together(both, learned(R"({"byId": {"z": {"n": 3}}})")), both);
  EXPECT_EQ(read_schema(write_schema(both, SchemaType::kOpenApi3)), both);
}

TEST(Discovery, WhatIsNestedTooDeeplyIsRefused) {
  const auto nested = [](int levels) {
    std::string text = "{\"a\":1}";
    for (int i = 1; i < levels; ++i) text = "{\"a\":" + text + "}";
    return text;
  };
  EXPECT_TRUE(learn(event(nested(255))));
  EXPECT_FALSE(learn(event(nested(257))));
}

TEST(Discovery, EventsWithoutAnEnvelopeAreLearnedAsAWhole) {
  const LearnedSchema schema = *learn(R"({"key1": "v", "n": 1})");
  const json::value document = parsed(write_schema(schema, SchemaType::kOpenApi3));
  EXPECT_EQ(document.at("info").at("title"), "Event");
  EXPECT_EQ(document.at("components").at("schemas"), parsed(R"({"Event": {"type": "object", "required": ["key1", "n"],
                       "properties": {"key1": {"type": "string"}, "n": {"type": "number"}}}})"));
  EXPECT_FALSE(learn("[1]"));
  EXPECT_FALSE(learn("{"));
  EXPECT_FALSE(learned_together(schema, learned("{}")));
}

TEST(Discovery, SchemasWrittenByHandAreNotMistakenForLearnedOnes) {
  const std::string own = write_schema(learned(R"({"a": 1})"), SchemaType::kOpenApi3);
  EXPECT_TRUE(read_schema(own));
  const auto changed = [&own](std::string_view from, std::string_view to) {
    std::string text = own;
    return text.replace(text.find(from), from.size(), to);
  };
  EXPECT_FALSE(read_schema(changed(R"({"type":"number"})", R"({"type":"integer"})")));
  EXPECT_FALSE(read_schema(changed(R"({"type":"number"})", R"({"type":"number","minimum":1})")));
  EXPECT_FALSE(read_schema(changed(R"({"type":"number"})", R"({"$ref":"#/components/schemas/OrderPlaced"})")));
  EXPECT_FALSE(read_schema(R"({"openapi": "3.0.0"})"));
  EXPECT_FALSE(read_schema("nonsense"));
}

// ---- Any events ----

class RandomJson {
 public:
  explicit RandomJson(unsigned seed) : random_(seed) {}

  json::value value(int depth) {
    switch (number(depth > 3 ? 6 : 8)) {
      case 0:
        return nullptr;
      case 1:
        return number(2) == 0;
      case 2:
        return number(100);
      case 3:
        return 0.5 * number(100);
      case 4:
        return "text";
      case 5:
        return "2026-01-02T03:04:05Z";
      case 6: {
        json::array array;
        for (int i = number(3); i > 0; --i) array.push_back(value(depth + 1));
        return array;
      }
      default:
        return object(depth + 1);
    }
  }
  json::object object(int depth) {
    constexpr const char* kNames[] = {"a", "b", "A", "a-b", "aB", "item", "AWSEvent", "Item", "1"};
    json::object object;
    for (int i = number(5); i > 0; --i) object[kNames[number(9)]] = value(depth + 1);
    return object;
  }

 private:
  int number(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  std::mt19937 random_;
};

TEST(Discovery, AnySchemaReadsBackAsItIsAndTheOrderOfEventsDoesNotMatter) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    RandomJson random(seed);
    const std::string a = json::serialize(random.object(0)), b = json::serialize(random.object(0)),
                      c = json::serialize(random.object(0));
    SCOPED_TRACE(::testing::Message() << "seed " << seed << "\n" << a << "\n" << b << "\n" << c);
    const LearnedSchema abc = *learned_together(learned(a, b), learned(c));
    const LearnedSchema cba = *learned_together(learned(c, b), learned(a));
    ASSERT_EQ(abc, cba);
    ASSERT_EQ(*learned_together(abc, learned(b)), abc);  // nothing new
    const std::string content = write_schema(abc, SchemaType::kOpenApi3);
    ASSERT_EQ(read_schema(content), abc) << content;
    ASSERT_TRUE(check_content(content, SchemaType::kOpenApi3)) << content;
    const std::string exported = write_schema(abc, SchemaType::kJsonSchemaDraft4);
    ASSERT_TRUE(check_content(exported, SchemaType::kJsonSchemaDraft4)) << exported;
    ASSERT_EQ(exported.find("#/components"), std::string::npos);
    ASSERT_EQ(exported.find("nullable"), std::string::npos);
  }
}

}  // namespace
}  // namespace eventbus::schemas
