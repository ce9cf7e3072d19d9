#include "adapters/aws/events/put_events.h"

#include "adapters/aws/constraints.h"
#include "adapters/aws/events/constraints.h"
#include "bus/contract_book.h"
#include "bus/message_attributes.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/publisher_world.h"
#include "tests/support/run_coroutine.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

namespace eventbus::aws {
namespace {

using eventbus::testing::kHome;
using eventbus::testing::PublisherWorld;
using eventbus::testing::run;
using eventbus::testing::to_lane;
using eventbus::testing::to_queue;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class PutEventsTest : public ::testing::Test {
 protected:
  PutEventsTest() {
    world_.queues.add("all");
    world_.add_rule("all", R"({"source":[{"prefix":""}]})", {to_queue("all")});
    context_.scope = kHome;
    context_.request_id = "r-1";
  }

  AwsResult<std::string> send(std::string body) {
    net::Request request{"POST", "/", {}, std::move(body), ""};
    request.body.reserve(request.body.size() + 64);
    return run(put_events(api_, context_, request));
  }

  // The answer's body as a tree; refusals of the whole request fail the test.
  json::object answer(std::string body) {
    const AwsResult<std::string> result = send(std::move(body));
    EXPECT_TRUE(result) << result.error().type << ": " << result.error().message;
    return result ? json::parse(*result).as_object() : json::object();
  }

  std::string refusal(std::string body) {
    const AwsResult<std::string> result = send(std::move(body));
    return result ? "accepted: " + *result : result.error().type + ": " + result.error().message;
  }

  // "ErrorCode: ErrorMessage" of the only entry, or "accepted".
  std::string entry_error(std::string entry) {
    const json::object result = answer("{\"Entries\":[" + entry + "]}");
    const json::object& only = result.at("Entries").as_array().at(0).as_object();
    if (only.contains("EventId")) return "accepted";
    return std::string(only.at("ErrorCode").as_string()) + ": " + std::string(only.at("ErrorMessage").as_string());
  }

  // The events that reached the queue, as text.
  std::vector<std::string> delivered() const {
    std::vector<std::string> bodies;
    for (const NewMessage& message : world_.storage.messages()) bodies.push_back(message.body);
    return bodies;
  }

  static std::string entry(const std::string& members) {
    return R"({"Source":"shop","DetailType":"Order","Detail":"{}")" + members + "}";
  }
  static std::string with_detail(const std::string& detail) {
    json::object made{{"Source", "shop"}, {"DetailType", "Order"}, {"Detail", detail}};
    return json::serialize(made);
  }

  PublisherWorld world_;
  // A Constraints of each call, since tests move limits.
  const InputCheck check_ = [this](std::string_view operation, json::object& input) {
    return Constraints(events_inputs(), events_maxima(world_.limits)).admit(operation, input);
  };
  PutEventsApi api_{world_.publisher, world_.clock, world_.rng, world_.limits, world_.metrics, &check_};
  RequestContext context_;
};

TEST_F(PutEventsTest, AnswersAnIdForEachEntryAndDeliversTheEnvelope) {
  const AwsResult<std::string> result =
      send(R"({"Entries":[{"Source":"shop.orders","DetailType":"Order Placed","Detail":"{ \"a\": [1.0, \"x y\"] }",)"
           R"("Resources":["arn:1","arn:2"],"Time":1767323045.678}]})");
  ASSERT_TRUE(result);
  ASSERT_THAT(*result, MatchesRegex(R"(\{"FailedEntryCount":0,"Entries":\[\{"EventId":"[0-9a-f-]+"\}\]\})"));
  const std::string id(json::parse(*result).at("Entries").at(0).at("EventId").as_string());
  EXPECT_EQ(id.size(), 36u);
  EXPECT_EQ(delivered(),
            std::vector{R"({"version":"0","id":")" + id +
                        R"(","detail-type":"Order Placed","source":"shop.orders","account":"000000000000",)"
                        R"("time":"2026-01-02T03:04:05Z","region":"us-east-1","resources":["arn:1","arn:2"],)"
                        R"("detail":{"a":[1.0,"x y"]}})"});
}

