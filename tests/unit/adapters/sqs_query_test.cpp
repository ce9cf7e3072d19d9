// SQS in the Query protocol: forms as botocore 1.29 and other old clients send them, XML as they read it.

#include "adapters/aws/sqs/sqs_query.h"

#include "adapters/aws/sqs/sqs_shapes.h"
#include "tests/unit/adapters/sqs_fixture.h"

#include <gmock/gmock.h>

namespace eventbus {
namespace {

using std::chrono::seconds;
using testing::Answer;
using ::testing::HasSubstr;
using ::testing::Not;
namespace json = boost::json;

constexpr const char* kNamespace = "http://queue.amazonaws.com/doc/2012-11-05/";
constexpr const char* kRequestId = "00000000-0000-4000-8000-000000000001";

class SqsQuery : public testing::SqsFixture {
 protected:
  std::string response(const std::string& operation, const std::string& result) {
    return "<" + operation + "Response xmlns=\"" + kNamespace + "\">" + result + "<ResponseMetadata><RequestId>" +
           kRequestId + "</RequestId></ResponseMetadata></" + operation + "Response>";
  }
  std::string result(const std::string& operation, const std::string& content) {
    return response(operation, "<" + operation + "Result>" + content + "</" + operation + "Result>");
  }
  std::string error(const std::string& code, const std::string& message) {
    return std::string("<ErrorResponse xmlns=\"") + kNamespace + "\"><Error><Type>Sender</Type><Code>" + code +
           "</Code><Message>" + message + "</Message><Detail></Detail></Error><RequestId>" + kRequestId +
           "</RequestId></ErrorResponse>";
  }
  // The content of the first element of that name.
  std::string element(const std::string& xml, const std::string& name) {
    const std::size_t begin = xml.find("<" + name + ">");
    if (begin == std::string::npos) return "";
    const std::size_t from = begin + name.size() + 2;
    return xml.substr(from, xml.find("</" + name + ">", from) - from);
  }
  Answer call(const std::string& action, const std::string& parameters) {
    return query("Action=" + action + "&Version=2012-11-05&" + parameters);
  }
  Answer on_orders(const std::string& action, const std::string& parameters = "") {
    return call(action, "QueueUrl=http%3A%2F%2Fbus.test%3A4566%2F000000000000%2Forders&" + parameters);
  }
};

TEST_F(SqsQuery, CreatesAndDescribesAQueue) {
  const Answer created =
      call("CreateQueue",
           "QueueName=orders&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=3&Attribute.2.Name="
           "DelaySeconds&Attribute.2.Value=1&Tag.1.Key=a%20b&Tag.1.Value=%3C%26%3E");
  EXPECT_EQ(created.status, 200U);
  EXPECT_EQ(created.header("content-type"), "text/xml");
  EXPECT_EQ(created.header("x-amzn-requestid"), kRequestId);
  EXPECT_EQ(created.text, result("CreateQueue", "<QueueUrl>http://bus.test:4566/000000000000/orders</QueueUrl>"));
  EXPECT_EQ(on_orders("GetQueueAttributes", "AttributeName.1=VisibilityTimeout&AttributeName.2=DelaySeconds").text,
            result("GetQueueAttributes",
                   "<Attribute><Name>DelaySeconds</Name><Value>1</Value></Attribute>"
                   "<Attribute><Name>VisibilityTimeout</Name><Value>3</Value></Attribute>"));
  EXPECT_EQ(on_orders("ListQueueTags").text,
            result("ListQueueTags", "<Tag><Key>a b</Key><Value>&lt;&amp;&gt;</Value></Tag>"));
  EXPECT_EQ(call("GetQueueUrl", "QueueName=orders").text,
            result("GetQueueUrl", "<QueueUrl>http://bus.test:4566/000000000000/orders</QueueUrl>"));
  EXPECT_EQ(call("ListQueues", "QueueNamePrefix=o").text,
            result("ListQueues", "<QueueUrl>http://bus.test:4566/000000000000/orders</QueueUrl>"));
  EXPECT_EQ(call("ListQueues", "QueueNamePrefix=x").text, result("ListQueues", ""));
}

TEST_F(SqsQuery, VoidOperationsHaveNoResult) {
  create("orders");
  EXPECT_EQ(on_orders("SetQueueAttributes", "Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=3").text,
            response("SetQueueAttributes", ""));
  EXPECT_EQ(attribute("orders", "VisibilityTimeout"), "3");
  EXPECT_EQ(on_orders("TagQueue", "Tag.1.Key=a&Tag.1.Value=b&Tag.2.Key=c&Tag.2.Value=").text, response("TagQueue", ""));
  EXPECT_EQ(on_orders("UntagQueue", "TagKey.1=a").text, response("UntagQueue", ""));
  EXPECT_EQ(queues->find(scope, "orders")->tags, (QueueTags{{"c", ""}}));
  EXPECT_EQ(
      on_orders("AddPermission", "Label=l&AWSAccountId.1=111111111111&AWSAccountId.2=222222222222&ActionName.1=*").text,
      response("AddPermission", ""));
  EXPECT_EQ(on_orders("RemovePermission", "Label=l").text, response("RemovePermission", ""));
  EXPECT_EQ(on_orders("PurgeQueue").text, response("PurgeQueue", ""));
  EXPECT_EQ(on_orders("DeleteQueue").text, response("DeleteQueue", ""));
}

TEST_F(SqsQuery, SendsAndReceivesWithAttributes) {
  create("orders");
  const Answer sent = on_orders(
      "SendMessage",
      "MessageBody=a+%26+b%0D%3C&MessageAttribute.1.Name=x&MessageAttribute.1.Value.DataType=Binary&MessageAttribute.1."
      "Value."
      "BinaryValue=MTI%3D&MessageAttribute.2.Name=y&MessageAttribute.2.Value.DataType=String&MessageAttribute.2.Value."
      "StringValue=v&MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.DataType=String&"
      "MessageSystemAttribute.1.Value.StringValue=t");
  EXPECT_EQ(element(sent.text, "MD5OfMessageBody"), "51c99bb0eaa705fc8c5fb2a8d4488418");
  EXPECT_EQ(element(sent.text, "MD5OfMessageAttributes").size(), 32U);
  EXPECT_EQ(element(sent.text, "MD5OfMessageSystemAttributes").size(), 32U);
  const Answer received = on_orders(
      "ReceiveMessage", "AttributeName.1=ApproximateReceiveCount&MessageAttributeName.1=All&WaitTimeSeconds=0");
  const std::string message = element(received.text, "Message");
  EXPECT_EQ(element(message, "Body"), "a &amp; b&#xd;&lt;");
  EXPECT_EQ(element(message, "MessageId"), element(sent.text, "MessageId"));
  EXPECT_EQ(element(message, "MD5OfMessageAttributes"), element(sent.text, "MD5OfMessageAttributes"));
  EXPECT_THAT(message, HasSubstr("<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>"));
  EXPECT_THAT(message,
              HasSubstr("<MessageAttribute><Name>x</Name><Value><BinaryValue>MTI=</BinaryValue><DataType>Binary</"
                        "DataType></Value></MessageAttribute>"));
  EXPECT_THAT(message, HasSubstr("<MessageAttribute><Name>y</Name><Value><StringValue>v</StringValue><DataType>String</"
                                 "DataType></Value></MessageAttribute>"));
  std::string handle = element(message, "ReceiptHandle");
  std::string escaped;
  for (const char c : handle) escaped += c == '+' ? "%2B" : c == '/' ? "%2F" : c == '=' ? "%3D" : std::string(1, c);
  EXPECT_EQ(on_orders("ChangeMessageVisibility", "VisibilityTimeout=10&ReceiptHandle=" + escaped).text,
            response("ChangeMessageVisibility", ""));
  EXPECT_EQ(on_orders("DeleteMessage", "ReceiptHandle=" + escaped).text, response("DeleteMessage", ""));
  EXPECT_EQ(on_orders("ReceiveMessage").text, result("ReceiveMessage", ""));
}

TEST_F(SqsQuery, Batches) {
  create("orders");
  const Answer sent = on_orders("SendMessageBatch",
                                "SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=1&"
                                "SendMessageBatchRequestEntry.2.Id=b&SendMessageBatchRequestEntry.2.MessageBody=%01");
  EXPECT_THAT(sent.text, HasSubstr("<SendMessageBatchResultEntry><Id>a</Id><MessageId>"));
  EXPECT_THAT(sent.text, HasSubstr("<BatchResultErrorEntry><Id>b</Id><SenderFault>true</SenderFault><Code>"
                                   "InvalidMessageContents</Code><Message>Invalid binary character"));
  EXPECT_EQ(on_orders("SendMessageBatch", "Entries=").text,
            error("AWS.SimpleQueueService.EmptyBatchRequest",
                  "There should be at least one SendMessageBatchRequestEntry in the request."));
  EXPECT_THAT(
      on_orders("DeleteMessageBatch",
                "DeleteMessageBatchRequestEntry.1.Id=a&DeleteMessageBatchRequestEntry.1."
                "ReceiptHandle=x")
          .text,
      HasSubstr("<BatchResultErrorEntry><Id>a</Id><SenderFault>true</SenderFault><Code>ReceiptHandleIsInvalid</Code>"));
  EXPECT_THAT(on_orders("ChangeMessageVisibilityBatch",
                        "ChangeMessageVisibilityBatchRequestEntry.1.Id=a&ChangeMessageVisibilityBatchRequestEntry.1."
                        "ReceiptHandle=x&ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout=3")
                  .text,
              HasSubstr("<Code>ReceiptHandleIsInvalid</Code>"));
  EXPECT_EQ(on_orders("DeleteMessageBatch", "DeleteMessageBatchRequestEntry.1.Id=a").text,
            error("MissingParameter",
                  "The request must contain the parameter DeleteMessageBatchRequestEntry.1.ReceiptHandle."));
}

TEST_F(SqsQuery, MoveTasks) {
  create("dlq");
  create("orders", {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + arn("dlq") + R"(","maxReceiveCount":3})"}});
  const Answer started = call("StartMessageMoveTask", "SourceArn=" + arn("dlq") + "&MaxNumberOfMessagesPerSecond=5");
  EXPECT_NE(element(started.text, "TaskHandle"), "");
  EXPECT_EQ(call("ListMessageMoveTasks", "SourceArn=" + arn("dlq")).text,
            result("ListMessageMoveTasks",
                   "<ListMessageMoveTasksResultEntry><Status>COMPLETED</Status><SourceArn>" + arn("dlq") +
                       "</SourceArn><MaxNumberOfMessagesPerSecond>5</MaxNumberOfMessagesPerSecond>"
                       "<ApproximateNumberOfMessagesMoved>0</ApproximateNumberOfMessagesMoved>"
                       "<ApproximateNumberOfMessagesToMove>0</ApproximateNumberOfMessagesToMove>"
                       "<StartedTimestamp>1767323045678</StartedTimestamp></ListMessageMoveTasksResultEntry>"));
  const Answer unknown = call("CancelMessageMoveTask", "TaskHandle=x");
  EXPECT_EQ(unknown.text, error("InvalidParameterValue", "Value for parameter TaskHandle is invalid."));
  EXPECT_EQ(call("ListDeadLetterSourceQueues", "QueueUrl=/000000000000/dlq").text,
            result("ListDeadLetterSourceQueues", "<QueueUrl>http://bus.test:4566/000000000000/orders</QueueUrl>"));
}

TEST_F(SqsQuery, ErrorsUseTheOlderCodesAndWords) {
  const Answer missing = on_orders("SendMessage", "MessageBody=x");
  EXPECT_EQ(missing.status, 400U);
  EXPECT_EQ(missing.text, error("AWS.SimpleQueueService.NonExistentQueue",
                                "The specified queue does not exist for this wsdl version."));
  EXPECT_EQ(call("Dance", "").text, error("InvalidAction", "The action Dance is not valid for this endpoint."));
  EXPECT_EQ(call("SendMessage", "MessageBody=x").text,
            error("MissingParameter", "The request must contain the parameter QueueUrl."));
  create("orders");
  EXPECT_EQ(on_orders("ReceiveMessage", "MaxNumberOfMessages=many").text,
            error("InvalidParameterValue",
                  "Value many for parameter MaxNumberOfMessages is invalid. Reason: Must be an integer."));
  EXPECT_EQ(on_orders("PurgeQueue").status, 200U);
  EXPECT_EQ(on_orders("PurgeQueue").status, 403U);
  EXPECT_EQ(query("Action=ListQueues&x=%ZZ").status, 400U);
}

TEST_F(SqsQuery, WorksByGetAndOnTheQueuesOwnUrl) {
  create("orders");
  EXPECT_EQ(query_get("/?Action=GetQueueUrl&QueueName=orders&Version=2012-11-05").text,
            result("GetQueueUrl", "<QueueUrl>http://bus.test:4566/000000000000/orders</QueueUrl>"));
  EXPECT_EQ(query_get("/000000000000/orders?Action=SendMessage&MessageBody=by%20get").status, 200U);
  EXPECT_EQ(query("Action=SendMessage&MessageBody=by+post", "/000000000000/orders").status, 200U);
  EXPECT_EQ(
      query("Action=SendMessage&MessageBody=named&QueueUrl=http://x/000000000000/orders", "/000000000000/other").status,
      200U);
  EXPECT_EQ(bodies("orders"), (std::vector<std::string>{"by get", "by post", "named"}));
  // JSON on the queue's own URL.
  net::Request request;
  request.method = "POST";
  request.target = "/000000000000/orders";
  request.headers = {{"X-Amz-Target", "AmazonSQS.SendMessage"}};
  request.body = R"({"MessageBody":"json"})";
  EXPECT_EQ(finish(begin(request)).status, 200U);
  request.headers = {{"X-Amz-Target", "AmazonSQS.ReceiveMessage"}};
  request.body = "{}";
  EXPECT_EQ(finish(begin(request)).at("Messages/0/Body"), "json");
}

TEST_F(SqsQuery, UnsignedRequestsAreOursByTheirActionAlone) {
  aws::RequestContext context;
  net::Request request;
  request.method = "GET";
  request.target = "/?Action=ListQueues";
  EXPECT_TRUE(service->claims(context, request));
  request.target = "/?Action=GetCallerIdentity";
  EXPECT_FALSE(service->claims(context, request));
  context.service = "sqs";
  EXPECT_TRUE(service->claims(context, request));
  request.headers = {{"X-Amz-Target", "AWSEvents.PutEvents"}};
  EXPECT_FALSE(service->claims(context, request));
}

// ---- decoding alone

json::object decoded(const char* operation, const std::string& form) {
  const auto fields = aws::decode_form(form);
  return aws::decode_query(*fields, aws::sqs_shapes(operation)->input).value();
}

TEST(SqsQueryDecoding, TakesTheVariantsThatClientsUse) {
  const json::value attributes = json::parse(R"({"VisibilityTimeout":"3","DelaySeconds":"1"})");
  for (const char* form : {
           "Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=3&Attribute.2.Name=DelaySeconds&Attribute.2.Value=1",
           "Attributes.1.Name=VisibilityTimeout&Attributes.1.Value=3&Attributes.2.Name=DelaySeconds&Attributes.2.Value="
           "1",
           "Attributes.entry.1.key=VisibilityTimeout&Attributes.entry.1.value=3&Attributes.entry.2.key=DelaySeconds&"
           "Attributes.entry.2.value=1",
           "Attribute.10.Name=DelaySeconds&Attribute.10.Value=1&Attribute.9.Name=VisibilityTimeout&Attribute.9.Value=3",
       })
    EXPECT_EQ(decoded("SetQueueAttributes", form).at("Attributes"), attributes) << form;
  EXPECT_EQ(decoded("SetQueueAttributes", "Attribute.Name=VisibilityTimeout&Attribute.Value=3").at("Attributes"),
            json::parse(R"({"VisibilityTimeout":"3"})"));
  for (const char* form : {"AttributeName.1=All", "AttributeName=All", "AttributeNames.1=All",
                           "AttributeNames.member.1=All", "AttributeName.member.1=All"})
    EXPECT_EQ(decoded("GetQueueAttributes", form).at("AttributeNames"), json::parse(R"(["All"])")) << form;
  EXPECT_EQ(decoded("GetQueueAttributes", "AttributeNames=").at("AttributeNames"), json::array());
}

TEST(SqsQueryDecoding, NumbersGiveTheOrder) {
  EXPECT_EQ(decoded("UntagQueue", "TagKey.10=c&TagKey.2=b&TagKey.1=a&TagKey.x=z").at("TagKeys"),
            json::parse(R"(["a","b","c"])"));
}

TEST(SqsQueryDecoding, WhatIsNotInTheModelIsIgnored) {
  EXPECT_EQ(decoded("DeleteQueue", "QueueUrl=u&AWSAccessKeyId=k&Signature=s&a.b.c.d.e.f.g.h.i.j.k.l.m=1&..=&=x&.1.=y"),
            json::parse(R"({"QueueUrl":"u"})"));
}

}  // namespace
}  // namespace eventbus
