#include "schemas/schema_content.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace eventbus::schemas {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

std::string why_not(std::string_view content, SchemaType type) {
  const Result<void> checked = check_content(content, type);
  return checked ? "" : checked.error().message;
}
std::string why_no_schema(std::string_view content) { return why_not(content, SchemaType::kJsonSchemaDraft4); }
std::string why_no_open_api(std::string_view content) { return why_not(content, SchemaType::kOpenApi3); }

TEST(SchemaContent, TakesJsonSchemaOfDrafts4To7) {
  for (const char* draft : {"http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-04/schema",
                            "http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft-07/schema#"})
    EXPECT_EQ(why_no_schema(R"({"$schema": ")" + std::string(draft) + R"(", "type": "object"})"), "");
  EXPECT_EQ(why_no_schema(R"({"type": ["object", "null"], "properties": {"type": {"type": "string"}}})"), "");
  EXPECT_EQ(why_no_schema(R"({"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": true}})"), "");
  EXPECT_THAT(why_no_schema(R"({"$schema": "https://json-schema.org/draft/2020-12/schema"})"), HasSubstr("$schema"));
}

TEST(SchemaContent, SaysWhereASchemaIsNone) {
  EXPECT_THAT(why_no_schema("not json"), HasSubstr("Not valid JSON"));
  EXPECT_THAT(why_no_schema("[]"), HasSubstr("Not a JSON object"));
  EXPECT_THAT(why_no_schema(R"({"type": "objekt"})"), HasSubstr("type at #"));
  EXPECT_THAT(why_no_schema(R"({"properties": {"a": {"type": 1}}})"), HasSubstr("type at #/properties/a"));
  EXPECT_THAT(why_no_schema(R"({"properties": []})"), HasSubstr("properties at #"));
  EXPECT_THAT(why_no_schema(R"({"properties": {"a": true}})"), HasSubstr("#/properties/a must be an object"));
  EXPECT_THAT(why_no_schema(R"({"required": "a"})"), HasSubstr("required at #"));
  EXPECT_THAT(why_no_schema(R"({"items": [{"enum": 1}]})"), HasSubstr("enum at #/items/0"));
  EXPECT_THAT(why_no_schema(R"({"anyOf": {}})"), HasSubstr("anyOf at #"));
}

TEST(SchemaContent, ChecksOpenApiDocuments) {
  const std::string head = R"({"openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "paths": {})";
  EXPECT_EQ(why_no_open_api(head + "}"), "");
  EXPECT_EQ(why_no_open_api(head + R"(, "components": {"schemas": {"A": {"$ref": "#/components/schemas/A"}}}})"), "");
  EXPECT_THAT(why_no_open_api(head + R"(, "components": {"schemas": {"A": {"$ref": "#/components/schemas/B"}}}})"),
              HasSubstr("names the component 'B'"));
  EXPECT_THAT(why_no_open_api(R"({"openapi": "2.0"})"), HasSubstr("openapi"));
  EXPECT_THAT(why_no_open_api(R"({"swagger": "2.0"})"), HasSubstr("openapi"));
  EXPECT_THAT(why_no_open_api(R"({"openapi": "3.0.0", "info": {"title": "T"}, "paths": {}})"), HasSubstr("info"));
  EXPECT_THAT(why_no_open_api(R"({"openapi": "3.0.0", "info": {"title": "T", "version": "1"}})"), HasSubstr("paths"));
  EXPECT_THAT(why_no_open_api(head + R"(, "components": {"schemas": []}})"), HasSubstr("components.schemas"));
}

TEST(SchemaContent, IsTheSameWhateverTheOrderOfMembers) {
  EXPECT_TRUE(same_content(R"({"a": 1, "b": [1, 2]})", R"({"b":[1,2],"a":1})"));
  EXPECT_FALSE(same_content(R"({"a": 1, "b": [1, 2]})", R"({"b":[2,1],"a":1})"));
  EXPECT_FALSE(same_content("{}", "{"));
}

TEST(SchemaContent, ExportsTheEventAsDraft4) {
  const json::object document = json::parse(R"({"openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "paths": {},
    "components": {"schemas": {
      "AWSEvent": {"type": "object", "x-amazon-events-source": "s",
                   "properties": {"detail": {"$ref": "#/components/schemas/D"}, "nullable": {"type": "string"}}},
      "D": {"type": "object", "nullable": true,
            "properties": {"e": {"$ref": "#/components/schemas/AWSEvent"}, "n": {"type": "string", "nullable": true},
                           "r": {"$ref": "#/components/schemas/D", "nullable": true},
                           "o": {"oneOf": [{"type": "number"}], "nullable": true},
                           "v": {"enum": [{"$ref": "#/components/schemas/D"}]}}}}}})")
                                    .as_object();
  EXPECT_EQ(json::value(*draft4_of(document)), json::parse(R"({
    "$schema": "http://json-schema.org/draft-04/schema#", "title": "T",
    "definitions": {"D": {"type": ["object", "null"],
      "properties": {"e": {"$ref": "#"}, "n": {"type": ["string", "null"]},
                     "r": {"anyOf": [{"$ref": "#/definitions/D"}, {"type": "null"}]},
                     "o": {"oneOf": [{"type": "number"}, {"type": "null"}]},
                     "v": {"enum": [{"$ref": "#/components/schemas/D"}]}}}},
    "type": "object", "x-amazon-events-source": "s",
    "properties": {"detail": {"$ref": "#/definitions/D"}, "nullable": {"type": "string"}}})"));
  EXPECT_FALSE(draft4_of({}));
}

}  // namespace
}  // namespace eventbus::schemas
