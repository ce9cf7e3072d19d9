// Our verdicts beside those of valijson 1.0: the same wherever it follows the standard, and where it does not, a test
// that says so (docs/adr/0016).
#ifdef EVENTBUS_SCHEMA_PEER

#include "tests/support/schema_peer/schema_peer.h"

#include "schemas/schema_validator.h"
#include "tests/unit/schemas/random_schemas.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace eventbus::schemas {
namespace {

namespace json = boost::json;
using testing::SchemaPeer;

json::value parsed(std::string_view text) {
  Result<json::value> value = parse_document(text, 64);
  EXPECT_TRUE(value) << text;
  return value ? *std::move(value) : json::value();
}

// What the peer does otherwise, in numbers: 2.0 is no integer and not equal to 2, multiples of fractions are cut off.
bool has_whole_fractions(const json::value& value) {
  if (value.is_double())
    return value.get_double() == static_cast<double>(static_cast<std::int64_t>(value.get_double()));
  if (value.is_array()) return std::ranges::any_of(value.get_array(), has_whole_fractions);
  if (value.is_object())
    return std::ranges::any_of(value.get_object(),
                               [](const auto& member) { return has_whole_fractions(member.value()); });
  return false;
}
bool says(const json::value& schema, std::string_view keyword) {
  if (schema.is_array())
    return std::ranges::any_of(schema.get_array(), [&](const json::value& item) { return says(item, keyword); });
  if (!schema.is_object()) return false;
  return std::ranges::any_of(schema.get_object(), [&](const auto& member) {
    return std::string_view(member.key()) == keyword || says(member.value(), keyword);
  });
}

TEST(SchemaPeer, AgreesOnRandomSchemas) {
  std::size_t compared = 0, fitting = 0;
  for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
    Dice dice(seed);
    const json::value schema = random_schema(dice, 2);
    if (says(schema, "multipleOf") || has_whole_fractions(schema)) continue;
    const Result<SchemaValidator> ours = SchemaValidator::compile_value(schema);
    ASSERT_TRUE(ours) << seed;
    const auto theirs = SchemaPeer::compile(schema);
    if (!theirs) continue;
    for (int i = 0; i < 20; ++i) {
      const json::value document = random_document(dice, 2);
      if (has_whole_fractions(document)) continue;
      const bool fits = ours->fits(document);
      ASSERT_EQ(fits, theirs->fits(document))
          << "seed " << seed << "\nschema " << json::serialize(schema) << "\ndocument " << json::serialize(document);
      ++compared;
      fitting += fits ? 1 : 0;
    }
  }
  EXPECT_GT(compared, 15'000u);
  EXPECT_GT(fitting, compared / 10);
  EXPECT_LT(fitting, compared - compared / 10);
}

// ---- where it does not follow the standard, or could not be made to

void expect_difference(std::string_view schema_text, std::string_view document_text, bool fits) {
  const json::value schema = parsed(schema_text), document = parsed(document_text);
  const Result<SchemaValidator> ours = SchemaValidator::compile_value(schema);
  ASSERT_TRUE(ours) << schema_text;
  EXPECT_EQ(ours->fits(document), fits) << schema_text;
  const auto theirs = SchemaPeer::compile(schema);
  ASSERT_TRUE(theirs) << schema_text;
  EXPECT_EQ(theirs->fits(document), !fits) << schema_text << " with " << document_text << ": it has learned it";
}

TEST(SchemaPeer, TakesNumbersByTheWayTheyAreWritten) {
  expect_difference(R"({"type":"integer"})", "1.0", true);
  expect_difference(R"({"type":"integer"})", "18446744073709551615", true);
  expect_difference(R"({"multipleOf":3})", "3.5", false);
  expect_difference(R"({"maximum":9007199254740992})", "9007199254740993", false);
}

TEST(SchemaPeer, EndsTextsAtNul) {
  expect_difference(R"({"maxLength":2})", R"("a\u0000bcd")", false);
  expect_difference(R"({"const":"a"})", R"("a\u0000b")", false);
}

TEST(SchemaPeer, TakesTheSchemaOfAnObjectForThatOfItsNames) {
  expect_difference(
      R"({"properties":{"a":{"$ref":"#/definitions/x"}},"definitions":{"x":{"type":"object","propertyNames":{"maxLength":3}}}})",
      R"({"a":{"b":1}})", true);
}

TEST(SchemaPeer, KnowsFewFormats) {
  expect_difference(R"({"format":"uuid"})", R"("x")", false);
  expect_difference(R"({"format":"email"})", R"("x")", false);
  expect_difference(R"({"format":"date"})", R"("2026-02-29")", false);
}

TEST(SchemaPeer, DoesNotKnowIds) {
  EXPECT_FALSE(SchemaPeer::compile(parsed(R"({"$id":"urn:example:x","properties":{"a":{"$ref":"urn:example:x"}}})")));
}

}  // namespace
}  // namespace eventbus::schemas

#endif