TEST_F(PutEventsTest, ResultsStandInTheOrderOfTheEntries) {
  const json::object result = answer("{\"Entries\":[" + entry(R"(,"X":1)") + "," + R"({"Source":"s"},)" +
                                     with_detail("[]") + "," + entry("") + "]}");
  EXPECT_EQ(result.at("FailedEntryCount"), 2);
  const json::array& entries = result.at("Entries").as_array();
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_TRUE(entries[0].as_object().contains("EventId"));
  EXPECT_EQ(entries[1].at("ErrorCode"), "InvalidArgument");
  EXPECT_EQ(entries[2].at("ErrorCode"), "MalformedDetail");
  EXPECT_TRUE(entries[3].as_object().contains("EventId"));
  EXPECT_EQ(delivered().size(), 2u) << "a bad entry keeps the others from nothing";
  EXPECT_EQ(world_.storage.commits.size(), 1u);
}

// --- contracts

class PutEventsContractsTest : public PutEventsTest {
 protected:
  PutEventsContractsTest() {
    api_.contracts = &book_;
    EXPECT_TRUE(book_.load({}));
    ContractRecord record{
        "order", "1", "shop", "Order", schemas::Subject::kDetail, R"({"properties":{"n":{"minimum":0}}})"};
    EXPECT_TRUE(run(book_.bind({kHome, "default"}, std::move(record))));
  }
  void set_mode(ValidationMode mode) { EXPECT_TRUE(run(book_.set_mode({kHome, "default"}, mode))); }

  ContractMetrics metrics_;
  std::unique_ptr<Storage> catalog_ = make_memory_storage(world_.clock);
  ContractBook book_{{*catalog_, world_.clock, metrics_, world_.log}};
};

TEST_F(PutEventsContractsTest, WarnAcceptsWhatDoesNotFit) {
  EXPECT_EQ(entry_error(with_detail(R"({"n":-1})")), "accepted");
  EXPECT_EQ(delivered().size(), 1u);
  EXPECT_THAT(world_.log_text.str(), HasSubstr("event does not fit its contract (accepted)"));
}

TEST_F(PutEventsContractsTest, RejectRefusesTheEntryAloneAndSaysWhereAndWhy) {
  set_mode(ValidationMode::kReject);
  const json::object result = answer("{\"Entries\":[" + with_detail(R"({"n":-1})") + "," + with_detail(R"({"n":1})") +
                                     R"(,{"Source":"other","DetailType":"Order","Detail":"{\"n\":-1}"}]})");
  EXPECT_EQ(result.at("FailedEntryCount"), 1);
  const json::array& entries = result.at("Entries").as_array();
  EXPECT_EQ(entries[0].at("ErrorCode"), "SchemaViolation");
  EXPECT_EQ(entries[0].at("ErrorMessage"),
            "Event does not fit the contract order, version 1: /n must be at least 0, is -1.");
  EXPECT_TRUE(entries[1].as_object().contains("EventId"));
  EXPECT_TRUE(entries[2].as_object().contains("EventId"));
  EXPECT_EQ(delivered().size(), 2u);
}

TEST_F(PutEventsContractsTest, OffLooksAtNothing) {
  set_mode(ValidationMode::kOff);
  EXPECT_EQ(entry_error(with_detail(R"({"n":-1})")), "accepted");
  EXPECT_EQ(world_.log_text.str(), "");
}

