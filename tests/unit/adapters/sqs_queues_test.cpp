// Queues: create, find, list, describe, change, tag, share, purge and delete, in the JSON protocol.

#include "bus/queue_document.h"
#include "tests/unit/adapters/sqs_fixture.h"

#include <gmock/gmock.h>

namespace eventbus {
namespace {

using testing::Answer;
using ::testing::HasSubstr;
namespace json = boost::json;

class SqsQueues : public testing::SqsFixture {
 protected:
  Answer attributes(std::string_view queue, json::array names = {"All"}) {
    return json("GetQueueAttributes", json::object{{"QueueUrl", url(queue)}, {"AttributeNames", names}});
  }
  Answer set(std::string_view queue, json::object attributes) {
    return json("SetQueueAttributes", json::object{{"QueueUrl", url(queue)}, {"Attributes", attributes}});
  }
  Answer create_with(std::string_view name, json::object attributes) {
    return json("CreateQueue", json::object{{"QueueName", name}, {"Attributes", attributes}});
  }
};

TEST_F(SqsQueues, QueueUrlCarriesTheHostTheClientUsed) {
  EXPECT_EQ(create("orders"), "http://bus.test:4566/000000000000/orders");
  EXPECT_EQ(json("GetQueueUrl", R"({"QueueName":"orders"})").at("QueueUrl"),
            "http://bus.test:4566/000000000000/orders");
}

TEST_F(SqsQueues, OfAQueueUrlOnlyThePathCounts) {
  create("orders");
  for (const char* address :
       {"https://sqs.us-east-1.amazonaws.com/000000000000/orders", "http://other:1/000000000000/orders/",
        "/000000000000/orders", "http://h/queue/us-east-1/000000000000/orders", "000000000000/orders"})
    EXPECT_EQ(json("SendMessage", json::object{{"QueueUrl", address}, {"MessageBody", "x"}}).status, 200U) << address;
  for (const char* address : {"", "orders", "http://bus.test:4566/", "http://bus.test/12/orders"})
    EXPECT_EQ(json("DeleteQueue", json::object{{"QueueUrl", address}}).at("__type"), "com.amazonaws.sqs#InvalidAddress")
        << address;
}

TEST_F(SqsQueues, ANewQueueHasAwsDefaults) {
  create("orders");
  EXPECT_EQ(attributes("orders").json().at("Attributes"), json::parse(R"({
    "ApproximateNumberOfMessages":"0","ApproximateNumberOfMessagesDelayed":"0",
    "ApproximateNumberOfMessagesNotVisible":"0","CreatedTimestamp":"1767323045","DelaySeconds":"0",
    "LastModifiedTimestamp":"1767323045","MaximumMessageSize":"1048576","MessageRetentionPeriod":"345600",
    "QueueArn":"arn:aws:sqs:us-east-1:000000000000:orders","ReceiveMessageWaitTimeSeconds":"0",
    "SqsManagedSseEnabled":"true","VisibilityTimeout":"30"})"));
  create("orders.fifo", {{"ContentBasedDeduplication", "true"}});
  const json::object fifo = attributes("orders.fifo").json().at("Attributes").as_object();
  EXPECT_EQ(fifo.at("FifoQueue"), "true");
  EXPECT_EQ(fifo.at("ContentBasedDeduplication"), "true");
  EXPECT_EQ(fifo.at("DeduplicationScope"), "queue");
  EXPECT_EQ(fifo.at("FifoThroughputLimit"), "perQueue");
}

TEST_F(SqsQueues, AttributesThatWereNotSetAreLeftOutAndUnknownOnesRefused) {
  create("orders");
  EXPECT_EQ(attributes("orders", {"RedrivePolicy", "Policy", "RedriveAllowPolicy"}).text, "{}");
  EXPECT_EQ(attributes("orders", {}).text, "{}");
  EXPECT_EQ(attributes("orders", {"QueueArn", "DelaySeconds"}).text,
            R"({"Attributes":{"DelaySeconds":"0","QueueArn":"arn:aws:sqs:us-east-1:000000000000:orders"}})");
  EXPECT_EQ(attributes("orders", {"Colour"}).error(),
            "com.amazonaws.sqs#InvalidAttributeName: Unknown Attribute Colour.");
}

TEST_F(SqsQueues, JsonAttributesComeBackByteForByteAndAreRemovedByAnEmptyText) {
  create("dlq");
  const std::string policy =
      R"({"maxReceiveCount" :  3,"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dlq"})";
  create("orders", {{"RedrivePolicy", policy}});
  EXPECT_EQ(attribute("orders", "RedrivePolicy"), policy);
  const std::string allow =
      R"({ "redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:orders"] })";
  EXPECT_EQ(set("dlq", {{"RedriveAllowPolicy", allow}, {"Policy", R"({"Version": "2012-10-17"})"}}).error(), "");
  EXPECT_EQ(attribute("dlq", "RedriveAllowPolicy"), allow);
  EXPECT_EQ(attribute("dlq", "Policy"), R"({"Version": "2012-10-17"})");
  EXPECT_EQ(set("dlq", {{"RedriveAllowPolicy", ""}, {"Policy", ""}}).error(), "");
  EXPECT_EQ(attributes("dlq", {"RedriveAllowPolicy", "Policy"}).text, "{}");
  EXPECT_EQ(set("orders", {{"RedrivePolicy", ""}}).error(), "");
  EXPECT_EQ(attributes("orders", {"RedrivePolicy"}).text, "{}");
}

TEST_F(SqsQueues, ValuesOutOfRangeAreRefusedInAwsWords) {
  create("orders");
  const struct {
    const char *name, *value;
  } bad[] = {{"VisibilityTimeout", "43201"},
             {"VisibilityTimeout", "-1"},
             {"VisibilityTimeout", "x"},
             {"VisibilityTimeout", ""},
             {"VisibilityTimeout", "1.5"},
             {"MessageRetentionPeriod", "59"},
             {"MessageRetentionPeriod", "1209601"},
             {"DelaySeconds", "901"},
             {"ReceiveMessageWaitTimeSeconds", "21"},
             {"MaximumMessageSize", "1023"},
             {"MaximumMessageSize", "1048577"},
             {"KmsDataKeyReusePeriodSeconds", "59"},
             {"SqsManagedSseEnabled", "yes"},
             {"Policy", "[]"},
             {"Policy", "{"}};
  for (const auto& [name, value] : bad) {
    const Answer answer = set("orders", {{name, value}});
    EXPECT_EQ(answer.error(),
              std::string("com.amazonaws.sqs#InvalidAttributeValue: Invalid value for the parameter ") + name + ".");
    EXPECT_EQ(answer.status, 400U);
    EXPECT_EQ(answer.header("x-amzn-query-error"), "InvalidAttributeValue;Sender");
  }
  for (const char* name : {"All", "QueueArn", "CreatedTimestamp", "ApproximateNumberOfMessages", "visibilityTimeout",
                           "ContentBasedDeduplication", "FifoQueue", "DeduplicationScope"})
    EXPECT_EQ(set("orders", {{name, "true"}}).error(),
              std::string("com.amazonaws.sqs#InvalidAttributeName: Unknown Attribute ") + name + ".");
}

TEST_F(SqsQueues, SettingAttributesIsAllOrNothingAndMovesLastModified) {
  create("orders");
  clock.advance(std::chrono::seconds(5));
  EXPECT_NE(set("orders", {{"DelaySeconds", "7"}, {"VisibilityTimeout", "x"}}).error(), "");
  EXPECT_EQ(attribute("orders", "DelaySeconds"), "0");
  EXPECT_EQ(attribute("orders", "LastModifiedTimestamp"), "1767323045");
  EXPECT_EQ(set("orders", {{"DelaySeconds", "7"}}).error(), "");
  EXPECT_EQ(attribute("orders", "DelaySeconds"), "7");
  EXPECT_EQ(attribute("orders", "LastModifiedTimestamp"), "1767323050");
  EXPECT_EQ(attribute("orders", "CreatedTimestamp"), "1767323045");
}

TEST_F(SqsQueues, EncryptionByKmsAndBySqsExcludeEachOther) {
  create("orders");
  EXPECT_EQ(set("orders", {{"KmsMasterKeyId", "testKeyId"}, {"KmsDataKeyReusePeriodSeconds", "6000"}}).error(), "");
  EXPECT_EQ(
      attributes("orders", {"KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"}).text,
      R"({"Attributes":{"KmsDataKeyReusePeriodSeconds":"6000","KmsMasterKeyId":"testKeyId","SqsManagedSseEnabled":"false"}})");
  EXPECT_EQ(set("orders", {{"SqsManagedSseEnabled", "true"}}).error(), "");
  EXPECT_EQ(attributes("orders", {"KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"}).text,
            R"({"Attributes":{"SqsManagedSseEnabled":"true"}})");
  EXPECT_THAT(set("orders", {{"SqsManagedSseEnabled", "true"}, {"KmsMasterKeyId", "k"}}).error(),
              HasSubstr("InvalidAttributeName: You can use one type of server-side encryption (SSE) at one time."));
}

TEST_F(SqsQueues, CreateIsIdempotentUntilAnAttributeDiffers) {
  create("orders", {{"DelaySeconds", "1"}});
  EXPECT_EQ(create_with("orders", {}).status, 200U);
  EXPECT_EQ(create_with("orders", {{"DelaySeconds", "1"}, {"VisibilityTimeout", "30"}}).status, 200U);
  const Answer differs = create_with("orders", {{"DelaySeconds", "2"}});
  EXPECT_EQ(differs.error(),
            "com.amazonaws.sqs#QueueNameExists: A queue already exists with the same name and a different value for "
            "attribute DelaySeconds");
  EXPECT_EQ(differs.header("x-amzn-query-error"), "QueueAlreadyExists;Sender");
  create("dlq");
  create("sources", {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + arn("dlq") + R"(","maxReceiveCount":3})"}});
  EXPECT_EQ(create_with("sources",
                        {{"RedrivePolicy", R"({"maxReceiveCount": 3, "deadLetterTargetArn":")" + arn("dlq") + R"("})"}})
                .status,
            200U);
}

TEST_F(SqsQueues, NamesFollowTheRules) {
  for (const std::string& name : {std::string(""), std::string("a.b"), std::string("a b"), std::string(81, 'a'),
                                  std::string("a.fifo"), std::string("ä")})
    EXPECT_EQ(create_with(name, {}).at("__type"), "com.amazonaws.sqs#InvalidParameterValueException") << name;
  EXPECT_EQ(create_with("a", {{"FifoQueue", "true"}}).at("__type"), "com.amazonaws.sqs#InvalidParameterValueException");
  EXPECT_EQ(create_with(".fifo", {{"FifoQueue", "true"}}).at("__type"),
            "com.amazonaws.sqs#InvalidParameterValueException");
  EXPECT_EQ(create_with("a", {{"FifoQueue", "false"}}).error(),
            "com.amazonaws.sqs#InvalidAttributeName: Unknown Attribute FifoQueue.");
  EXPECT_EQ(create_with(std::string(75, 'a') + ".fifo", {{"FifoQueue", "true"}}).status, 200U);
  EXPECT_EQ(create_with(std::string(80, 'a'), {}).status, 200U);
  EXPECT_EQ(json("CreateQueue", "{}").error(),
            "com.amazonaws.sqs#MissingRequiredParameterException: The request must contain the parameter QueueName.");
}

TEST_F(SqsQueues, AFifoQueueStaysOneAndItsThroughputNeedsGroupScope) {
  create("orders.fifo");
  EXPECT_EQ(
      set("orders.fifo", {{"FifoQueue", "false"}}).error(),
      "com.amazonaws.sqs#InvalidAttributeValue: Invalid value for the parameter FifoQueue. Reason: Modifying queue "
      "type is not supported.");
  EXPECT_EQ(set("orders.fifo", {{"FifoQueue", "true"}}).error(), "");
  EXPECT_EQ(set("orders.fifo", {{"FifoThroughputLimit", "perMessageGroupId"}}).at("__type"),
            "com.amazonaws.sqs#InvalidAttributeValue");
  EXPECT_EQ(set("orders.fifo", {{"FifoThroughputLimit", "perMessageGroupId"}, {"DeduplicationScope", "messageGroup"}})
                .error(),
            "");
  EXPECT_EQ(set("orders.fifo", {{"DeduplicationScope", "everywhere"}}).at("__type"),
            "com.amazonaws.sqs#InvalidAttributeValue");
}

TEST_F(SqsQueues, RedrivePolicyIsCheckedAgainstItsTarget) {
  create("orders");
  create("dlq");
  create("dlq.fifo");
  const auto reason = [&](std::string policy) {
    const Answer answer = set("orders", {{"RedrivePolicy", policy}});
    const std::string prefix = "com.amazonaws.sqs#InvalidParameterValueException: Value " + policy +
                               " for parameter RedrivePolicy is invalid. Reason: ";
    EXPECT_TRUE(answer.error().starts_with(prefix)) << answer.text;
    return answer.error().substr(std::min(answer.error().size(), prefix.size()));
  };
  const auto to = [&](std::string target, std::string count) {
    return R"({"deadLetterTargetArn":")" + target + R"(","maxReceiveCount":)" + count + "}";
  };
  EXPECT_EQ(reason(R"({"deadLetterTargetArn": "dummy", "maxReceiveCount": 42})"),
            "Invalid value for deadLetterTargetArn.");
  EXPECT_EQ(reason("no"), "Redrive policy is not a valid JSON map.");
  EXPECT_EQ(reason(R"({"maxReceiveCount":1})"),
            "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  EXPECT_EQ(reason(R"({"deadLetterTargetArn":")" + arn("dlq") + R"("})"),
            "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  EXPECT_EQ(reason(to(arn("dlq"), "0")),
            "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.");
  EXPECT_EQ(reason(to(arn("dlq"), "1001")),
            "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.");
  EXPECT_EQ(reason(to(arn("none"), "1")), "Dead letter target does not exist.");
  EXPECT_EQ(reason(to(arn("dlq.fifo"), "1")), "Dead-letter queue must be same type of queue as the source.");
  EXPECT_EQ(reason(to("arn:aws:sqs:us-east-1:111111111111:dlq", "1")),
            "Dead-letter target owner should be same as the source.");
  EXPECT_EQ(set("dlq", {{"RedriveAllowPolicy", R"({"redrivePermission":"denyAll"})"}}).error(), "");
  EXPECT_THAT(reason(to(arn("dlq"), "1")), HasSubstr("does not have permission"));
  EXPECT_EQ(set("dlq", {{"RedriveAllowPolicy", R"({"redrivePermission":"allowAll"})"}}).error(), "");
  EXPECT_EQ(set("orders", {{"RedrivePolicy", to(arn("dlq"), "\"5\"")}}).error(), "");
}

TEST_F(SqsQueues, RedriveAllowPolicyHasItsOwnRules) {
  create("dlq");
  for (const char* bad :
       {"x", "{}", R"({"redrivePermission":"some"})", R"({"redrivePermission":"byQueue"})",
        R"({"redrivePermission":"byQueue","sourceQueueArns":[]})",
        R"({"redrivePermission":"byQueue","sourceQueueArns":["orders"]})",
        R"({"redrivePermission":"denyAll","sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:o"]})"})
    EXPECT_EQ(set("dlq", {{"RedriveAllowPolicy", bad}}).at("__type"),
              "com.amazonaws.sqs#InvalidParameterValueException")
        << bad;
}

TEST_F(SqsQueues, EveryOperationOnAMissingQueueSaysSo) {
  const std::string gone = url("gone");
  const std::pair<const char*, json::object> calls[] = {
      {"AddPermission", {{"Label", "l"}, {"AWSAccountIds", {"000000000000"}}, {"Actions", {"*"}}}},
      {"ChangeMessageVisibility", {{"ReceiptHandle", "r"}, {"VisibilityTimeout", 1}}},
      {"ChangeMessageVisibilityBatch", {{"Entries", json::array{}}}},
      {"DeleteMessage", {{"ReceiptHandle", "r"}}},
      {"DeleteMessageBatch", {{"Entries", json::array{}}}},
      {"DeleteQueue", {}},
      {"GetQueueAttributes", {}},
      {"ListDeadLetterSourceQueues", {}},
      {"ListQueueTags", {}},
      {"PurgeQueue", {}},
      {"ReceiveMessage", {}},
      {"RemovePermission", {{"Label", "l"}}},
      {"SendMessage", {{"MessageBody", "b"}}},
      {"SendMessageBatch", {{"Entries", json::array{}}}},
      {"SetQueueAttributes", {{"Attributes", json::object{}}}},
      {"TagQueue", {{"Tags", json::object{}}}},
      {"UntagQueue", {{"TagKeys", json::array{}}}},
  };
  for (auto [operation, body] : calls) {
    body["QueueUrl"] = gone;
    const Answer answer = json(operation, body);
    EXPECT_EQ(answer.error(), "com.amazonaws.sqs#QueueDoesNotExist: The specified queue does not exist.") << operation;
    EXPECT_EQ(answer.status, 400U);
    EXPECT_EQ(answer.header("x-amzn-query-error"), "AWS.SimpleQueueService.NonExistentQueue;Sender");
    body.erase("QueueUrl");
    EXPECT_EQ(json(operation, body).error(),
              "com.amazonaws.sqs#MissingRequiredParameterException: The request must contain the parameter QueueUrl.")
        << operation;
  }
  EXPECT_EQ(json("GetQueueUrl", R"({"QueueName":"gone"})").at("__type"), "com.amazonaws.sqs#QueueDoesNotExist");
}

TEST_F(SqsQueues, AccountsAndRegionsAreWorldsOfTheirOwn) {
  create("orders");
  const Scope here = scope;
  scope = {"111111111111", "us-east-1"};
  EXPECT_EQ(json("ListQueues", "{}").text, "{}");
  EXPECT_EQ(json("GetQueueUrl", R"({"QueueName":"orders"})").at("__type"), "com.amazonaws.sqs#QueueDoesNotExist");
  // The account of a QueueUrl counts, not the caller's.
  EXPECT_EQ(json("GetQueueUrl", R"({"QueueName":"orders","QueueOwnerAWSAccountId":"000000000000"})").at("QueueUrl"),
            "http://bus.test:4566/000000000000/orders");
  EXPECT_EQ(json("SendMessage", R"({"QueueUrl":"http://x/000000000000/orders","MessageBody":"b"})").status, 200U);
  scope = {"000000000000", "eu-west-1"};
  EXPECT_EQ(json("SendMessage", R"({"QueueUrl":"http://x/000000000000/orders","MessageBody":"b"})").status, 400U);
  scope = here;
  EXPECT_EQ(attribute("orders", "ApproximateNumberOfMessages"), "1");
}

TEST_F(SqsQueues, ListsByPrefixAndInPages) {
  for (const char* name : {"b-2", "a-1", "b-1", "b-3"}) create(name);
  EXPECT_EQ(json("ListQueues", "{}").json().at("QueueUrls"),
            (json::array{url("a-1"), url("b-1"), url("b-2"), url("b-3")}));
  EXPECT_EQ(json("ListQueues", R"({"QueueNamePrefix":"c"})").text, "{}");
  Answer page = json("ListQueues", R"({"QueueNamePrefix":"b","MaxResults":2})");
  EXPECT_EQ(page.json().at("QueueUrls"), (json::array{url("b-1"), url("b-2")}));
  page = json("ListQueues",
              json::object{{"QueueNamePrefix", "b"}, {"MaxResults", 2}, {"NextToken", page.at("NextToken")}});
  EXPECT_EQ(page.json().at("QueueUrls"), (json::array{url("b-3")}));
  EXPECT_FALSE(page.json().contains("NextToken"));
  EXPECT_EQ(json("ListQueues", R"({"MaxResults":0})").at("__type"), "com.amazonaws.sqs#InvalidParameterValueException");
  EXPECT_EQ(json("ListQueues", R"({"MaxResults":1001})").at("__type"),
            "com.amazonaws.sqs#InvalidParameterValueException");
  for (const char* made_up : {R"({"NextToken":"*"})", R"({"NextToken":"nonsense"})"})
    EXPECT_EQ(json("ListQueues", made_up).at("__type"), "com.amazonaws.sqs#InvalidParameterValueException");
}

TEST_F(SqsQueues, ListsTheSourcesOfADeadLetterQueue) {
  create("dlq");
  create("other");
  EXPECT_EQ(json("ListDeadLetterSourceQueues", json::object{{"QueueUrl", url("dlq")}}).text, R"({"queueUrls":[]})");
  for (const char* name : {"s2", "s1"})
    create(name, {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + arn("dlq") + R"(","maxReceiveCount":3})"}});
  EXPECT_EQ(json("ListDeadLetterSourceQueues", json::object{{"QueueUrl", url("dlq")}}).json().at("queueUrls"),
            (json::array{url("s1"), url("s2")}));
  const Answer page = json("ListDeadLetterSourceQueues", json::object{{"QueueUrl", url("dlq")}, {"MaxResults", 1}});
  EXPECT_EQ(page.json().at("queueUrls"), (json::array{url("s1")}));
  EXPECT_NE(page.at("NextToken"), "");
}

TEST_F(SqsQueues, TagsAreAddedReplacedAndRemoved) {
  EXPECT_EQ(json("CreateQueue", R"({"QueueName":"orders","tags":{"a":"1","b":"2"}})").status, 200U);
  const auto tag = [&](json::object tags) {
    return json("TagQueue", json::object{{"QueueUrl", url("orders")}, {"Tags", tags}});
  };
  const auto tags = [&] { return json("ListQueueTags", json::object{{"QueueUrl", url("orders")}}).text; };
  EXPECT_EQ(tags(), R"({"Tags":{"a":"1","b":"2"}})");
  EXPECT_EQ(tag({{"b", "3"}, {"c", ""}}).error(), "");
  EXPECT_EQ(tags(), R"({"Tags":{"a":"1","b":"3","c":""}})");
  EXPECT_EQ(json("UntagQueue", json::object{{"QueueUrl", url("orders")}, {"TagKeys", {"a", "b", "none"}}}).error(), "");
  EXPECT_EQ(tags(), R"({"Tags":{"c":""}})");
  json::object many;
  for (int i = 0; i < 50; ++i) many["k" + std::to_string(i)] = "v";
  EXPECT_EQ(tag(many).at("__type"), "com.amazonaws.sqs#InvalidParameterValueException");
  many.erase("k0");
  EXPECT_EQ(tag(many).error(), "");
  EXPECT_EQ(tag({{"aws:x", "v"}}).status, 400U);
  EXPECT_EQ(tag({{std::string(129, 'k'), "v"}}).status, 400U);
  EXPECT_EQ(tag({{"k1", std::string(257, 'v')}}).status, 400U);
  EXPECT_EQ(json("UntagQueue", json::object{{"QueueUrl", url("orders")}, {"TagKeys", {"c"}}}).error(), "");
}

TEST_F(SqsQueues, PermissionsAreStatementsOfThePolicy) {
  create("orders");
  const auto add = [&](const char* label, json::array accounts, json::array actions) {
    return json(
        "AddPermission",
        json::object{{"QueueUrl", url("orders")}, {"Label", label}, {"AWSAccountIds", accounts}, {"Actions", actions}});
  };
  const auto remove = [&](const char* label) {
    return json("RemovePermission", json::object{{"QueueUrl", url("orders")}, {"Label", label}});
  };
  EXPECT_EQ(add("share", {"111111111111", "222222222222"}, {"ReceiveMessage"}).error(), "");
  EXPECT_EQ(
      attribute("orders", "Policy"),
      R"({"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-1:000000000000:orders/SQSDefaultPolicy","Statement":[)"
      R"({"Sid":"share","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:root","arn:aws:iam::222222222222:root"]},)"
      R"("Action":"SQS:ReceiveMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:orders"}]})");
  EXPECT_EQ(
      add("share", {"111111111111"}, {"*"}).error(),
      "com.amazonaws.sqs#InvalidParameterValueException: Value share for parameter Label is invalid. Reason: Already "
      "exists.");
  EXPECT_EQ(add("more", {"111111111111"}, {"SendMessage", "DeleteMessage"}).error(), "");
  EXPECT_EQ(remove("share").error(), "");
  EXPECT_EQ(
      remove("share").error(),
      "com.amazonaws.sqs#InvalidParameterValueException: Value share for parameter Label is invalid. Reason: can't "
      "find label.");
  EXPECT_THAT(attribute("orders", "Policy"), HasSubstr(R"("Action":["SQS:SendMessage","SQS:DeleteMessage"])"));
  EXPECT_EQ(remove("more").error(), "");
  EXPECT_EQ(attributes("orders", {"Policy"}).text, "{}");

  EXPECT_THAT(add("x", {"12"}, {"*"}).error(), HasSubstr("Value 12 for parameter PrincipalId is invalid."));
  EXPECT_THAT(add("x", {"111111111111"}, {"CreateQueue"}).error(), HasSubstr("Only the queue owner is allowed"));
  EXPECT_THAT(add("x", {"111111111111"}, {"Dance"}).error(), HasSubstr("Value SQS:Dance for parameter ActionName"));
  EXPECT_THAT(add("a b", {"111111111111"}, {"*"}).error(), HasSubstr("Value a b for parameter Label"));
  const Answer many = add("x", {"111111111111"},
                          {"SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility",
                           "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues", "SendMessageBatch"});
  EXPECT_EQ(many.error(), "com.amazonaws.sqs#OverLimit: 8 Actions were found, maximum allowed is 7.");
  EXPECT_EQ(many.status, 403U);
}

TEST_F(SqsQueues, PurgeDeletesAllMessagesOnceAMinute) {
  create("orders");
  send("orders", "visible");
  send("orders", "hidden");
  send("orders", "delayed", {{"DelaySeconds", 60}});
  receive("orders");
  EXPECT_EQ(json("PurgeQueue", json::object{{"QueueUrl", url("orders")}}).error(), "");
  EXPECT_EQ(attribute("orders", "ApproximateNumberOfMessages"), "0");
  EXPECT_EQ(attribute("orders", "ApproximateNumberOfMessagesNotVisible"), "0");
  EXPECT_EQ(attribute("orders", "ApproximateNumberOfMessagesDelayed"), "0");
  const Answer again = json("PurgeQueue", json::object{{"QueueUrl", url("orders")}});
  EXPECT_EQ(
      again.error(),
      "com.amazonaws.sqs#PurgeQueueInProgress: Only one PurgeQueue operation on orders is allowed every 60 seconds.");
  EXPECT_EQ(again.status, 403U);
  EXPECT_EQ(again.header("x-amzn-query-error"), "AWS.SimpleQueueService.PurgeQueueInProgress;Sender");
  clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(json("PurgeQueue", json::object{{"QueueUrl", url("orders")}}).error(), "");
}

TEST_F(SqsQueues, ADeletedQueuesNameIsFreeAtOnceAndItsMessagesAreGone) {
  create("orders", {{"DelaySeconds", "3"}});
  send("orders", "old");
  EXPECT_EQ(json("DeleteQueue", json::object{{"QueueUrl", url("orders")}}).error(), "");
  EXPECT_EQ(json("DeleteQueue", json::object{{"QueueUrl", url("orders")}}).at("__type"),
            "com.amazonaws.sqs#QueueDoesNotExist");
  create("orders");
  EXPECT_EQ(attribute("orders", "DelaySeconds"), "0");
  EXPECT_EQ(bodies("orders"), std::vector<std::string>{});
}

TEST_F(SqsQueues, SurviveARestartWithEverythingThatWasSet) {
  create("dlq");
  const std::string policy = R"({"deadLetterTargetArn":")" + arn("dlq") + R"(","maxReceiveCount": 4})";
  EXPECT_EQ(json("CreateQueue", json::object{{"QueueName", "orders.fifo"},
                                             {"Attributes", {{"FifoQueue", "true"}, {"VisibilityTimeout", "7"}}},
                                             {"tags", {{"team", "ü"}}}})
                .error(),
            "");
  create("orders", {{"RedrivePolicy", policy}, {"MaximumMessageSize", "2048"}});
  send("orders", "kept");
  const std::string before = attributes("orders").text, fifo_before = attributes("orders.fifo").text;
  clock.advance(std::chrono::hours(1));
  restart();
  EXPECT_EQ(attributes("orders").text, before);
  EXPECT_EQ(attributes("orders.fifo").text, fifo_before);
  EXPECT_EQ(json("ListQueueTags", json::object{{"QueueUrl", url("orders.fifo")}}).text, R"({"Tags":{"team":"ü"}})");
  EXPECT_EQ(queues->find(scope, "orders")->max_receive_count, 4U);
  EXPECT_EQ(bodies("orders"), std::vector<std::string>{"kept"});
}

TEST_F(SqsQueues, ACorruptCatalogEntryIsNamedAtTheStart) {
  create("orders");
  EXPECT_FALSE(decode_queue("sqs/queue/000000000000/us-east-1/orders", R"({"version":2,"id":1})", limits));
  EXPECT_FALSE(decode_queue("sqs/queue/000000000000", R"({"version":1,"id":1})", limits));
  EXPECT_FALSE(decode_queue("sqs/queue/000000000000/us-east-1/orders", "x", limits));
}

TEST_F(SqsQueues, AFailingDiskChangesNothing) {
  create("orders");
  table->fail_writes(1);
  const Answer answer = json("TagQueue", json::object{{"QueueUrl", url("orders")}, {"Tags", {{"a", "b"}}}});
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(json("ListQueueTags", json::object{{"QueueUrl", url("orders")}}).text, "{}");
  EXPECT_EQ(json("TagQueue", json::object{{"QueueUrl", url("orders")}, {"Tags", {{"a", "b"}}}}).status, 200U);
}

}  // namespace
}  // namespace eventbus
