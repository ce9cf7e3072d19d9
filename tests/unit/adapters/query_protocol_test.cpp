#include "adapters/aws/query_protocol.h"

#include <gtest/gtest.h>

namespace eventbus::aws {
namespace {

TEST(DecodeForm, KeepsOrderAndDecodesBothSides) {
  const auto fields = decode_form("A=1&B%2E1=a+b%26c&&C&D=&E==");
  ASSERT_TRUE(fields);
  ASSERT_EQ(fields->size(), 5u);
  EXPECT_EQ((*fields)[1].name, "B.1");
  EXPECT_EQ((*fields)[1].value, "a b&c");
  EXPECT_EQ((*fields)[2].name, "C");
  EXPECT_EQ((*fields)[2].value, "");
  EXPECT_EQ((*fields)[4].value, "=");
}

TEST(DecodeForm, RefusesBadEscapesAndBadUtf8) {
  for (const char* form : {"A=%", "A=%4", "A=%zz", "%=1", "A=%ff", "A=%ed%a0%80"}) {
    const auto fields = decode_form(form);
    ASSERT_FALSE(fields) << form;
    EXPECT_EQ(fields.error().type, "MalformedQueryString");
    EXPECT_EQ(fields.error().http_status, 400u);
  }
}

TEST(DecodeForm, BoundsTheNumberOfParameters) {
  std::string form;
  for (int i = 0; i < 10'000; ++i) form += "a=1&";
  EXPECT_TRUE(decode_form(form));
  EXPECT_FALSE(decode_form(form + "a=1"));
}

TEST(QueryFields, JoinsUrlAndFormBody) {
  net::Request request{"POST", "/1/q?Action=A&X=1", {{"content-type", "application/x-www-form-urlencoded"}}, "Y=2", ""};
  auto fields = query_fields(request);
  ASSERT_TRUE(fields);
  EXPECT_EQ(*find_field(*fields, "X"), "1");
  EXPECT_EQ(*find_field(*fields, "Y"), "2");
  EXPECT_EQ(find_field(*fields, "Z"), nullptr);
  EXPECT_EQ(path_of(request), "/1/q");
  request.headers[0].value = "application/json";
  EXPECT_EQ(query_fields(request)->size(), 2u) << "a body that is not a form holds no parameters";
}

TEST(QueryAction, IsFoundWithoutDecodingTheRest) {
  net::Request request{
      "POST", "/", {{"Content-Type", "Application/X-WWW-form-urlencoded"}}, "X=%&Action=Send%4dessage", ""};
  EXPECT_EQ(query_action(request), "SendMessage");
  request.body = "NoAction=1";
  EXPECT_EQ(query_action(request), std::nullopt);
}

TEST(Xml, EscapesWhatReadersWouldChange) {
  EXPECT_EQ(xml_escaped("<a & \"b\"> 'c'\r\n\t\x01 \xc3\xa4"),
            "&lt;a &amp; &quot;b&quot;&gt; &#39;c&#39;&#xd;\n\t&#x1; \xc3\xa4");
}

TEST(Xml, ClosesWhatIsOpen) {
  XmlWriter writer;
  writer.open("A").element("B", "x&y").open("C");
  EXPECT_EQ(writer.take(), "<A><B>x&amp;y</B><C></C></A>");
}

TEST(QueryError, UsesTheOlderCodeWhereThereIsOne) {
  AwsError error("QueueDoesNotExist", "gone");
  error.query_code = "AWS.SimpleQueueService.NonExistentQueue";
  const net::Response response = query_error("http://queue.amazonaws.com/doc/2012-11-05/", "r-1", error);
  EXPECT_EQ(response.status, 400u);
  EXPECT_EQ(response.body,
            "<ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>Sender</Type>"
            "<Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>gone</Message><Detail></Detail></Error>"
            "<RequestId>r-1</RequestId></ErrorResponse>");
}

TEST(QueryResponse, OmitsTheResultOfAVoidAction) {
  RequestContext context;
  context.request_id = "r-2";
  EXPECT_EQ(query_response("DeleteQueue", "ns", std::nullopt, context).body,
            "<DeleteQueueResponse xmlns=\"ns\"><ResponseMetadata><RequestId>r-2</RequestId></ResponseMetadata>"
            "</DeleteQueueResponse>");
}

TEST(AwsErrors, MapWhatTheLayersBelowSay) {
  EXPECT_EQ(AwsError(unavailable("x")).http_status, 503u);
  EXPECT_FALSE(AwsError(unavailable("x")).sender_fault);
  EXPECT_EQ(AwsError(invalid("x")).type, "ValidationException");
  EXPECT_EQ(AwsError(not_found("x")).type, "ResourceNotFoundException");
  EXPECT_EQ(AwsError(conflict("x")).type, "ConcurrentModificationException");
  EXPECT_EQ(AwsError(limit_exceeded("x")).type, "LimitExceededException");
  EXPECT_EQ(AwsError(internal("secret path")).message, internal_failure().message);
}

}  // namespace
}  // namespace eventbus::aws