TEST_F(PutEventsContractsTest, OfTheBusThatTheEntryNames) {
  set_mode(ValidationMode::kReject);
  world_.add_bus("other");
  const auto to = [](const std::string& bus) {
    return R"({"Source":"shop","DetailType":"Order","Detail":"{\"n\":-1}","EventBusName":")" + bus + "\"}";
  };
  EXPECT_EQ(entry_error(to("other")), "accepted");
  EXPECT_THAT(entry_error(to("arn:aws:events:us-east-1:000000000000:event-bus/default")),
              StartsWith("SchemaViolation"));
  EXPECT_EQ(entry_error(to("arn:aws:events:eu-west-1:000000000000:event-bus/default")), "accepted");
}

// --- entry-level failures (behaviour §5)

TEST_F(PutEventsTest, RequiredMembersAreAskedForInOrderAndEmptyCountsAsMissing) {
  const std::string source = "InvalidArgument: Parameter Source is not valid. Reason: Source is a required argument.";
  const std::string type =
      "InvalidArgument: Parameter DetailType is not valid. Reason: DetailType is a required argument.";
  const std::string detail = "InvalidArgument: Parameter Detail is not valid. Reason: Detail is a required argument.";
  EXPECT_EQ(entry_error("{}"), source);
  EXPECT_EQ(entry_error(R"({"Source":"","DetailType":"t","Detail":"{}"})"), source);
  EXPECT_EQ(entry_error(R"({"Source":null,"DetailType":"t","Detail":"{}"})"), source);
  EXPECT_EQ(entry_error(R"({"Source":"s"})"), type);
  EXPECT_EQ(entry_error(R"({"Source":"s","DetailType":"","Detail":""})"), type);
  EXPECT_EQ(entry_error(R"({"Source":"s","DetailType":"t"})"), detail);
  EXPECT_EQ(entry_error(R"({"Source":"s","DetailType":"t","Detail":""})"), detail);
}

TEST_F(PutEventsTest, DetailMustBeAJsonObject) {
  for (const char* detail : {"text", "\"text\"", "[]", "1", "null", "true", "{", "{'a':1}", "{}{}", "{} x", " ",
                             "\"{\\\"a\\\":1}\"", "{\"a\":1,}", "{\"a\":01}", "{\"a\":NaN}"})
    EXPECT_EQ(entry_error(with_detail(detail)), "MalformedDetail: Detail is malformed.") << detail;
}

TEST_F(PutEventsTest, DetailsThatEventBridgeTakesAndSimdjsonDoesNot) {
  for (const char* detail : {R"({"n":123456789012345678901234567890})", R"({"n":1e400})", R"({"s":"\ud800"})",
                             R"({"n":-1E-999,"m":0.10})"}) {
    EXPECT_EQ(entry_error(with_detail(detail)), "accepted") << detail;
    EXPECT_THAT(delivered().back(), ::testing::EndsWith("\"detail\":" + std::string(detail) + "}"));
  }
}

TEST_F(PutEventsTest, DetailsMayNestToTheThousandthLevelOfTheEvent) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(entry_error(with_detail(nested(999))), "accepted");
  EXPECT_EQ(entry_error(with_detail(nested(1'000))), "MalformedDetail: Detail is malformed.");
}

TEST_F(PutEventsTest, SourcesOfAwsAreReserved) {
  EXPECT_EQ(entry_error(R"({"Source":"aws.ec2","DetailType":"t","Detail":"{}"})"),
            "NotAuthorizedForSourceException: Not authorized for the source.");
  EXPECT_EQ(entry_error(R"({"Source":"aws","DetailType":"t","Detail":"{}"})"), "accepted");
  world_.limits.allow_aws_sources = true;
  EXPECT_EQ(entry_error(R"({"Source":"aws.ec2","DetailType":"t","Detail":"{}"})"), "accepted");
}

TEST_F(PutEventsTest, SourceAndDetailTypeHaveTheirLengths) {
  const auto sized = [](std::size_t source, std::size_t type) {
    return R"({"Source":")" + std::string(source, 's') + R"(","DetailType":")" + std::string(type, 't') +
           R"(","Detail":"{}"})";
  };
  EXPECT_EQ(entry_error(sized(256, 128)), "accepted");
  EXPECT_THAT(entry_error(sized(257, 1)), StartsWith("InvalidArgument: Parameter Source is not valid."));
  EXPECT_THAT(entry_error(sized(1, 129)), StartsWith("InvalidArgument: Parameter DetailType is not valid."));
}

// --- failures of the whole request

TEST_F(PutEventsTest, OneToTenEntries) {
  EXPECT_EQ(refusal("{}"),
            "ValidationException: 1 validation error detected: Value null at 'entries' failed to satisfy constraint: "
            "Member must not be null");
  EXPECT_THAT(refusal(R"({"Entries":[]})"), HasSubstr("Member must have length greater than or equal to 1"));
  std::string entries = entry("");
  for (int i = 1; i < 10; ++i) entries += "," + entry("");
  EXPECT_THAT(refusal("{\"Entries\":[" + entries + "]}"), StartsWith("accepted"));
  const std::string eleven = refusal("{\"Entries\":[" + entries + "," + entry("") + "]}");
  EXPECT_THAT(eleven,
              StartsWith("ValidationException: 1 validation error detected: Value '[PutEventsRequestEntry(time=null, "
                         "source=shop, resources=null, detailType=Order, detail={}, eventBusName=null, "
                         "traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null), "));
  EXPECT_THAT(eleven, ::testing::EndsWith("]' at 'entries' failed to satisfy constraint: Member must have length less "
                                          "than or equal to 10"));
  EXPECT_EQ(delivered().size(), 10u) << "nothing of a refused request is accepted";
}

TEST_F(PutEventsTest, MoreEntriesWhereTheOperatorAllowsThem) {
  world_.limits.put_events_entries = 12;
  std::string entries = entry("");
  for (int i = 1; i < 12; ++i) entries += "," + entry("");
  EXPECT_THAT(refusal("{\"Entries\":[" + entries + "]}"), StartsWith("accepted"));
  EXPECT_THAT(refusal("{\"EndpointId\":\"abcde.veo\",\"Entries\":[" + entries + "]}"), StartsWith("accepted"));
  const std::string thirteen = refusal("{\"Entries\":[" + entries + "," + entry("") + "]}");
  EXPECT_THAT(thirteen, StartsWith("ValidationException: 1 validation error detected: Value '[PutEventsRequestEntry("));
  EXPECT_THAT(thirteen, ::testing::EndsWith("Member must have length less than or equal to 12"));
}

TEST_F(PutEventsTest, FewerEntriesWhereTheOperatorSaysSo) {
  world_.limits.put_events_entries = 1;
  EXPECT_THAT(refusal("{\"Entries\":[" + entry("") + "," + entry("") + "]}"),
              ::testing::EndsWith("Member must have length less than or equal to 1"));
}

TEST_F(PutEventsTest, TheTotalSizeIsThatOfTheSizeRule) {
  // 14 for Time, "shop" 4, "Order" 5, the resource 3; the bus name and the trace header count nothing.
  const std::size_t rest = 14 + 4 + 5 + 3;
  const auto sized = [&](std::size_t total) {
    json::object made{{"Source", "shop"},
                      {"DetailType", "Order"},
                      {"Detail", "{\"a\":\"" + std::string(total - rest - 8, 'x') + "\"}"},
                      {"Resources", {"arn"}},
                      {"Time", 1},
                      {"EventBusName", "default"},
                      {"TraceHeader", "Root=1"}};
    return "{\"Entries\":[" + json::serialize(made) + "]}";
  };
  EXPECT_THAT(refusal(sized(1'048'576)), StartsWith("accepted"));
  EXPECT_EQ(refusal(sized(1'048'577)),
            "ValidationException: Total size of the entries in the request is over the limit.");
  world_.limits.put_events_bytes = 262'144;
  EXPECT_THAT(refusal(sized(262'144)), StartsWith("accepted"));
  EXPECT_THAT(refusal(sized(262'145)), StartsWith("ValidationException"));
}

TEST_F(PutEventsTest, ModelConstraintsFailTheWholeCall) {
  EXPECT_EQ(refusal("{\"Entries\":[" + entry("") + "," + entry(R"(,"TraceHeader":"")") + "]}"),
            "ValidationException: 1 validation error detected: Value '' at 'entries.2.member.traceHeader' failed to "
            "satisfy constraint: Member must have length greater than or equal to 1");
  EXPECT_THAT(
      refusal("{\"Entries\":[" + entry(",\"TraceHeader\":\"" + std::string(501, 'x') + "\"") + "]}"),
      HasSubstr("'entries.1.member.traceHeader' failed to satisfy constraint: Member must have length less than "
                "or equal to 500"));
  EXPECT_THAT(refusal("{\"Entries\":[" + entry(R"(,"EventBusName":"")") + "]}"), HasSubstr("eventBusName"));
  EXPECT_THAT(refusal("{\"Entries\":[" + entry(R"(,"EventBusName":"a b")") + "]}"),
              HasSubstr("Member must satisfy regular expression pattern"));
  EXPECT_THAT(refusal("{\"Entries\":[" + entry(R"(,"EventBusName":"arn:aws:events:us-east-1:1:event-bus/x")") + "]}"),
              HasSubstr("Member must satisfy regular expression pattern"));
  EXPECT_THAT(refusal("{\"Entries\":[" + entry(",\"Resources\":[\"" + std::string(2'049, 'x') + "\"]") + "]}"),
              HasSubstr("Member must have length less than or equal to 2048"));
  EXPECT_THAT(refusal("{\"Entries\":[" +
                      entry(R"(,"EventBusName":"arn:aws:events:US-east-1:000000000000:event-bus/x")") + "]}"),
              HasSubstr("Member must satisfy regular expression pattern"));
  EXPECT_EQ(refusal("{\"Entries\":[" + entry("") + ",null]}"),
            "ValidationException: 1 validation error detected: Value null at 'entries.2.member' failed to satisfy "
            "constraint: Member must not be null");
  EXPECT_EQ(refusal("{\"Entries\":[" + entry(R"(,"Resources":["r",null])") + "]}"),
            "ValidationException: 1 validation error detected: Value null at 'entries.1.member.resources.2.member' "
            "failed to satisfy constraint: Member must not be null");
  EXPECT_TRUE(delivered().empty());
}

TEST_F(PutEventsTest, BodiesThatAreNotTheModelsShapeAreSerializationExceptions) {
  for (const char* body : {"{",
                           "[]",
                           "null",
                           "x",
                           "{\"Entries\":{}}",
                           "{\"Entries\":\"x\"}",
                           "{\"Entries\":[1]}",
                           "{\"Entries\":[[]]}",
                           "{\"Entries\":[{\"Source\":1}]}",
                           "{\"Entries\":[{\"Source\":{\"a\":1}}]}",
                           "{\"Entries\":[{\"Detail\":{}}]}",
                           "{\"Entries\":[{\"Time\":\"now\"}]}",
                           "{\"Entries\":[{\"Time\":1e300}]}",
                           "{\"Entries\":[{\"Resources\":1}]}",
                           "{\"Entries\":[{\"Resources\":[1]}]}",
                           "{\"Entries\":[{\"Source\":\"a\"}]} x",
                           "{\"Entries\":[{\"Source\":nil}]}",
                           "{\"Entries\":[{\"Source\":\"\xff\"}]}",
                           "{\"Entries\":[{\"Source\":\"a\",}]}",
                           "{\"X\":[1,]}",
                           "{\"Entries\":[{}]",
                           "{\"Entries\":[{\"Source\" \"a\"}]}",
                           "{\"Entries\":[{} {}]}"})
    EXPECT_THAT(refusal(body), StartsWith("SerializationException: ")) << body;
  EXPECT_EQ(refusal(R"({"Entries":[{"Source":1}]})"),
            "SerializationException: NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(refusal(R"({"Entries":[{"Source":{}}]})"),
            "SerializationException: Start of structure or map found where not expected.");
  EXPECT_EQ(refusal(R"({"Entries":[{"Source":true}]})"),
            "SerializationException: TRUE_VALUE can not be converted to a String");
  EXPECT_EQ(refusal(R"({"Entries":[{"Time":"now"}]})"),
            "SerializationException: STRING_VALUE can not be converted to milliseconds since epoch");
  EXPECT_EQ(refusal(R"({"Entries":"x"})"), "SerializationException: Expected list or null");
}

TEST_F(PutEventsTest, ARejectedRequestCountsWithItsSizeButNotItsEntries) {  // captured, behaviour §19
  refusal("{\"Entries\":[" + entry(R"(,"TraceHeader":"")") + "]}");
  std::map<std::string, prometheus::MetricFamily> families;
  for (prometheus::MetricFamily& family : world_.metrics.Collect()) families[family.name] = std::move(family);
  const auto& size = families.at("eventbridge_put_events_request_size_bytes").metric.at(0).histogram;
  EXPECT_EQ(size.sample_count, 1u);
  EXPECT_EQ(size.sample_sum, std::string("shopOrder{}").size());
  EXPECT_EQ(families.at("eventbridge_put_events_requests_total").metric.at(1).counter.value, 1) << "failed";
  for (const auto& outcome : families.at("eventbridge_put_events_entries_total").metric)
    EXPECT_EQ(outcome.counter.value, 0);
  EXPECT_EQ(families.at("eventbridge_put_events_latency_seconds").metric.at(0).histogram.sample_count, 0u);
}

TEST_F(PutEventsTest, UnknownAndEscapedMemberNames) {
  EXPECT_EQ(entry_error(entry(R"(,"Unknown":{"deep":[1,{"x":null}]},"EndpointId":7)")), "accepted");
  EXPECT_EQ(entry_error(R"({"S\u006furce":"shop","DetailType":"Order","Detail":"{}"})"), "accepted");
  EXPECT_EQ(entry_error(R"({"source":"shop","DetailType":"Order","Detail":"{}"})"),
            "InvalidArgument: Parameter Source is not valid. Reason: Source is a required argument.")
      << "names are case-sensitive";
}

TEST_F(PutEventsTest, AnEndpointIdIsIgnored) {
  EXPECT_THAT(refusal("{\"EndpointId\":\"abcde.veo\",\"Entries\":[" + entry("") + "]}"), StartsWith("accepted"));
  EXPECT_THAT(refusal("{\"EndpointId\":\"nodot\",\"Entries\":[" + entry("") + "]}"), HasSubstr("endpointId"));
}

// --- time

TEST_F(PutEventsTest, TimeIsTruncatedToSecondsAndDefaultsToNow) {
  for (const auto& [time, text] : {std::pair("1767323045.999", "2026-01-02T03:04:05Z"),
                                   {"1767323045", "2026-01-02T03:04:05Z"},
                                   {"1.767323045E9", "2026-01-02T03:04:05Z"},
                                   {"0", "1970-01-01T00:00:00Z"},
                                   {"-0.5", "1969-12-31T23:59:59Z"},
                                   {"253402300799", "9999-12-31T23:59:59Z"}}) {
    EXPECT_EQ(entry_error(entry(std::string(",\"Time\":") + time)), "accepted");
    EXPECT_THAT(delivered().back(), HasSubstr("\"time\":\"" + std::string(text) + "\"")) << time;
  }
  EXPECT_EQ(entry_error(entry("")), "accepted");
  EXPECT_THAT(delivered().back(), HasSubstr("\"time\":\"2026-01-02T03:04:05Z\""));
}

// --- addressing

TEST_F(PutEventsTest, ABusIsNamedOrGivenByItsArn) {
  const Scope other{"111122223333", "eu-west-1"};
  world_.add_bus("orders");
  world_.add_bus("orders", other);
  world_.queues.add("here");
  world_.queues.add("there");
  world_.add_rule("here", R"({"source":["shop"]})", {to_queue("here")}, "orders");
  world_.add_rule("there", R"({"source":["shop"]})", {to_queue("there")}, "orders", other);
  EXPECT_EQ(entry_error(entry(R"(,"EventBusName":"orders")")), "accepted");
  EXPECT_EQ(world_.storage.messages().back().queue, world_.queues.id_of("here"));
  EXPECT_EQ(entry_error(entry(R"(,"EventBusName":"arn:aws:events:us-east-1:000000000000:event-bus/orders")")),
            "accepted");
  EXPECT_EQ(world_.storage.messages().back().queue, world_.queues.id_of("here"));
  EXPECT_EQ(entry_error(entry(R"(,"EventBusName":"arn:aws:events:eu-west-1:111122223333:event-bus/orders")")),
            "accepted");
  EXPECT_EQ(world_.storage.messages().back().queue, world_.queues.id_of("there")) << "the ARN's scope wins";
  EXPECT_THAT(delivered().back(), HasSubstr(R"("account":"000000000000")")) << "the sender's";
  EXPECT_THAT(delivered().back(), HasSubstr(R"("region":"eu-west-1")"));
}

TEST_F(PutEventsTest, AnUnknownBusIsASuccessThatIsCounted) {
  EXPECT_EQ(entry_error(entry(R"(,"EventBusName":"nowhere")")), "accepted");
  EXPECT_TRUE(delivered().empty());
  EXPECT_EQ(world_.metrics.dropped_for_unknown_bus_total(), 1u);
}

// --- tracing (behaviour §20)

TEST_F(PutEventsTest, TheEntrysTraceHeaderBeatsTheRequests) {
  const auto trace = [&] {
    return MessageAttributes::decode(world_.storage.messages().back().attributes).trace_header;
  };
  const std::string of_entry = "Root=1-5759e988-bd862e3fe1be46a994272793";
  context_.trace_header = "Root=1-11111111-bd862e3fe1be46a994272793;Sampled=1";
  answer("{\"Entries\":[" + entry("") + "]}");
  EXPECT_EQ(trace(), context_.trace_header);
  answer("{\"Entries\":[" + entry(",\"TraceHeader\":\"" + of_entry + "\"") + "]}");
  EXPECT_EQ(trace(), of_entry);
  answer("{\"Entries\":[" + entry(R"(,"TraceHeader":"malformed")") + "]}");
  EXPECT_EQ(trace(), "") << "even a malformed one";
}

// --- what the layers below refuse

TEST_F(PutEventsTest, FullLanesAnswerThrottling) {
  world_.add_rule("lane", R"({"source":["lane"]})", {to_lane(9)});
  world_.lane_list = {9};
  world_.limits.outbox_messages_max = 1;
  world_.storage.total.visible = world_.storage.depths[9].visible = 1;
  const AwsResult<std::string> result = send(R"({"Entries":[{"Source":"lane","DetailType":"t","Detail":"{}"}]})");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().type, "ThrottlingException");
  EXPECT_EQ(result.error().http_status, 400u);
}

TEST_F(PutEventsTest, AFullDiskAnswers503) {
  world_.storage.failures = {unavailable("The disk is full.")};
  const AwsResult<std::string> result = send("{\"Entries\":[" + entry("") + "]}");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().http_status, 503u);
}

// --- metrics (behaviour §19)

TEST_F(PutEventsTest, CountsCallsAndEntries) {
  answer("{\"Entries\":[" + entry("") + ",{}]}");
  answer("{\"Entries\":[{}]}");
  refusal("{}");
  const auto value = [&](const std::string& family, const std::string& outcome) {
    for (const auto& collected : world_.metrics.Collect())
      if (collected.name == family)
        for (const auto& metric : collected.metric)
          if (metric.label.at(0).value == outcome) return metric.counter.value;
    return -1.0;
  };
  EXPECT_EQ(value("eventbridge_put_events_requests_total", "success"), 2)
      << "a call whose every entry is refused is a successful call";
  EXPECT_EQ(value("eventbridge_put_events_requests_total", "failed"), 1);
  EXPECT_EQ(value("eventbridge_put_events_entries_total", "success"), 1);
  EXPECT_EQ(value("eventbridge_put_events_entries_total", "failed"), 2);
}

}  // namespace
}  // namespace eventbus::aws
