#include "schemas/schema_validator.h"

#include "schemas/schema_limits.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace eventbus::schemas {
namespace {

namespace json = boost::json;

constexpr std::size_t kDeep = 5'000;

SchemaValidator schema(std::string_view text) {
  Result<SchemaValidator> compiled = SchemaValidator::compile(text);
  EXPECT_TRUE(compiled) << compiled.error().message;
  if (!compiled) compiled = SchemaValidator::compile("true");
  return *std::move(compiled);
}

std::string refusal(std::string_view text) {
  const Result<SchemaValidator> compiled = SchemaValidator::compile(text);
  if (compiled) return "admitted";
  EXPECT_EQ(compiled.error().code, ErrorCode::kInvalid);
  return compiled.error().message;
}

json::value document(std::string_view text) {
  Result<json::value> parsed = parse_document(text, kDeep + 2);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *std::move(parsed) : json::value();
}

std::string first_violation(std::string_view schema_text, std::string_view document_text) {
  const std::vector<Violation> all = schema(schema_text).check(document(document_text));
  return all.empty() ? "fits" : to_string(all.front());
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

// ---- schemas that must not be admitted

TEST(SchemaValidator, RefusesReferencesThatLeadNowhereButToThemselves) {
  constexpr std::string_view kLoop = "refers to itself without going down into the document";
  for (
      const char* text : {
          R"({"$ref":"#"})",
          R"({"$ref":"#/definitions/a","definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}}})",
          R"({"allOf":[{"$ref":"#"}]})",
          R"({"anyOf":[{"type":"null"},{"$ref":"#"}]})",
          R"({"oneOf":[{"$ref":"#"}]})",
          R"({"not":{"$ref":"#"}})",
          R"({"if":{"$ref":"#"}})",
          R"({"if":true,"then":{"$ref":"#"}})",
          R"({"if":true,"else":{"$ref":"#"}})",
          R"({"dependencies":{"a":{"$ref":"#"}}})",
          R"({"properties":{"x":{"$ref":"#/definitions/a"}},"definitions":{"a":{"allOf":[{"$ref":"#/definitions/b"}]},"b":{"anyOf":[{"$ref":"#/definitions/a"}]}}})",
          R"({"$id":"urn:x","allOf":[{"$ref":"urn:x"}]})",
          R"({"definitions":{"a":{"$id":"#a","not":{"$ref":"#a"}}}})",
      })
    EXPECT_NE(refusal(text).find(kLoop), std::string::npos) << text << ": " << refusal(text);
}

TEST(SchemaValidator, AdmitsCirclesThatGoDownIntoTheDocument) {
  for (const char* text : {
           R"({"properties":{"a":{"$ref":"#"}}})",
           R"({"items":{"$ref":"#"}})",
           R"({"items":[{"$ref":"#"}],"additionalItems":{"$ref":"#"}})",
           R"({"additionalProperties":{"$ref":"#"}})",
           R"({"patternProperties":{"^a":{"$ref":"#"}}})",
           R"({"contains":{"$ref":"#"}})",
           R"({"propertyNames":{"$ref":"#"}})",
           R"({"anyOf":[{"type":"string"},{"items":{"$ref":"#"}}]})",
       })
    EXPECT_EQ(refusal(text), "admitted") << text;
}

TEST(SchemaValidator, FetchesNothing) {
  for (const char* text : {R"({"$ref":"http://example.org/other.json"})", R"({"$ref":"other.json#/a"})",
                           R"({"$ref":"file:///etc/passwd"})", R"({"$ref":"http://json-schema.org/draft-07/schema#"})"})
    EXPECT_NE(refusal(text).find("nothing is fetched"), std::string::npos) << refusal(text);
  for (const char* text : {R"({"$ref":"#/definitions/a"})", R"({"$ref":"#a"})",
                           R"({"items":[{}],"not":{"$ref":"#/items/1"}})", R"({"$ref":"#/items/00","items":[{}]})"})
    EXPECT_NE(refusal(text).find("which is not there"), std::string::npos) << text << refusal(text);
}

TEST(SchemaValidator, ABadSchemaIsAnErrorThatNamesThePlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "the schema cannot be read as JSON"},
      {"{", "the schema cannot be read as JSON"},
      {"{} {}", "the schema cannot be read as JSON"},
      {"7", "at the root: a schema is an object or a boolean"},
      {R"({"type":"integr"})", "at /type: must be a type of JSON"},
      {R"({"type":[]})", "at /type: "},
      {R"({"type":["string",7]})", "at /type: "},
      {R"({"enum":7})", "at /enum: must be a list"},
      {R"({"minimum":"0"})", "at /minimum: must be a number"},
      {R"({"exclusiveMinimum":true})", "at /exclusiveMinimum: must be a number"},
      {R"({"multipleOf":0})", "at /multipleOf: must be greater than 0"},
      {R"({"multipleOf":-0.5})", "at /multipleOf: must be greater than 0"},
      {R"({"maxLength":-1})", "at /maxLength: must be a whole number"},
      {R"({"minItems":1.5})", "at /minItems: must be a whole number"},
      {R"({"minProperties":1e300})", "at /minProperties: must be a whole number"},
      {R"({"pattern":7})", "at /pattern: must be a string"},
      {R"({"pattern":"("})", "at /pattern: the pattern is not one"},
      {R"({"format":7})", "at /format: must be a string"},
      {R"({"items":7})", "at /items: a schema is an object or a boolean"},
      {R"({"items":[{},7]})", "at /items/1: a schema"},
      {R"({"uniqueItems":1})", "at /uniqueItems: must be a boolean"},
      {R"({"required":"a"})", "at /required: must be a list of strings"},
      {R"({"required":[1]})", "at /required: must be a list of strings"},
      {R"({"properties":{"a/b":{"properties":[]}}})", "at /properties/a~1b/properties: must be an object"},
      {R"({"patternProperties":{"[":true}})", "at /patternProperties/[: the pattern"},
      {R"({"dependencies":{"a":7}})", "at /dependencies/a: a schema"},
      {R"({"dependencies":[]})", "at /dependencies: must be an object"},
      {R"({"allOf":[]})", "at /allOf: must be a list of schemas"},
      {R"({"anyOf":{}})", "at /anyOf: must be a list of schemas"},
      {R"({"oneOf":[7]})", "at /oneOf/0: a schema"},
      {R"({"not":null})", "at /not: a schema"},
      {R"({"definitions":{"a":{"type":"x"}}})", "at /definitions/a/type: "},
      {R"({"$ref":7})", "at /$ref: must be a string"},
      {R"({"$ref":"#/%zz"})", "at /$ref: has a %"},
      {R"({"$id":7})", "at /$id: must be a string"},
      {R"({"$schema":"http://json-schema.org/draft-04/schema#"})", "at /$schema: is not draft-07"},
      {R"({"$schema":"https://json-schema.org/draft/2020-12/schema"})", "at /$schema: is not draft-07"},
  };
  for (const auto& [text, beginning] : cases)
    EXPECT_TRUE(refusal(text).starts_with(beginning)) << text << ": " << refusal(text);
}

TEST(SchemaValidator, RefusesSchemasThatAreTooLarge) {
  EXPECT_NE(refusal(std::string(kSchemaBytesMax + 1, ' ')).find("larger than"), std::string::npos);
  // Deep as text, and deep as what a caller has parsed for himself.
  const std::string deep = repeated(R"({"not":)", kDeep) + "true" + repeated("}", kDeep);
  EXPECT_NE(refusal(deep).find("nests more than 64 levels"), std::string::npos) << refusal(deep);
  const Result<SchemaValidator> parsed =
      SchemaValidator::compile_value(document(repeated(R"({"not":)", 200) + "true" + repeated("}", 200)));
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().message.find("nests too deeply"), std::string::npos);
  std::string many = R"({"items":[true)";
  for (std::size_t i = 0; i < kSchemaNodesMax; ++i) many += ",{}";
  EXPECT_NE(refusal(many + "]}").find("more than 10000 schemas"), std::string::npos);
  std::string patterns = R"({"patternProperties":{"a":true)";
  for (std::size_t i = 0; i < kSchemaPatternsMax; ++i) patterns += ",\"a" + std::to_string(i) + "\":true";
  EXPECT_NE(refusal(patterns + "}}").find("more than 500 patterns"), std::string::npos);
  std::string references = R"({"definitions":{"a":true},"items":[true)";
  for (std::size_t i = 0; i < kSchemaReferencesMax + 1; ++i) references += R"(,{"$ref":"#/definitions/a"})";
  EXPECT_NE(refusal(references + "]}").find("more than 5000 references"), std::string::npos);
}

TEST(SchemaValidator, RefusesPatternsThatCannotBeMatchedInLinearTime) {
  const auto refusal_of = [](std::string_view pattern) {
    return refusal(json::serialize(json::value(json::object{{"pattern", pattern}})));
  };
  for (const char* pattern : {"(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(a)\\1", "(?i)a", "\\Qa", "\\A", "[\\S]", "\\c1",
                              "\\xg0", "\\u{110000}", "\\ud83d", "\\01", "a{1001}", "a**"})
    EXPECT_TRUE(refusal_of(pattern).starts_with("at /pattern: the pattern ")) << pattern << ": " << refusal_of(pattern);
  EXPECT_TRUE(refusal_of("(\\p{L}{100}){100}").starts_with("at /pattern: the pattern ")) << "too large";
  EXPECT_NE(refusal_of(std::string(5'000, 'a')).find("longer than"), std::string::npos);
}

// ---- checks that must end

TEST(SchemaValidator, PatternsRunInLinearTime) {
  const SchemaValidator exponential = schema(R"x({"pattern":"(a+)+b$"})x");
  EXPECT_FALSE(exponential.fits(json::value(std::string(100'000, 'a'))));
  EXPECT_TRUE(exponential.fits(json::value(std::string(100'000, 'a') + "b")));
  const SchemaValidator many = schema(R"x({"patternProperties":{"^(\\w+\\s?)*$":{"type":"integer"}}})x");
  json::object members;
  members[std::string(50'000, 'a') + "!"] = "x";
  EXPECT_TRUE(many.fits(json::value(members)));
}

TEST(SchemaValidator, AHugeTextAgainstALargePatternIsMoreThanAllowed) {
  const SchemaValidator large = schema(R"({"pattern":"^(\\w\\d?){100}x$"})");
  const std::vector<Violation> violations = large.check(json::value(std::string(4'000'000, 'a')));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_NE(violations.front().reason.find("must match"), std::string::npos) << violations.front().reason;
}

TEST(SchemaValidator, SharedPartsDoNotMultiplyWithoutEnd) {
  // 2^30 ways through 30 definitions.
  std::string text = R"({"$ref":"#/definitions/d0","definitions":{)";
  for (int i = 0; i < 30; ++i) {
    const std::string next = "{\"$ref\":\"#/definitions/d" + std::to_string(i + 1) + "\"}";
    text += "\"d" + std::to_string(i) + "\":{\"allOf\":[" + next + "," + next + "]},";
  }
  text += R"("d30":{"type":"integer"}}})";
  const std::vector<Violation> violations = schema(text).check(json::value(1));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations.front().reason, "takes more work to check than is allowed");
  // The same with alternatives, which are tried twice when it comes to words.
  std::string any = text;
  for (std::size_t at = any.find("allOf"); at != std::string::npos; at = any.find("allOf", at))
    any.replace(at, 5, "anyOf");
  EXPECT_FALSE(schema(any).fits(json::value("x")));
  EXPECT_FALSE(schema(any).check(json::value("x")).empty());
}

TEST(SchemaValidator, DeepDocumentsDoNotTakeTheStack) {
  const SchemaValidator tree = schema(R"({"properties":{"a":{"$ref":"#"}},"items":{"$ref":"#"}})");
  EXPECT_TRUE(tree.fits(document(repeated("[", 400) + repeated("]", 400))));
  const json::value deep = document(repeated("[", kDeep) + repeated("]", kDeep));
  const std::vector<Violation> violations = tree.check(deep);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(to_string(violations.front()), "the document nests deeper than can be checked");
  EXPECT_FALSE(tree.fits(document(repeated(R"({"a":)", kDeep) + "1" + repeated("}", kDeep))));
  // Where no schema goes down, depth is nobody's business.
  EXPECT_TRUE(schema(R"({"type":"array"})").fits(deep));
}

TEST(SchemaValidator, NotIsNotFulfilledByWhatCouldNotBeChecked) {
  const SchemaValidator tree = schema(
      R"({"not":{"properties":{"a":{"$ref":"#/definitions/t"}}},"definitions":{"t":{"items":{"$ref":"#/definitions/t"}}}})");
  EXPECT_FALSE(tree.fits(document(R"({"a":)" + repeated("[", kDeep) + repeated("]", kDeep) + "}")));
}

TEST(SchemaValidator, ManyUniqueItemsAreToldApartByTheirHashes) {
  const SchemaValidator unique = schema(R"({"uniqueItems":true})");
  json::array items;
  for (int i = 0; i < 100'000; ++i) items.push_back(json::object{{"n", i}});
  EXPECT_TRUE(unique.fits(json::value(items)));
  items.push_back(json::object{{"n", 99'999.0}});
  EXPECT_FALSE(unique.fits(json::value(items)));
}

// ---- words

TEST(SchemaValidator, SaysWhereAndWhy) {
  EXPECT_EQ(first_violation(R"({"type":"object"})", "[]"), "the document must be object, is an array");
  EXPECT_EQ(first_violation(R"({"type":["number","null"]})", "\"1\""),
            "the document must be null or number, is a string");
  EXPECT_EQ(first_violation(R"({"properties":{"a":{"items":{"minimum":3}}}})", R"({"a":[4,2]})"),
            "/a/1 must be at least 3, is 2");
  EXPECT_EQ(first_violation(R"({"required":["a"]})", "{}"), "the document must have \"a\"");
  EXPECT_EQ(first_violation(R"({"properties":{"a/b":{"required":["c~"]}}})", R"({"a/b":{}})"),
            "/a~1b must have \"c~\"");
  EXPECT_EQ(first_violation(R"({"additionalProperties":false})", R"({"x":1})"), "/x must not be there");
  EXPECT_EQ(first_violation(R"({"enum":["a","b"]})", "\"c\""), "the document must be one of \"a\", \"b\", is \"c\"");
  EXPECT_EQ(first_violation(R"({"const":1})", "2"), "the document must be 1, is 2");
  EXPECT_EQ(first_violation(R"({"maxLength":1})", "\"éé\""), "the document must have at most 1 character, has 2");
  EXPECT_EQ(first_violation(R"({"pattern":"^a"})", "\"b\""), "the document must match ^a, is \"b\"");
  EXPECT_EQ(first_violation(R"({"format":"uuid"})", "\"b\""), "the document must be a valid uuid, is \"b\"");
  EXPECT_EQ(first_violation(R"({"dependencies":{"a":["b"]}})", R"({"a":1})"),
            "the document must have \"b\" because it has \"a\"");
  EXPECT_EQ(first_violation(R"({"not":{}})", "1"), "the document must not fit the schema of `not`");
  EXPECT_EQ(first_violation(R"({"oneOf":[true,{"minimum":1}]})", "2"),
            "the document must fit one schema of `oneOf` only, fits 0 and 1");
}

TEST(SchemaValidator, OfAlternativesTheNearestIsExplained) {
  const std::string_view text =
      R"({"oneOf":[{"type":"null"},{"properties":{"k":{"const":"a"},"v":{"type":"integer"}}},{"properties":{"k":{"const":"b"}}}]})";
  EXPECT_EQ(first_violation(text, R"({"k":"a","v":"x"})"),
            "/v must be integer, is a string; no schema of `oneOf` fits the document");
}

TEST(SchemaValidator, ReportsAsMuchAsIsAskedFor) {
  const SchemaValidator strict =
      schema(R"({"required":["a","b"],"properties":{"c":{"type":"null"},"d":{"minimum":5}}})");
  const json::value bad = document(R"({"c":1,"d":2})");
  EXPECT_EQ(strict.check(bad).size(), 4u);
  EXPECT_EQ(strict.check(bad, 2).size(), 2u);
  EXPECT_EQ(strict.check(bad, 1).size(), 1u);
}

TEST(SchemaValidator, LongValuesAreCutBetweenCharacters) {
  const std::vector<Violation> violations = schema(R"({"const":1})").check(json::value(repeated("é", 1'000)));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_LT(violations.front().reason.size(), 200u);
  EXPECT_TRUE(parse_document(json::serialize(json::value(violations.front().reason)), 2));  // valid UTF-8
}

TEST(SchemaValidator, SaysWhatOfTheSchemaItIs) {
  const SchemaValidator referring =
      schema(R"({"properties":{"a":{"$ref":"#/definitions/x"}},"definitions":{"x":{"minimum":1}}})");
  const std::vector<Violation> violations = referring.check(document(R"({"a":0})"));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations.front().schema_path, "/definitions/x/minimum");
}

TEST(ParseDocument, SaysWhatItCannotRead) {
  EXPECT_NE(parse_document("[[[]]]", 2).error().message.find("nests more than 2 levels"), std::string::npos);
  EXPECT_NE(parse_document("[1,]", 2).error().message.find("cannot be read as JSON"), std::string::npos);
  EXPECT_FALSE(parse_document("", 2));
  EXPECT_FALSE(parse_document("[1", 2));
  EXPECT_FALSE(parse_document("1 2", 2));
  EXPECT_TRUE(parse_document(" [1] \n", 2));
}

}  // namespace
}  // namespace eventbus::schemas
