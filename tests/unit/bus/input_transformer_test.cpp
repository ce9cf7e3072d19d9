#include "bus/input_transformer.h"

#include "bus/json_text.h"

#include <gtest/gtest.h>

namespace eventbus {
namespace {

constexpr const char* kDetail =
    R"({"text":"hello","quoted":"say \"hi\"\nthere","n":42,"dec":1.50,"yes":true,"nil":null,"list":["ACTIVE","INACTIVE"],)"
    R"("obj":{"acc_id":"0a","sf_id":"baz"},"nums":[1,2],"empty":""})";

Event make_event() {
  Event event;
  event.id = "6f0c2a7e-0000-4000-8000-000000000001";
  event.source = "shop.orders";
  event.detail_type = "Order \"Placed\"";
  event.origin = {"000000000000", "us-east-1"};
  event.time = TimePoint(Duration(1'767'323'045'000));
  event.accepted_at = TimePoint(Duration(1'767'323'045'408));
  const std::vector<std::string_view> resources = {"arn:r"};
  event.json = *make_envelope(event, resources, kDetail);
  return event;
}

const std::map<std::string, std::string> kPaths = {
    {"text", "$.detail.text"}, {"quoted", "$.detail.quoted"}, {"n", "$.detail.n"},        {"dec", "$.detail.dec"},
    {"yes", "$.detail.yes"},   {"nil", "$.detail.nil"},       {"list", "$.detail.list"},  {"obj", "$.detail.obj"},
    {"nums", "$.detail.nums"}, {"missing", "$.detail.nope"},  {"empty", "$.detail.empty"}};

InputFields transformer(std::string text, std::optional<std::map<std::string, std::string>> paths = kPaths) {
  InputFields fields;
  fields.transformer = InputFields::Transformer{std::move(paths), std::move(text)};
  return fields;
}

// The text delivered, or "INVALID_JSON: " and the text, or the refusal at PutTargets.
std::string outcome(const InputFields& fields) {
  const Result<InputSelection> selection = compile_input("t1", fields);
  if (!selection) return "refused: " + selection.error().message;
  const RuleNames rule{"arn:aws:events:us-east-1:000000000000:rule/r", "r"};
  const RenderedInput rendered = render_input(*selection, make_event(), rule);
  return rendered.valid ? rendered.text : "INVALID_JSON: " + rendered.text;
}

std::string render(std::string text) { return outcome(transformer(std::move(text))); }

InputFields path(std::string text) {
  InputFields fields;
  fields.input_path = std::move(text);
  return fields;
}

InputFields constant(std::string text) {
  InputFields fields;
  fields.input = std::move(text);
  return fields;
}

// --- §9: choice of input

TEST(InputChoice, NoneDeliversTheWholeEvent) { EXPECT_EQ(outcome({}), make_event().json); }

TEST(InputChoice, InputIsDeliveredByteForByte) {
  EXPECT_EQ(outcome(constant("{ \"a\" :\n1 }")), "{ \"a\" :\n1 }");
  EXPECT_EQ(outcome(constant("\"text\"")), "\"text\"");
  EXPECT_EQ(outcome(constant("5")), "5");
  EXPECT_EQ(outcome(constant("")), "") << "accepted by AWS, though nothing can be delivered of it";
}

TEST(InputChoice, InputMustBeJson) {
  EXPECT_EQ(outcome(constant("not-json")),
            R"j(refused: JSON syntax error in input for target t1: [Source: (String)"not-json"; line: 1, column: 1])j");
}

TEST(InputChoice, AtMostOneForm) {
  InputFields fields = constant("1");
  fields.input_path = "$";
  EXPECT_EQ(outcome(fields),
            "refused: Only one of Input, InputPath, or InputTransformer must be provided for target t1.");
}

TEST(InputChoice, InputPathDeliversTheValueAsJsonText) {
  EXPECT_EQ(outcome(path("$.detail.obj")), R"({"acc_id":"0a","sf_id":"baz"})");
  EXPECT_EQ(outcome(path("$.detail.text")), "\"hello\"") << "strings keep their quotes";
  EXPECT_EQ(outcome(path("$.detail.dec")), "1.50") << "numbers are bare";
  EXPECT_EQ(outcome(path("$")), make_event().json);
}

TEST(InputChoice, InputPathWithoutMatchDeliversAnEmptyObject) {
  EXPECT_EQ(outcome(path("$.detail.nope")), "{}");
  EXPECT_EQ(outcome(path("$.detail.nil")), "{}");
  EXPECT_EQ(outcome(path("")), "{}");
}

TEST(InputChoice, BadPathsAreRefusedInInputPathAndInInputPathsMap) {
  EXPECT_EQ(outcome(path("$..a")), "refused: InputPath for target t1 is invalid.");
  EXPECT_EQ(outcome(transformer("\"<a>\"", {{{"a", "detail.a"}}})), "refused: InputPath for target t1 is invalid.");
}

// --- §9: what PutTargets says of templates

TEST(InputTemplate, RefusesAVariableThatAGivenMapLacks) {
  EXPECT_EQ(render("{\"a\":<who>}"), "refused: InputTemplate for target t1 contains invalid placeholder who.");
  EXPECT_EQ(outcome(transformer("\"<who>\"", std::map<std::string, std::string>())),
            "refused: InputTemplate for target t1 contains invalid placeholder who.");
}

TEST(InputTemplate, WithoutAMapUnknownNamesStayLiteral) {
  EXPECT_EQ(outcome(transformer("\"<who> is\"", std::nullopt)), "\"<who> is\"");
  EXPECT_EQ(outcome(transformer("{\"a\":<who>}", std::nullopt)), "INVALID_JSON: {\"a\":<who>}");
}

TEST(InputTemplate, UnknownPredefinedNamesStayLiteral) {
  EXPECT_EQ(render("\"<aws.events.foo>\""), "\"<aws.events.foo>\"");
}

TEST(InputTemplate, RefusesTextThatIsNotJsonWithNullForEachVariable) {
  EXPECT_EQ(render("hello <text>"),
            R"j(refused: Invalid InputTemplate for target t1 : [Source: (String)"hello null"; line: 1, column: 1].)j");
  EXPECT_EQ(render("{\"a\": <n>"),
            R"j(refused: Invalid InputTemplate for target t1 : [Source: (String)"{"a": null"; line: 1, column: 11].)j");
  EXPECT_EQ(render("<text>words"),
            R"j(refused: Invalid InputTemplate for target t1 : [Source: (String)"nullwords"; line: 1, column: 1].)j");
}

TEST(InputTemplate, RefusesPlaceholdersAsObjectKeys) {
  const std::string refusal = "refused: InputTemplate placeholder present as a JSON object key for target t1.";
  EXPECT_EQ(render("{<text>: 1}"), refusal);
  EXPECT_EQ(render("{\"a\": {\"<text>\" : 1}}"), refusal);
  EXPECT_EQ(render("{\"x <text> \\\" y\":1}"), refusal);
  EXPECT_EQ(render("{\"a\": \"<text>:\"}"), "{\"a\": \"hello:\"}") << "a colon inside the string makes no key";
}

TEST(InputTemplate, TheEventItselfStandsInObjectTemplatesOnlyAndUnquoted) {
  for (const char* text : {"\"<aws.events.event.json>\"", "[<aws.events.event.json>]", "<aws.events.event.json>",
                           "{\"a\":\"<aws.events.event.json>\"}"})
    EXPECT_EQ(render(text),
              "refused: InputTemplate for target t1 contains placeholder aws.events.event.json valid only "
              "for JSON template.");
  EXPECT_EQ(render("[<aws.events.event>]"),
            "refused: InputTemplate for target t1 contains placeholder aws.events.event valid only for JSON template.");
}

TEST(InputTemplate, KeysOfTheMapCannotStartWithAws) {
  EXPECT_TRUE(
      outcome(transformer("\"<AWSx>\"", {{{"AWSx", "$"}}})).starts_with("refused: InputPathsMap for target t1"));
}

// --- §10: predefined variables

TEST(InputTemplate, PredefinedVariables) {
  EXPECT_EQ(render("{\"arn\":<aws.events.rule-arn>,\"name\":\"<aws.events.rule-name>\","
                   "\"at\":<aws.events.event.ingestion-time>}"),
            R"({"arn":"arn:aws:events:us-east-1:000000000000:rule/r","name":"r","at":"2026-01-02T03:04:05.408Z"})");
  EXPECT_EQ(render("\"<aws.events.rule-name> at <aws.events.event.ingestion-time>\""),
            "\"r at 2026-01-02T03:04:05.408Z\"");
  EXPECT_EQ(render("{\"e\":<aws.events.event.json>}"), "{\"e\":" + make_event().json + "}");
  EXPECT_EQ(outcome(transformer("{\"r\":<aws.events.rule-name>}", std::nullopt)), R"({"r":"r"})");
}

TEST(InputTemplate, TheEnvelopeHasItsOwnOrderAndATimeInMilliseconds) {
  EXPECT_EQ(render("{\"e\":<aws.events.event>}"),
            R"({"e":{"id":"6f0c2a7e-0000-4000-8000-000000000001","account":"000000000000",)"
            R"("detailType":"Order \"Placed\"","time":1767323045000,"source":"shop.orders","region":"us-east-1",)"
            R"("resources":["arn:r"],"version":"0"}})");
}

// --- §10: rendering rules, by their numbers

TEST(InputTemplate, Rule01ObjectTemplateTakesJsonText) {
  EXPECT_EQ(render(R"({"a":<text>,"b":<quoted>,"c":<n>,"d":<yes>,"e":<nil>,"f":<list>,"g":<obj>,"h":<dec>})"),
            R"({"a":"hello","b":"say \"hi\"\nthere","c":42,"d":true,"e":null,"f":["ACTIVE","INACTIVE"],)"
            R"("g":{"acc_id":"0a","sf_id":"baz"},"h":1.50})");
}

