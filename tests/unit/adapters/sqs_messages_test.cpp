// Messages of standard queues: send, receive, delete and hide, in the JSON protocol.

#include "base/digest.h"
#include "bus/receipt_handle.h"
#include "tests/unit/adapters/sqs_fixture.h"

#include <gmock/gmock.h>

namespace eventbus {
namespace {

using std::chrono::seconds;
using testing::Answer;
using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace json = boost::json;

constexpr const char* kInvalidParameter = "com.amazonaws.sqs#InvalidParameterValueException";

class SqsMessages : public testing::SqsFixture {
 protected:
  SqsMessages() { create("orders"); }

  json::object text(const char* value, const char* type = "String") {
    return {{"DataType", type}, {"StringValue", value}};
  }
  Answer send_attributes(json::object attributes) { return send("orders", "x", {{"MessageAttributes", attributes}}); }
  Answer batch(const char* operation, json::array entries) {
    return json(operation, json::object{{"QueueUrl", url("orders")}, {"Entries", entries}});
  }
};

// ---- sending

TEST_F(SqsMessages, ASentMessageIsReceivedWithItsDigestAndIds) {
  const Answer sent = send("orders", "{\"quoted\":\"\\u00fc\n\"}");
  EXPECT_EQ(sent.at("MD5OfMessageBody"), md5_hex("{\"quoted\":\"\\u00fc\n\"}"));
  EXPECT_FALSE(sent.json().contains("SequenceNumber"));
  EXPECT_FALSE(sent.json().contains("MD5OfMessageAttributes"));
  EXPECT_EQ(sent.header("content-type"), "application/x-amz-json-1.0");
  EXPECT_EQ(sent.header("x-amzn-requestid"), "00000000-0000-4000-8000-000000000001");
  const Answer received = receive("orders");
  ASSERT_EQ(received.count("Messages"), 1U);
  EXPECT_EQ(received.at("Messages/0/Body"), "{\"quoted\":\"\\u00fc\n\"}");
  EXPECT_EQ(received.at("Messages/0/MessageId"), sent.at("MessageId"));
  EXPECT_EQ(received.at("Messages/0/MD5OfBody"), sent.at("MD5OfMessageBody"));
  EXPECT_FALSE(received.json().at("Messages").at(0).as_object().contains("Attributes"));
  EXPECT_EQ(receive("orders").text, "{}");
}

TEST_F(SqsMessages, EveryAllowedCharacterComesBackAndOthersAreRefused) {
  const std::string allowed =
      "\t\n\r ~\x7F\xC2\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBD\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"\\/";
  EXPECT_EQ(send("orders", allowed).error(), "");
  EXPECT_EQ(receive("orders").at("Messages/0/Body"), allowed);
  const std::pair<const char*, const char*> bad[] = {
      {"a\x01", "#x1"}, {"\x1F", "#x1F"}, {"\xEF\xBF\xBE", "#xFFFE"}, {"x\xEF\xBF\xBF", "#xFFFF"}};
  for (const auto& [body, name] : bad) {
    const Answer answer = send("orders", body);
    EXPECT_EQ(answer.error(), std::string("com.amazonaws.sqs#InvalidMessageContents: Invalid binary character '") +
                                  name +
                                  "' was found in the message body, the set of allowed characters is #x9 | #xA | #xD | "
                                  "#x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF");
    EXPECT_EQ(answer.header("x-amzn-query-error"), "InvalidMessageContents;Sender");
  }
  EXPECT_EQ(send("orders", "").error(),
            "com.amazonaws.sqs#MissingRequiredParameterException: The request must contain the parameter MessageBody.");
  EXPECT_EQ(json("SendMessage", "{\"QueueUrl\":\"/000000000000/orders\",\"MessageBody\":\"\xFF\"}").at("__type"),
            "com.amazonaws.sqs#SerializationException");
}

TEST_F(SqsMessages, BodyAndAttributesCountAgainstTheSize) {
  create("small", {{"MaximumMessageSize", "1024"}});
  EXPECT_EQ(send("small", std::string(1024, 'a')).error(), "");
  const Answer oversize = send("small", std::string(1025, 'a'));
  EXPECT_EQ(oversize.error(),
            std::string(kInvalidParameter) +
                ": One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.");
  EXPECT_EQ(oversize.header("x-amzn-query-error"), "InvalidParameterValue;Sender");
  // "k" + "String" + "12" are nine bytes.
  const json::object attribute{{"MessageAttributes", {{"k", text("12")}}}};
  EXPECT_EQ(send("small", std::string(1015, 'a'), attribute).error(), "");
  EXPECT_EQ(send("small", std::string(1016, 'a'), attribute).at("__type"), kInvalidParameter);
  EXPECT_EQ(send("orders", std::string(1'048'576, 'a')).error(), "");
  EXPECT_EQ(send("orders", std::string(1'048'577, 'a')).at("__type"), kInvalidParameter);
}

TEST_F(SqsMessages, AttributeDigestsAreThoseAwsRecorded) {
  // Recorded from AWS with these very attributes; a receive shows the digest of what it shows.
  const Answer sent =
      send("orders", "msg",
           {{"MessageAttributes", {{"Help.Me", text("Me")}, {"Hello", text("There")}, {"General", text("Kenobi")}}}});
  EXPECT_EQ(sent.at("MD5OfMessageAttributes"), "4c360f3fdafd970e05fae2f149d997f5");
  EXPECT_EQ(sent.at("MD5OfMessageBody"), "6e2baaf3b97dbeef01c0043275f9a0e7");
  const auto digest = [&](json::array names) {
    const Answer answer = receive("orders", {{"MessageAttributeNames", names}, {"VisibilityTimeout", 0}});
    return answer.at("Messages/0/MD5OfMessageAttributes");
  };
  EXPECT_EQ(digest({"All"}), "4c360f3fdafd970e05fae2f149d997f5");
  EXPECT_EQ(digest({".*"}), "4c360f3fdafd970e05fae2f149d997f5");
  EXPECT_EQ(digest({"*"}), "4c360f3fdafd970e05fae2f149d997f5");
  EXPECT_EQ(digest({"Hello", "General"}), "fca026605781cb4126a1e9044df24232");
  EXPECT_EQ(digest({"Hello", "None"}), "a311262e065454b75da111d535b8dacd");
  EXPECT_EQ(digest({"Hel.*"}), "83fee93c1bcd8b9a5a923ffacdc636c7");
  EXPECT_EQ(digest({"None"}), "");
  EXPECT_EQ(digest({}), "");
  EXPECT_EQ(send_attributes({{"Foo", text("Bar")}}).at("MD5OfMessageAttributes"), "ae7155c6026991b6d54b11589678bf9c");
  const std::string bytes(
      "traceparent\x1e"
      "00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01");
  EXPECT_EQ(send_attributes({{"attr1", {{"DataType", "Binary"}, {"BinaryValue", base64_encode(bytes)}}}})
                .at("MD5OfMessageAttributes"),
            "8cbe4db156db8a94db8b801b7addb984");
}

TEST_F(SqsMessages, AttributesOfEveryTypeComeBack) {
  const json::object attributes{
      {"s", text("text <&> \"q\" ü")},
      {"n", text("-12.50e3", "Number.price")},
      {"b", {{"DataType", "Binary.png"}, {"BinaryValue", "AAEC/w=="}}},
  };
  EXPECT_EQ(send_attributes(attributes).error(), "");
  const Answer received = receive("orders", {{"MessageAttributeNames", {"All"}}});
  EXPECT_EQ(received.json().at("Messages").at(0).at("MessageAttributes"), json::value(attributes));
}

TEST_F(SqsMessages, AttributesThatBreakTheRulesAreRefused) {
  const std::pair<json::object, const char*> bad[] = {
      {{{"a", text("")}}, "Message (user) attribute 'a' must contain a non-empty value of type 'String'."},
      {{{"a", text("x", "Strin")}}, "has an invalid message attribute type"},
      {{{"a", text("x", "Stringy")}}, "has an invalid message attribute type"},
      {{{"a", text("x", "")}}, "must contain non-empty message attribute type"},
      {{{"a", text("x", "Number")}}, "Can't cast the value of message (user) attribute 'a' to a number."},
      {{{"a", text("1e", "Number")}}, "Can't cast the value"},
      {{{"a", {{"DataType", "Binary"}, {"BinaryValue", "no base64"}}}}, "is not valid base64"},
      {{{"a", text("x", "Binary")}}, "must use field 'Binary'"},
      {{{"", text("x")}}, "is invalid"},
      {{{".a", text("x")}}, "is invalid"},
      {{{"a.", text("x")}}, "is invalid"},
      {{{"a..b", text("x")}}, "is invalid"},
      {{{"a b", text("x")}}, "is invalid"},
      {{{"AWS.x", text("x")}}, "reserved for internal use"},
      {{{"amazon.x", text("x")}}, "reserved for internal use"},
      {{{std::string(257, 'a'), text("x")}}, "must be shorter than 256 Bytes"},
  };
  for (const auto& [attributes, reason] : bad) {
    const Answer answer = send_attributes(attributes);
    EXPECT_EQ(answer.at("__type"), kInvalidParameter) << json::serialize(attributes);
    EXPECT_THAT(answer.at("message"), HasSubstr(reason)) << json::serialize(attributes);
  }
  json::object many;
  for (int i = 0; i < 11; ++i) many["a" + std::to_string(i)] = text("x");
  EXPECT_EQ(send_attributes(many).at("message"), "Number of message attributes [11] exceeds the allowed maximum [10].");
  many.erase("a0");
  EXPECT_EQ(send_attributes(many).error(), "");
  EXPECT_EQ(send_attributes({{"a", text("\x02")}}).at("__type"), "com.amazonaws.sqs#InvalidMessageContents");
  const Answer list = send_attributes({{"a", {{"DataType", "String"}, {"StringListValues", {"x"}}}}});
  EXPECT_EQ(list.at("__type"), "com.amazonaws.sqs#UnsupportedOperation");
  EXPECT_EQ(list.header("x-amzn-query-error"), "AWS.SimpleQueueService.UnsupportedOperation;Sender");
  EXPECT_EQ(send_attributes({{"a", {{"StringValue", "x"}}}}).at("__type"),
            "com.amazonaws.sqs#MissingRequiredParameterException");
  EXPECT_EQ(bodies("orders").size(), 1U);
}

TEST_F(SqsMessages, TheTraceHeaderIsASystemAttribute) {
  const json::object trace = text("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
  const Answer sent = send("orders", "x", {{"MessageSystemAttributes", {{"AWSTraceHeader", trace}}}});
  EXPECT_EQ(sent.at("MD5OfMessageSystemAttributes").size(), 32U);
  EXPECT_FALSE(sent.json().contains("MD5OfMessageAttributes"));
  EXPECT_EQ(receive("orders", {{"MessageSystemAttributeNames", {"AWSTraceHeader"}}})
                .at("Messages/0/Attributes/AWSTraceHeader"),
            "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
  EXPECT_EQ(send("orders", "x", {{"MessageSystemAttributes", {{"Colour", trace}}}}).at("__type"), kInvalidParameter);
  EXPECT_EQ(send("orders", "x", {{"MessageSystemAttributes", {{"AWSTraceHeader", text("1", "Number")}}}}).at("__type"),
            kInvalidParameter);
}

TEST_F(SqsMessages, DelaysAreTheQueuesOrTheMessagesOwn) {
  create("slow", {{"DelaySeconds", "10"}});
  send("slow", "by queue");
  send("slow", "at once", {{"DelaySeconds", 0}});
  send("slow", "own", {{"DelaySeconds", 5}});
  EXPECT_EQ(attribute("slow", "ApproximateNumberOfMessagesDelayed"), "2");
  EXPECT_EQ(attribute("slow", "ApproximateNumberOfMessages"), "1");
  EXPECT_EQ(bodies("slow"), std::vector<std::string>{"at once"});
  clock.advance(seconds(4));
  EXPECT_EQ(bodies("slow"), std::vector<std::string>{});
  clock.advance(seconds(1));
  EXPECT_EQ(bodies("slow"), std::vector<std::string>{"own"});
  clock.advance(seconds(5));
  EXPECT_EQ(bodies("slow"), std::vector<std::string>{"by queue"});
  for (const int delay : {-1, 901})
    EXPECT_EQ(send("slow", "x", {{"DelaySeconds", delay}}).error(),
              std::string(kInvalidParameter) + ": Value " + std::to_string(delay) +
                  " for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.");
}

TEST_F(SqsMessages, StandardQueuesTakeAGroupButNoDeduplicationId) {
  EXPECT_EQ(send("orders", "x", {{"MessageGroupId", "tenant-1"}}).error(), "");
  EXPECT_EQ(receive("orders", {{"AttributeNames", {"MessageGroupId"}}}).at("Messages/0/Attributes/MessageGroupId"),
            "tenant-1");
  EXPECT_EQ(send("orders", "x", {{"MessageDeduplicationId", "d"}}).error(),
            std::string(kInvalidParameter) +
                ": Value d for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that "
                "is not valid for this queue type.");
  EXPECT_EQ(send("orders", "x", {{"MessageGroupId", "has space"}}).error(),
            std::string(kInvalidParameter) +
                ": Value has space for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include "
                "alphanumeric and punctuation characters. 1 to 128 in length.");
}

TEST_F(SqsMessages, AFullDiskIsARetryableErrorAndReceivesGoOn) {
  send("orders", "before");
  table->fail_writes(1);
  const Answer refused = send("orders", "x");
  EXPECT_EQ(refused.status, 503U);
  EXPECT_EQ(refused.at("__type"), "com.amazonaws.sqs#ServiceUnavailable");
  EXPECT_EQ(bodies("orders"), std::vector<std::string>{"before"});
}

// ---- batches

TEST_F(SqsMessages, ABatchFailsInPart) {
  const Answer answer =
      batch("SendMessageBatch", {{{"Id", "a"}, {"MessageBody", "1"}},
                                 {{"Id", "b"}, {"MessageBody", "\x01"}},
                                 {{"Id", "c"}, {"MessageBody", "3"}, {"DelaySeconds", 901}},
                                 {{"Id", "d"}, {"MessageBody", "4"}, {"MessageAttributes", {{"Foo", text("Bar")}}}}});
  EXPECT_EQ(answer.error(), "");
  EXPECT_EQ(answer.at("Successful/0/Id"), "a");
  EXPECT_EQ(answer.at("Successful/0/MD5OfMessageBody"), md5_hex("1"));
  EXPECT_EQ(answer.at("Successful/1/Id"), "d");
  EXPECT_EQ(answer.at("Successful/1/MD5OfMessageAttributes"), "ae7155c6026991b6d54b11589678bf9c");
  EXPECT_EQ(answer.count("Failed"), 2U);
  EXPECT_EQ(answer.at("Failed/0/Id"), "b");
  EXPECT_EQ(answer.at("Failed/0/Code"), "InvalidMessageContents");
  EXPECT_EQ(answer.at("Failed/0/SenderFault"), "true");
  EXPECT_EQ(answer.at("Failed/1/Code"), "InvalidParameterValue");
  EXPECT_EQ(bodies("orders"), (std::vector<std::string>{"1", "4"}));
}

TEST_F(SqsMessages, ABatchAsAWholeHasRules) {
  const std::pair<const char*, const char*> operations[] = {
      {"SendMessageBatch", "SendMessageBatchRequestEntry"},
      {"DeleteMessageBatch", "DeleteMessageBatchRequestEntry"},
      {"ChangeMessageVisibilityBatch", "ChangeMessageVisibilityBatchRequestEntry"}};
  for (const auto& [operation, entry_name] : operations) {
    const auto entries = [](std::vector<std::string> ids) {
      json::array list;
      for (const std::string& id : ids)
        list.push_back(
            json::object{{"Id", id}, {"MessageBody", "b"}, {"ReceiptHandle", "r"}, {"VisibilityTimeout", 1}});
      return list;
    };
    Answer answer = batch(operation, {});
    EXPECT_EQ(answer.error(), "com.amazonaws.sqs#EmptyBatchRequest: There should be at least one " +
                                  std::string(entry_name) + " in the request.");
    EXPECT_EQ(answer.header("x-amzn-query-error"), "AWS.SimpleQueueService.EmptyBatchRequest;Sender");
    const std::string form = "Action=" + std::string(operation) + "&QueueUrl=" + url("orders");
    EXPECT_NE(query(form).text.find("<Code>AWS.SimpleQueueService.EmptyBatchRequest</Code>"), std::string::npos);
    std::vector<std::string> many;
    for (int i = 0; i < 11; ++i) many.push_back(std::to_string(i));
    answer = batch(operation, entries(many));
    EXPECT_EQ(answer.error(),
              "com.amazonaws.sqs#TooManyEntriesInBatchRequest: Maximum number of entries per request are "
              "10. You have sent 11.");
    EXPECT_EQ(answer.header("x-amzn-query-error"), "AWS.SimpleQueueService.TooManyEntriesInBatchRequest;Sender");
    answer = batch(operation, entries({"a", "b", "a"}));
    EXPECT_EQ(answer.error(), "com.amazonaws.sqs#BatchEntryIdsNotDistinct: Id a repeated.");
    EXPECT_EQ(answer.header("x-amzn-query-error"), "AWS.SimpleQueueService.BatchEntryIdsNotDistinct;Sender");
    for (const std::string& id : {std::string(""), std::string("a b"), std::string("a:b"), std::string(81, 'a')}) {
      answer = batch(operation, entries({id}));
      EXPECT_EQ(answer.error(),
                "com.amazonaws.sqs#InvalidBatchEntryId: A batch entry id can only contain alphanumeric "
                "characters, hyphens and underscores. It can be at most 80 letters long.");
      EXPECT_EQ(answer.header("x-amzn-query-error"), "AWS.SimpleQueueService.InvalidBatchEntryId;Sender");
    }
    EXPECT_EQ(batch(operation, {{{"MessageBody", "b"}}}).error(),
              "com.amazonaws.sqs#MissingRequiredParameterException: The request must contain the parameter " +
                  std::string(entry_name) + ".1.Id.");
  }
  EXPECT_EQ(bodies("orders"), std::vector<std::string>{});
}

TEST_F(SqsMessages, TheSumOfABatchIsLimited) {
  const std::string half(524'288, 'a');
  const json::array entries{{{"Id", "a"}, {"MessageBody", half}}, {{"Id", "b"}, {"MessageBody", half}}};
  EXPECT_EQ(batch("SendMessageBatch", entries).error(), "");
  json::array more = entries;
  more.push_back(json::object{{"Id", "c"}, {"MessageBody", "1"}});
  const Answer answer = batch("SendMessageBatch", more);
  EXPECT_EQ(answer.error(),
            "com.amazonaws.sqs#BatchRequestTooLong: Batch requests cannot be longer than 1048576 bytes. "
            "You have sent 1048577 bytes.");
  EXPECT_EQ(answer.header("x-amzn-query-error"), "AWS.SimpleQueueService.BatchRequestTooLong;Sender");
}

// ---- receiving

TEST_F(SqsMessages, SystemAttributesAreShownAsAskedFor) {
  send("orders", "x");
  clock.advance(seconds(2));
  Answer received = receive("orders", {{"AttributeNames", {"All"}}, {"VisibilityTimeout", 0}});
  EXPECT_EQ(received.json().at("Messages").at(0).at("Attributes"), json::parse(R"({
    "SenderId":"AIDAEVENTBUSD00000000","SentTimestamp":"1767323045678","ApproximateReceiveCount":"1",
    "ApproximateFirstReceiveTimestamp":"1767323047678"})"));
  clock.advance(seconds(1));
  received = receive(
      "orders", {{"MessageSystemAttributeNames", {"ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"}}});
  EXPECT_EQ(received.json().at("Messages").at(0).at("Attributes"),
            json::parse(R"({"ApproximateReceiveCount":"2","ApproximateFirstReceiveTimestamp":"1767323047678"})"));
  EXPECT_EQ(receive("orders", {{"AttributeNames", {"Colour"}}}).error(),
            "com.amazonaws.sqs#InvalidAttributeName: Unknown Attribute Colour.");
}

TEST_F(SqsMessages, ReceivesUpToTenAndChecksItsNumbers) {
  for (int i = 0; i < 12; ++i) send("orders", std::to_string(i));
  EXPECT_EQ(receive("orders").count("Messages"), 1U);
  EXPECT_EQ(receive("orders", {{"MaxNumberOfMessages", 3}}).count("Messages"), 3U);
  EXPECT_EQ(receive("orders", {{"MaxNumberOfMessages", 10}}).count("Messages"), 8U);
  EXPECT_EQ(
      receive("orders", {{"MaxNumberOfMessages", 11}}).error(),
      std::string(kInvalidParameter) +
          ": Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.");
  EXPECT_EQ(receive("orders", {{"MaxNumberOfMessages", 0}}).at("__type"), kInvalidParameter);
  EXPECT_EQ(receive("orders", {{"WaitTimeSeconds", 21}}).error(),
            std::string(kInvalidParameter) +
                ": Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.");
  EXPECT_EQ(receive("orders", {{"VisibilityTimeout", 43'201}}).at("__type"), kInvalidParameter);
  EXPECT_EQ(receive("orders", {{"VisibilityTimeout", -1}}).at("__type"), kInvalidParameter);
}

TEST_F(SqsMessages, WrongJsonTypesAreSerializationErrors) {
  EXPECT_EQ(receive("orders", {{"MaxNumberOfMessages", "3"}}).error(),
            "com.amazonaws.sqs#SerializationException: STRING_VALUE can not be converted to an Integer");
  EXPECT_EQ(receive("orders", {{"AttributeNames", "All"}}).at("__type"), "com.amazonaws.sqs#SerializationException");
  EXPECT_EQ(json("SendMessage", json::object{{"QueueUrl", url("orders")}, {"MessageBody", 3}}).at("__type"),
            "com.amazonaws.sqs#SerializationException");
  EXPECT_EQ(json("SendMessage", "{").at("__type"), "com.amazonaws.sqs#SerializationException");
  EXPECT_EQ(json("SendMessage", "[]").at("__type"), "com.amazonaws.sqs#SerializationException");
  // null is as good as absent.
  EXPECT_EQ(send("orders", "x", {{"DelaySeconds", nullptr}, {"MessageAttributes", nullptr}}).error(), "");
  EXPECT_EQ(receive("orders", {{"WaitTimeSeconds", nullptr}, {"MaxNumberOfMessages", 2.0}}).count("Messages"), 1U);
}

TEST_F(SqsMessages, AMessageIsHiddenForTheVisibilityTimeoutAndComesAgain) {
  send("orders", "x");
  const Answer first = receive("orders");
  EXPECT_EQ(attribute("orders", "ApproximateNumberOfMessagesNotVisible"), "1");
  clock.advance(seconds(29));
  EXPECT_EQ(receive("orders").text, "{}");
  clock.advance(seconds(1));
  EXPECT_EQ(attribute("orders", "ApproximateNumberOfMessagesNotVisible"), "0");
  const Answer second = receive("orders", {{"VisibilityTimeout", 5}});
  EXPECT_EQ(second.at("Messages/0/MessageId"), first.at("Messages/0/MessageId"));
  EXPECT_NE(second.at("Messages/0/ReceiptHandle"), first.at("Messages/0/ReceiptHandle"));
  clock.advance(seconds(5));
  EXPECT_EQ(receive("orders").count("Messages"), 1U);
}

TEST_F(SqsMessages, ExpiredMessagesAreGone) {
  create("short", {{"MessageRetentionPeriod", "60"}});
  send("short", "x");
  clock.advance(seconds(59));
  EXPECT_EQ(receive("short", {{"VisibilityTimeout", 0}}).count("Messages"), 1U);
  clock.advance(seconds(1));
  EXPECT_EQ(receive("short").text, "{}");
  EXPECT_EQ(attribute("short", "ApproximateNumberOfMessages"), "0");
}

TEST_F(SqsMessages, AStandardQueueHasALimitOfMessagesInFlight) {
  limits.in_flight_messages = 2;
  for (int i = 0; i < 3; ++i) send("orders", "x");
  EXPECT_EQ(receive("orders", {{"MaxNumberOfMessages", 10}}).count("Messages"), 2U);
  const Answer over = receive("orders");
  EXPECT_EQ(over.at("__type"), "com.amazonaws.sqs#OverLimit");
  EXPECT_EQ(over.status, 403U);
  EXPECT_EQ(over.header("x-amzn-query-error"), "OverLimit;Sender");
}

// ---- deleting

TEST_F(SqsMessages, ADeletedMessageNeverComesBack) {
  send("orders", "x");
  const std::string handle = receive("orders").at("Messages/0/ReceiptHandle");
  EXPECT_EQ(remove("orders", handle).text, "{}");
  EXPECT_EQ(remove("orders", handle).error(), "");  // deleting again succeeds
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(receive("orders").text, "{}");
  restart();
  EXPECT_EQ(receive("orders").text, "{}");
}

TEST_F(SqsMessages, AnExpiredHandleDeletesUnlessTheMessageWasReceivedAgain) {
  send("orders", "x");
  const std::string first = receive("orders").at("Messages/0/ReceiptHandle");
  clock.advance(seconds(30));
  const std::string second = receive("orders").at("Messages/0/ReceiptHandle");
  EXPECT_EQ(remove("orders", first).error(), "");  // AWS: "the request succeeds, but the message will not be deleted"
  EXPECT_EQ(attribute("orders", "ApproximateNumberOfMessagesNotVisible"), "1");
  clock.advance(seconds(30));
  EXPECT_EQ(remove("orders", second).error(), "");
  EXPECT_EQ(attribute("orders", "ApproximateNumberOfMessages"), "0");
}

TEST_F(SqsMessages, HandlesThatAreNoneAreInvalid) {
  create("other");
  send("orders", "x");
  const std::string handle = receive("orders").at("Messages/0/ReceiptHandle");
  std::string broken = handle;
  broken[10] = broken[10] == 'A' ? 'B' : 'A';
  for (const std::string& bad : {std::string("garbage"), broken, handle.substr(4)}) {
    const Answer answer = remove("orders", bad);
    EXPECT_EQ(answer.error(), "com.amazonaws.sqs#ReceiptHandleIsInvalid: The input receipt handle \"" + bad +
                                  "\" is not a valid receipt handle.");
    EXPECT_EQ(answer.header("x-amzn-query-error"), "ReceiptHandleIsInvalid;Sender");
    EXPECT_EQ(change_visibility("orders", bad, 1).at("__type"), "com.amazonaws.sqs#ReceiptHandleIsInvalid");
  }
  EXPECT_EQ(remove("other", handle).at("__type"), "com.amazonaws.sqs#ReceiptHandleIsInvalid");
  EXPECT_EQ(remove("orders", "").at("__type"), "com.amazonaws.sqs#MissingRequiredParameterException");
}

TEST_F(SqsMessages, ABatchOfDeletesIsOneCommitWithItsOwnFailures) {
  for (int i = 0; i < 3; ++i) send("orders", "x");
  const Answer received = receive("orders", {{"MaxNumberOfMessages", 10}});
  json::array entries;
  for (std::size_t i = 0; i < 3; ++i)
    entries.push_back(json::object{{"Id", std::to_string(i)},
                                   {"ReceiptHandle", received.at("Messages/" + std::to_string(i) + "/ReceiptHandle")}});
  entries.push_back(json::object{{"Id", "bad"}, {"ReceiptHandle", "nonsense"}});
  const std::uint64_t commits = storage->health().commits;
  const Answer answer = batch("DeleteMessageBatch", entries);
  EXPECT_EQ(storage->health().commits, commits + 1);
  EXPECT_EQ(answer.json().at("Successful"), json::parse(R"([{"Id":"0"},{"Id":"1"},{"Id":"2"}])"));
  EXPECT_EQ(answer.count("Failed"), 1U);
  EXPECT_EQ(answer.at("Failed/0/Code"), "ReceiptHandleIsInvalid");
  EXPECT_EQ(attribute("orders", "ApproximateNumberOfMessagesNotVisible"), "0");
}

TEST_F(SqsMessages, ADeleteThatDidNotReachTheDiskIsNotAcknowledged) {
  send("orders", "x");
  const std::string handle = receive("orders").at("Messages/0/ReceiptHandle");
  table->fail_writes(1);
  EXPECT_EQ(remove("orders", handle).status, 503U);
  EXPECT_EQ(attribute("orders", "ApproximateNumberOfMessagesNotVisible"), "1");
  EXPECT_EQ(remove("orders", handle).status, 200U);
}

// ---- visibility

TEST_F(SqsMessages, VisibilityIsChangedWhileTheMessageIsInFlight) {
  send("orders", "x");
  const std::string handle = receive("orders").at("Messages/0/ReceiptHandle");
  clock.advance(seconds(20));
  EXPECT_EQ(change_visibility("orders", handle, 30).text, "{}");
  clock.advance(seconds(29));
  EXPECT_EQ(receive("orders").text, "{}");
  EXPECT_EQ(change_visibility("orders", handle, 0).error(), "");
  const std::string second = receive("orders").at("Messages/0/ReceiptHandle");
  EXPECT_NE(second, "");
  // The first handle's time is over: another holds the message now.
  EXPECT_EQ(change_visibility("orders", handle, 10).error(),
            std::string(kInvalidParameter) + ": Value " + handle +
                " for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for "
                "visibility timeout change.");
  EXPECT_EQ(remove("orders", second).error(), "");
  EXPECT_THAT(change_visibility("orders", second, 10).error(), HasSubstr("Message does not exist"));
}

// Recorded of AWS: 200, and the message stays visible.
TEST_F(SqsMessages, ALateChangeOfVisibilitySucceedsAndChangesNothing) {
  send("orders", "x");
  const std::string handle = receive("orders").at("Messages/0/ReceiptHandle");
  clock.advance(seconds(30));
  for (const int timeout : {10, 0}) EXPECT_EQ(change_visibility("orders", handle, timeout).text, "{}");
  EXPECT_EQ(attribute("orders", "ApproximateNumberOfMessages"), "1");
  EXPECT_EQ(attribute("orders", "ApproximateNumberOfMessagesNotVisible"), "0");
  EXPECT_EQ(receive("orders").count("Messages"), 1U);
}

TEST_F(SqsMessages, TwelveHoursOfVisibilityAreAllThereIs) {
  send("orders", "x");
  const std::string handle = receive("orders").at("Messages/0/ReceiptHandle");
  EXPECT_EQ(
      change_visibility("orders", handle, 43'201).error(),
      std::string(kInvalidParameter) +
          ": Value 43201 for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer "
          "between 0 and 43200.");
  EXPECT_EQ(change_visibility("orders", handle, -1).at("__type"), kInvalidParameter);
  EXPECT_EQ(change_visibility("orders", handle, 43'200).error(), "");
  clock.advance(seconds(10));
  EXPECT_THAT(change_visibility("orders", handle, 43'191).error(),
              HasSubstr("Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"));
  EXPECT_EQ(change_visibility("orders", handle, 43'190).error(), "");
}

TEST_F(SqsMessages, VisibilityInBatches) {
  send("orders", "a");
  send("orders", "b");
  const Answer received = receive("orders", {{"MaxNumberOfMessages", 2}});
  const Answer answer =
      batch("ChangeMessageVisibilityBatch",
            {{{"Id", "a"}, {"ReceiptHandle", received.at("Messages/0/ReceiptHandle")}, {"VisibilityTimeout", 0}},
             {{"Id", "b"}, {"ReceiptHandle", received.at("Messages/1/ReceiptHandle")}},
             {{"Id", "c"}, {"ReceiptHandle", "r"}, {"VisibilityTimeout", 0}}});
  EXPECT_EQ(answer.json().at("Successful"), json::parse(R"([{"Id":"a"}])"));
  EXPECT_EQ(answer.at("Failed/0/Code"), "MissingParameter");
  EXPECT_EQ(answer.at("Failed/1/Code"), "ReceiptHandleIsInvalid");
  EXPECT_EQ(bodies("orders"), std::vector<std::string>{"a"});
}

TEST_F(SqsMessages, CountsAreRightThroughALife) {
  const auto counts = [&] {
    return attribute("orders", "ApproximateNumberOfMessages") + "/" +
           attribute("orders", "ApproximateNumberOfMessagesNotVisible") + "/" +
           attribute("orders", "ApproximateNumberOfMessagesDelayed");
  };
  EXPECT_EQ(counts(), "0/0/0");
  send("orders", "a");
  send("orders", "b", {{"DelaySeconds", 10}});
  EXPECT_EQ(counts(), "1/0/1");
  const std::string handle = receive("orders").at("Messages/0/ReceiptHandle");
  EXPECT_EQ(counts(), "0/1/1");
  clock.advance(seconds(10));
  EXPECT_EQ(counts(), "1/1/0");
  remove("orders", handle);
  EXPECT_EQ(counts(), "1/0/0");
  restart();
  EXPECT_EQ(counts(), "1/0/0");
}

TEST_F(SqsMessages, UnknownOperationsAreRefusedInTheProtocol) {
  const Answer answer = json("Dance", "{}");
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(answer.at("__type"), "com.amazonaws.sqs#UnknownOperationException");
}

}  // namespace
}  // namespace eventbus
