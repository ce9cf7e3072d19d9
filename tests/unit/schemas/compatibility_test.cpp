#include "schemas/compatibility.h"

#include "schemas/contract.h"
#include "tests/unit/schemas/random_schemas.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace eventbus::schemas {
namespace {

namespace json = boost::json;

SchemaValidator schema(std::string_view text) {
  Result<SchemaValidator> compiled = SchemaValidator::compile(text);
  EXPECT_TRUE(compiled) << text << ": " << compiled.error().message;
  if (!compiled) compiled = SchemaValidator::compile("true");
  return *std::move(compiled);
}

std::string listed(const std::vector<Finding>& findings) {
  std::string all;
  for (const Finding& finding : findings) all += (all.empty() ? "" : "\n") + to_string(finding);
  return all.empty() ? "compatible" : all;
}

std::string backward(std::string_view older, std::string_view newer) {
  return listed(compare(schema(older), schema(newer), Direction::kBackward));
}
std::string forward(std::string_view older, std::string_view newer) {
  return listed(compare(schema(older), schema(newer), Direction::kForward));
}

struct Change {
  const char *what, *older, *newer, *backward, *forward;
};

constexpr const char* kFine = "compatible";

const Change kChanges[] = {
    {"nothing", R"({"type":"object","required":["a"],"properties":{"a":{"pattern":"^x","format":"uuid"}}})",
     R"({"title":"other words","type":"object","required":["a"],"properties":{"a":{"format":"uuid","pattern":"^x"}}})",
     kFine, kFine},
    {"a new member that must be there", R"({"properties":{"a":{}}})", R"({"required":["a"],"properties":{"a":{}}})",
     "breaking: the document must have \"a\" now", kFine},
    {"a member that may be missing", R"({"required":["a"]})", R"({})", kFine,
     "breaking: the document need no longer have \"a\""},
    {"a new optional member", R"({"type":"object"})", R"({"type":"object","properties":{"a":{"type":"string"}}})",
     "note: /a is described now: a document that has it already may not fit", kFine},
    {"a new optional member of a closed object", R"({"properties":{"a":{}},"additionalProperties":false})",
     R"({"properties":{"a":{},"b":{"type":"string"}},"additionalProperties":false})", kFine,
     "breaking: /b may be there now"},
    {"an optional member that is not described any more", R"({"properties":{"a":{"type":"string"}}})", R"({})", kFine,
     "note: /a is no longer described: a document may have anything there"},
    {"an object is closed", R"({"properties":{"a":{}}})", R"({"properties":{"a":{}},"additionalProperties":false})",
     "breaking: /* may no longer be there", kFine},
    {"another type", R"({"properties":{"a":{"type":"string"}}})", R"({"properties":{"a":{"type":"integer"}}})",
     "breaking: /a may no longer be string", "breaking: /a may be integer now"},
    {"a wider type", R"({"type":"integer"})", R"({"type":"number"})", kFine,
     "breaking: the document may be fraction now"},
    {"one more type", R"({"type":"string"})", R"({"type":["string","null"]})", kFine,
     "breaking: the document may be null now"},
    {"a new value of an enumeration", R"({"enum":["a","b"]})", R"({"enum":["a","b","c"]})", kFine,
     "breaking: the document may be \"c\" now"},
    {"a value less", R"({"enum":["a","b"]})", R"({"enum":["a"]})", "breaking: the document may no longer be \"b\"",
     kFine},
    {"an enumeration of what was free", R"({"type":"string"})", R"({"type":"string","enum":["a"]})",
     "breaking: the document must be one of an enumeration now", kFine},
    {"an enumeration is freed", R"({"enum":[1,2]})", R"({"type":"integer"})", kFine,
     "breaking: the document need no longer be one of an enumeration"},
    {"a lower minimum", R"({"type":"number","minimum":3})", R"({"type":"number","minimum":0})", kFine,
     "breaking: the document need no longer be at least 3"},
    {"a bound that is left out now", R"({"type":"number","exclusiveMaximum":3})", R"({"type":"number","maximum":3})",
     kFine, "breaking: the document need no longer be less than 3"},
    {"a longer text", R"({"type":"string","maxLength":10})", R"({"type":"string","maxLength":20})", kFine,
     "breaking: the document need no longer have at most 10 characters"},
    {"another pattern", R"({"type":"string","pattern":"^a"})", R"({"type":"string","pattern":"^a|^b"})",
     "breaking: the document must match ^a|^b now", "breaking: the document need no longer match ^a"},
    {"a format", R"({"type":"string"})", R"({"type":"string","format":"date"})",
     "breaking: the document must be a valid date now", kFine},
    {"finer multiples", R"({"type":"number","multipleOf":0.1})", R"({"type":"number","multipleOf":0.01})", kFine,
     "breaking: the document need no longer be a multiple of 0.1"},
    {"whole numbers are multiples of 1", R"({"type":"integer"})", R"({"type":"integer","multipleOf":1})", kFine, kFine},
    {"items", R"({"type":"array","items":{"type":"integer"}})",
     R"({"type":"array","items":{"type":"number"},"minItems":1})",
     "breaking: the document must have at least 1 items now", "breaking: /- may be fraction now"},
    {"items by place", R"({"type":"array","items":[{"type":"string"}],"additionalItems":false})",
     R"({"type":"array","items":{"type":"string"},"maxItems":1})", kFine, kFine},
    {"items may repeat", R"({"type":"array","uniqueItems":true})", R"({"type":"array"})", kFine,
     "breaking: the document may have the same item twice now"},
    {"behind a reference",
     R"({"properties":{"a":{"$ref":"#/definitions/x"}},"definitions":{"x":{"type":"integer","minimum":0}}})",
     R"({"properties":{"a":{"type":"integer"}}})", kFine, "breaking: /a need no longer be at least 0"},
    {"in allOf", R"({"allOf":[{"required":["a"]},{"properties":{"a":{"type":"string"}}}]})",
     R"({"required":["a"],"allOf":[{"properties":{"a":{"type":"string"}}}]})", kFine, kFine},
    {"one more alternative", R"({"anyOf":[{"type":"string"},{"type":"null"}]})",
     R"({"anyOf":[{"type":"null"},{"type":"string"},{"type":"boolean"}]})", kFine,
     "breaking: the document may be false now\nbreaking: the document may be true now"},
    {"alternatives told apart by a member", R"({"oneOf":[{"required":["k"],"properties":{"k":{"const":"a"}}}]})",
     R"({"oneOf":[{"required":["k"],"properties":{"k":{"const":"a"}}},{"required":["k"],"properties":{"k":{"const":"b"}}}]})",
     kFine, "breaking: the document need no longer fit a schema of `oneOf`"},
    {"a recursive schema", R"({"type":"object","properties":{"next":{"$ref":"#"},"n":{"type":"integer"}}})",
     R"({"type":"object","properties":{"next":{"$ref":"#"},"n":{"type":"number"}}})", kFine,
     "breaking: /n may be fraction now"},
    {"a condition is new", R"({"properties":{"s":{"enum":["x","y"]}}})",
     R"({"properties":{"s":{"enum":["x","y"]}},"if":{"properties":{"s":{"const":"x"}}},"then":{"required":["e"]}})",
     "breaking: the document must have \"e\" now, by `if`", kFine},
    {"the same condition asks for less",
     R"({"if":{"required":["s"]},"then":{"required":["e","f"]},"else":{"maxProperties":2}})",
     R"({"if":{"required":["s"]},"then":{"required":["e"]},"else":{"maxProperties":3}})", kFine,
     "breaking: the document need no longer have \"f\", by `if`\nbreaking: the document need no longer have at most 2 "
     "members, by `if`"},
    {"dependencies", R"({"dependencies":{"a":["b","c"]}})", R"({"dependencies":{"a":["b"]}})", kFine,
     "breaking: the document need no longer have \"c\" where it has \"a\""},
    {"names of members", R"({"propertyNames":{"pattern":"^a"}})", R"({})", kFine,
     "breaking: the document need no longer have names that fit `propertyNames`"},
    {"the same patterns of names", R"({"patternProperties":{"^a":{"type":"integer"}},"additionalProperties":false})",
     R"({"patternProperties":{"^a":{"type":"number"}},"additionalProperties":false})", kFine,
     "breaking: /* may be fraction now"},
    {"not", R"({"not":{"type":"string"}})", R"({"not":{"enum":["a"]}})", kFine,
     "breaking: the document may fit the schema of `not` now"},
    {"nothing fitted", "false", R"({"type":"string"})", kFine, "breaking: the document may be there now"},
};

TEST(Compatibility, OfChangesThatPeopleMake) {
  for (const Change& change : kChanges) {
    EXPECT_EQ(backward(change.older, change.newer), change.backward) << change.what;
    EXPECT_EQ(forward(change.older, change.newer), change.forward) << change.what;
  }
}

TEST(Compatibility, OfTheWorkedMigration) {
  const Result<std::vector<Contract>> contracts = read_contracts(EVENTBUS_SOURCE_DIR "/schemas");
  ASSERT_TRUE(contracts);
  const Contract *one = nullptr, *two = nullptr;
  for (const Contract& contract : *contracts) {
    if (contract.label() == "transcription-completed.v1") one = &contract;
    if (contract.label() == "transcription-completed.v2") two = &contract;
  }
  ASSERT_TRUE(one && two);
  EXPECT_EQ(
      listed(compare(one->validator, two->validator, Direction::kBackward)),
      "breaking: /error must have \"retryable\" now\n"
      "note: /error/retryable is described now: a document that has it already may not fit\n"
      "breaking: /transcriptMetadata/language must match ^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$ now\n"
      "breaking: the document must have \"transcriptLocation\" now, by `if`\n"
      "breaking: the document must have \"transcriptMetadata\" now, by `if`\n"
      "breaking: the document must have \"error\" now, by `if`");
}

TEST(Compatibility, WithItselfWhateverItSays) {
  const Result<std::vector<Contract>> contracts = read_contracts(EVENTBUS_SOURCE_DIR "/schemas");
  ASSERT_TRUE(contracts);
  for (const Contract& contract : *contracts)
    for (const Direction direction : {Direction::kBackward, Direction::kForward})
      EXPECT_EQ(listed(compare(contract.validator, contract.validator, direction)), kFine) << contract.label();
}

TEST(Compatibility, GivesUpOnTheSafeSide) {
  // Choices of choices: more questions than are asked.
  std::string older = R"({"allOf":[)", newer = R"({"allOf":[)";
  for (int i = 0; i < 14; ++i) {
    const std::string name = std::string(1, static_cast<char>('a' + i));
    const std::string alternatives =
        R"({"anyOf":[{"required":[")" + name + R"("]},{"minProperties":)" + std::to_string(i + 1) + "}]}";
    older += (i == 0 ? "" : ",") + alternatives;
  }
  newer = R"({"anyOf":[{"required":["z"]},{"maxProperties":3}]})";
  const std::vector<Finding> findings = compare(schema(older + "]}"), schema(newer), Direction::kBackward);
  EXPECT_TRUE(is_breaking(findings));
}

// ---- what is called compatible is: on random schemas and random documents

// One keyword of one schema in it is taken away, or is another one's.
json::value changed(Dice& dice, const json::value& schema) {
  if (!schema.is_object() || schema.get_object().empty() || dice.chance(10)) return random_schema(dice, 1);
  json::object copy = schema.get_object();
  const auto at = copy.begin() + dice.below(copy.size());
  const std::string keyword(at->key());
  if (keyword == "properties" && dice.chance(2)) {
    json::object properties = at->value().get_object();
    for (auto& member : properties)
      if (dice.chance(2)) member.value() = changed(dice, member.value());
    at->value() = properties;
  } else if (dice.chance(2)) {
    copy.erase(keyword);
  } else {
    const json::value other = random_schema(dice, 1);
    if (!other.is_object()) return other;
    if (other.get_object().contains(keyword)) copy[keyword] = other.at(keyword);
  }
  return copy;
}

TEST(Compatibility, WhatIsCalledCompatibleIs) {
  std::size_t called_compatible = 0;
  for (std::uint64_t seed = 1; seed <= 6'000; ++seed) {
    Dice dice(seed);
    const json::value older_text = random_schema(dice, 2), newer_text = changed(dice, older_text);
    const Result<SchemaValidator> older = SchemaValidator::compile_value(older_text),
                                  newer = SchemaValidator::compile_value(newer_text);
    ASSERT_TRUE(older && newer) << seed;
    // Notes name what is left out, so without any.
    if (!compare(*older, *newer, Direction::kBackward).empty()) continue;
    ++called_compatible;
    for (int i = 0; i < 60; ++i) {
      const json::value document = random_document(dice, 2);
      if (!older->fits(document)) continue;
      ASSERT_TRUE(newer->fits(document)) << "seed " << seed << "\nolder " << json::serialize(older_text) << "\nnewer "
                                         << json::serialize(newer_text) << "\ndocument " << json::serialize(document);
    }
  }
  EXPECT_GT(called_compatible, 500u);
}

}  // namespace
}  // namespace eventbus::schemas