TEST(InputTemplate, Rule01MissingPathBecomesAnEmptyString) {
  EXPECT_EQ(render(R"({"a":<missing>,"b":[1,<missing>]})"), R"({"a":"","b":[1,""]})");
}

TEST(InputTemplate, Rule02InsideAStringTheContentIsInserted) {
  EXPECT_EQ(render(R"({"a":"x <text> y","b":"<quoted>","c":"<n>/<yes>/<nil>","d":"[<missing>]"})"),
            R"({"a":"x hello y","b":"say \"hi\"\nthere","c":"42/true/null","d":"[]"})");
}

TEST(InputTemplate, Rule02ListsAndObjectsInsideAStringBreakTheJson) {
  EXPECT_EQ(render(R"({"a":"<list>"})"), R"(INVALID_JSON: {"a":"["ACTIVE","INACTIVE"]"})");
  EXPECT_EQ(render(R"({"a":"<obj>"})"), R"(INVALID_JSON: {"a":"{"acc_id":"0a","sf_id":"baz"}"})");
}

TEST(InputTemplate, Rule03StringTemplatesTakePlainText) {
  EXPECT_EQ(render("\"<text> has <n>\""), "\"hello has 42\"");
  EXPECT_EQ(render("\"<obj> <list>\""), "\"{acc_id:0a,sf_id:baz} [ACTIVE,INACTIVE]\"");
  EXPECT_EQ(render("\"a<missing>b\""), "\"ab\"");
}

TEST(InputTemplate, Rule03ArraysLoseTheQuotesOfStrings) {
  EXPECT_EQ(render("[<text>]"), "INVALID_JSON: [hello]");
  EXPECT_EQ(render("[\"<quoted>\"]"), "INVALID_JSON: [\"say \"hi\"\nthere\"]");
  EXPECT_EQ(render("[<nil>]"), "[null]");
  EXPECT_EQ(render("[<nums>,<yes>]"), "[[1,2],true]");
  EXPECT_EQ(render("[1,<missing>,2]"), "INVALID_JSON: [1,,2]");
}

TEST(InputTemplate, Rule03ABareVariable) {
  EXPECT_EQ(render("<n>"), "42");
  EXPECT_EQ(render("<text>"), "INVALID_JSON: hello");
}

TEST(InputTemplate, Rule03SeveralLinesOfStrings) {
  EXPECT_EQ(render("\"first <text>\"\n\"second <n>\""), "\"first hello\"\n\"second 42\"");
}

TEST(InputTemplate, Rule04ABareVariableWithoutMatchRendersNothing) {
  EXPECT_EQ(render("<missing>"), "INVALID_JSON: ") << "empty: the publisher has nothing to deliver or to dead-letter";
}

TEST(InputTemplate, Rule05VariablesRepeatAndShareStrings) {
  EXPECT_EQ(render(R"({"a":"users/<text>/second/<n>/<text>","b":<text>})"),
            R"({"a":"users/hello/second/42/hello","b":"hello"})");
}

TEST(InputTemplate, Rule06BareWordsAreAdmittedAndNeverValid) {
  EXPECT_EQ(render("<n> words"), "INVALID_JSON: 42 words");
  EXPECT_EQ(render("<n> 5"), "INVALID_JSON: 42 5") << "values on one line are not lines";
}

TEST(InputTemplate, Rule07NullAndArrayTemplatesAreAdmitted) {
  EXPECT_EQ(render("null"), "null");
  EXPECT_EQ(render("[]"), "[]");
}

TEST(InputTemplate, Rule08AnglesThatNameNothingStayLiteral) {
  EXPECT_EQ(render("\"a < b > c <> <a b> <text\""), "\"a < b > c <> <a b> <text\"");
}

TEST(InputTemplate, Rule09EscapedQuotesPassThrough) {
  EXPECT_EQ(render(R"("say \"<text>\" twice")"), R"("say \"hello\" twice")");
  EXPECT_EQ(render(R"({"a":"\"<text>\"","b":<n>})"), R"({"a":"\"hello\"","b":42})");
}

TEST(InputTemplate, Rule10WhiteSpaceIsKept) { EXPECT_EQ(render("\n{ \"a\" :\t<n> }\n"), "\n{ \"a\" :\t42 }\n"); }

TEST(InputTemplate, EmptyStringsAreValuesNotMissing) {
  EXPECT_EQ(render(R"({"a":<empty>,"b":"<empty>"})"), R"({"a":"","b":""})");
}

}  // namespace
}  // namespace eventbus
