#include "tests/unit/adapters/events_fixture.h"

namespace eventbus::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kBasic = R"({"Name":"crm","AuthorizationType":"BASIC","AuthParameters":{"BasicAuthParameters":)"
                               R"({"Username":"ann","Password":"swordfish"},"InvocationHttpParameters":{}}})";
constexpr const char* kOAuth =
    R"({"Name":"crm","AuthorizationType":"OAUTH_CLIENT_CREDENTIALS","AuthParameters":{"OAuthParameters":)"
    R"({"ClientParameters":{"ClientID":"id","ClientSecret":"swordfish"},"AuthorizationEndpoint":"https://l.example/t",)"
    R"("HttpMethod":"POST","OAuthHttpParameters":{"BodyParameters":[{"Key":"a","Value":"b"},)"
    R"({"Key":"pin","Value":"swordfish","IsValueSecret":true}]}}}})";

class Connections : public EventsFixture {
 protected:
  std::string arn_of_crm() {
    return std::string(done("DescribeConnection", R"({"Name":"crm"})").at("ConnectionArn").as_string());
  }
  std::string destination(const std::string& name, const std::string& extra = "") {
    return R"({"Name":")" + name + R"(","ConnectionArn":")" + arn_of_crm() +
           R"(","InvocationEndpoint":"https://api.example/hook","HttpMethod":"POST")" + extra + "}";
  }
};

TEST_F(Connections, AreDescribedWithoutTheirSecrets) {
  const auto created = done("CreateConnection", kBasic).as_object();
  EXPECT_EQ(created.at("ConnectionState"), "AUTHORIZED");
  EXPECT_FALSE(created.contains("LastAuthorizedTime"));
  const boost::json::value described = done("DescribeConnection", R"({"Name":"crm"})");
  EXPECT_EQ(boost::json::serialize(described.at("AuthParameters")),
            R"({"BasicAuthParameters":{"Username":"ann"},"InvocationHttpParameters":{}})");
  EXPECT_THAT(std::string(described.at("SecretArn").as_string()),
              ::testing::MatchesRegex("arn:aws:secretsmanager:us-east-1:000000000000:secret:events!connection/crm/"
                                      "[-0-9a-f]{36}-[A-Za-z0-9]{6}"));
  EXPECT_THAT(boost::json::serialize(described), Not(HasSubstr("swordfish")));
}

TEST_F(Connections, ShowParametersButNotTheValuesOfSecretOnes) {
  EXPECT_EQ(done("CreateConnection", kOAuth).at("ConnectionState"), "AUTHORIZING");
  EXPECT_EQ(
      boost::json::serialize(done("DescribeConnection", R"({"Name":"crm"})").at("AuthParameters")),
      R"({"OAuthParameters":{"ClientParameters":{"ClientID":"id"},"AuthorizationEndpoint":"https://l.example/t",)"
      R"("HttpMethod":"POST","OAuthHttpParameters":{"BodyParameters":[{"Key":"a","Value":"b","IsValueSecret":false},)"
      R"({"Key":"pin","IsValueSecret":true}]}}})");
}

TEST_F(Connections, NeedTheParametersOfTheirTypeAndNoOthers) {
  EXPECT_EQ(answer("CreateConnection", R"({"Name":"crm","AuthorizationType":"API_KEY","AuthParameters":{}})"),
            "ValidationException: Parameter(s) ApiKeyAuthParameters must be specified.");
  EXPECT_THAT(
      answer("CreateConnection",
             R"({"Name":"crm","AuthorizationType":"API_KEY","AuthParameters":{"BasicAuthParameters":)"
             R"({"Username":"a","Password":"b"},"ApiKeyAuthParameters":{"ApiKeyName":"a","ApiKeyValue":"b"}}})"),
      StartsWith("ValidationException: Parameter AuthParameters is not valid. Reason: "));
  EXPECT_THAT(
      answer("CreateConnection",
             R"({"Name":"crm","AuthorizationType":"BASIC","AuthParameters":{"BasicAuthParameters":)"
             R"({"Username":"a","Password":"b"},"InvocationHttpParameters":{"BodyParameters":[{"Value":"x"}]}}})"),
      StartsWith("ValidationException: Parameter(s) Key must be specified."));
}

TEST_F(Connections, NeverPrintASecretInAMessage) {
  const std::string refused =
      answer("CreateConnection", R"({"Name":"crm","AuthorizationType":"BASIC","AuthParameters":{"BasicAuthParameters":)"
                                 R"({"Username":"ann","Password":"tr0ub:4dor"}}})");
  EXPECT_THAT(refused, StartsWith("ValidationException: 1 validation error detected: Value "));
  EXPECT_THAT(refused, HasSubstr("authParameters.basicAuthParameters.password"));
  EXPECT_THAT(refused, Not(HasSubstr("tr0ub")));
}

TEST_F(Connections, RefusePrivateConnectivityInsteadOfPretending) {
  const std::string lattice =
      R"({"ResourceParameters":{"ResourceConfigurationArn":)"
      R"("arn:aws:vpc-lattice:us-east-1:000000000000:resourceconfiguration/rcfg-0123456789abcdefg"}})";
  std::string input = kBasic;
  input.insert(1, R"("InvocationConnectivityParameters":)" + lattice + ",");
  EXPECT_THAT(answer("CreateConnection", input), StartsWith("ValidationException: Private connectivity"));
  input = kBasic;
  input.insert(input.find("\"BasicAuth"), R"("ConnectivityParameters":)" + lattice + ",");
  EXPECT_THAT(answer("CreateConnection", input), StartsWith("ValidationException: Private connectivity"));
  input = kBasic;
  input.insert(1, R"("InvocationConnectivityParameters":{"ResourceParameters":{"ResourceConfigurationArn":""}},)");
  done("CreateConnection", input);
  EXPECT_FALSE(
      done("DescribeConnection", R"({"Name":"crm"})").as_object().contains("InvocationConnectivityParameters"));
}

TEST_F(Connections, AreUpdatedWithSomethingOnly) {
  done("CreateConnection", kBasic);
  constexpr const char* kRefusal =
      "ValidationException: Failed to update the connection(s). At least one of the following is required: "
      "Description, "
      "KmsKeyIdentifier, AuthorizationType with BasicAuthParameters, ApiKeyAuthParameters, or OAuthParameters.";
  for (const char* input :
       {R"({"Name":"crm"})", R"({"Name":"crm","AuthorizationType":"BASIC"})",
        R"({"Name":"crm","AuthParameters":{"BasicAuthParameters":{"Password":"p"}}})",
        R"({"Name":"crm","Description":"d","AuthParameters":{"BasicAuthParameters":{"Password":"p"}}})",
        R"({"Name":"crm","AuthorizationType":"BASIC","AuthParameters":{"InvocationHttpParameters":{}}})"})
    EXPECT_EQ(answer("UpdateConnection", input), kRefusal) << input;
  clock_.advance(Duration{5'000});
  const boost::json::value updated = done("UpdateConnection", R"({"Name":"crm","Description":"what for"})");
  EXPECT_EQ(updated.at("LastModifiedTime").as_int64() - updated.at("CreationTime").as_int64(), 5);
  EXPECT_EQ(updated.at("LastAuthorizedTime"), updated.at("CreationTime"));
  EXPECT_EQ(done("DescribeConnection", R"({"Name":"crm"})").at("Description"), "what for");
}

TEST_F(Connections, EndWithTheStateOnTheWay) {
  done("CreateConnection", kBasic);
  EXPECT_EQ(done("DeauthorizeConnection", R"({"Name":"crm"})").at("ConnectionState"), "DEAUTHORIZING");
  const auto described = done("DescribeConnection", R"({"Name":"crm"})").as_object();
  EXPECT_EQ(described.at("ConnectionState"), "DEAUTHORIZED");
  EXPECT_FALSE(described.contains("SecretArn"));
  EXPECT_EQ(boost::json::serialize(described.at("AuthParameters")), "{}");
  EXPECT_EQ(done("DeauthorizeConnection", R"({"Name":"crm"})").at("ConnectionState"), "DEAUTHORIZED");
  EXPECT_EQ(done("DeleteConnection", R"({"Name":"crm"})").at("ConnectionState"), "DELETING");
  constexpr const char* kGone =
      "ResourceNotFoundException: Failed to describe the connection(s). Connection 'crm' does not exist.";
  for (const char* operation : {"DescribeConnection", "DeleteConnection", "DeauthorizeConnection"})
    EXPECT_EQ(answer(operation, R"({"Name":"crm"})"), kGone) << operation;
  EXPECT_EQ(answer("UpdateConnection", R"({"Name":"crm","Description":"d"})"), kGone);
}

TEST_F(Connections, AreListedByPrefixStateAndPage) {
  for (const char* name : {"a1", "a2", "b1"}) {
    std::string input = kBasic;
    input.replace(input.find("crm"), 3, name);
    done("CreateConnection", input);
  }
  done("DeauthorizeConnection", R"({"Name":"a2"})");
  const auto names = [&](const char* input) {
    std::string all;
    const boost::json::value answer = done("ListConnections", input);
    for (const auto& entry : answer.at("Connections").as_array()) {
      EXPECT_FALSE(entry.as_object().contains("AuthParameters"));
      all += std::string(entry.at("Name").as_string()) + " ";
    }
    return all;
  };
  EXPECT_EQ(names("{}"), "a1 a2 b1 ");
  EXPECT_EQ(names(R"({"NamePrefix":"a"})"), "a1 a2 ");
  EXPECT_EQ(names(R"({"ConnectionState":"DEAUTHORIZED"})"), "a2 ");
  EXPECT_EQ(names(R"({"ConnectionState":"ACTIVE"})"), "");
  const auto page = done("ListConnections", R"({"Limit":2})").as_object();
  EXPECT_EQ(page.at("Connections").as_array().size(), 2u);
  const std::string token(page.at("NextToken").as_string());
  EXPECT_EQ(names((R"({"NextToken":")" + token + "\"}").c_str()), "b1 ");
  EXPECT_EQ(answer("ListConnections", R"({"NamePrefix":"a","NextToken":")" + token + "\"}"),
            "ValidationException: Parameter NextToken is not valid.");
}

TEST_F(Connections, ApiDestinationsFollowTheirConnection) {
  done("CreateConnection", kBasic);
  EXPECT_EQ(done("CreateApiDestination", destination("hook")).at("ApiDestinationState"), "ACTIVE");
  const auto described = done("DescribeApiDestination", R"({"Name":"hook"})").as_object();
  EXPECT_EQ(described.at("InvocationRateLimitPerSecond"), 300);
  EXPECT_EQ(std::string(described.at("ConnectionArn").as_string()), arn_of_crm());
  EXPECT_FALSE(described.contains("Description"));
  done("DeauthorizeConnection", R"({"Name":"crm"})");
  EXPECT_EQ(done("DescribeApiDestination", R"({"Name":"hook"})").at("ApiDestinationState"), "INACTIVE");
  done("DeleteConnection", R"({"Name":"crm"})");
  EXPECT_EQ(done("DescribeApiDestination", R"({"Name":"hook"})").at("ApiDestinationState"), "INACTIVE");
}

TEST_F(Connections, ApiDestinationsAreRefusedInAwsWords) {
  done("CreateConnection", kBasic);
  done("CreateApiDestination", destination("hook"));
  EXPECT_EQ(
      answer("CreateApiDestination", destination("hook")),
      "ResourceAlreadyExistsException: Failed to create the api-destination(s). An api-destination with name 'hook' "
      "already exists.");
  EXPECT_EQ(answer("CreateApiDestination", destination("fast", R"(,"InvocationRateLimitPerSecond":301)")),
            "LimitExceededException: Failed to create the api-destination(s). Invalid Invocation Rate Limit: Rate "
            "specified '301' for 'fast' exceeds maximum allowed of '300'.");
  EXPECT_EQ(answer("CreateApiDestination",
                   R"({"Name":"x","ConnectionArn":"arn:aws:events:us-east-1:000000000000:connection/crm/1-2",)"
                   R"("InvocationEndpoint":"https://a.example","HttpMethod":"GET"})"),
            "ResourceNotFoundException: Failed to create the api-destination(s). Connection "
            "'arn:aws:events:us-east-1:000000000000:connection/crm/1-2' does not exist.");
  EXPECT_EQ(
      answer("CreateApiDestination",
             R"({"Name":"x","ConnectionArn":"invalid-connection-arn","InvocationEndpoint":"https://a.example",)"
             R"("HttpMethod":"INVALID_METHOD"})"),
      "ValidationException: 2 validation errors detected: Value 'invalid-connection-arn' at 'connectionArn' failed to "
      "satisfy constraint: Member must satisfy regular expression pattern: "
      R"(^arn:aws([a-z]|\-)*:events:([a-z]|\d|\-)*:([0-9]{12})?:connection\/[\.\-_A-Za-z0-9]+\/[\-A-Za-z0-9]+$; )"
      "Value 'INVALID_METHOD' at 'httpMethod' failed to satisfy constraint: Member must satisfy enum value set: "
      "[HEAD, POST, PATCH, DELETE, PUT, GET, OPTIONS]");
  for (const auto& [operation, verb] :
       {std::pair("DescribeApiDestination", "describe"), std::pair("UpdateApiDestination", "update"),
        std::pair("DeleteApiDestination", "delete")})
    EXPECT_EQ(answer(operation, R"({"Name":"gone"})"),
              std::string("ResourceNotFoundException: Failed to ") + verb +
                  " the api-destination(s). An api-destination 'gone' does not "
                  "exist.");
}

TEST_F(Connections, ApiDestinationsAreUpdatedPartially) {
  done("CreateConnection", kBasic);
  done("CreateApiDestination", destination("hook", R"(,"Description":"d","InvocationRateLimitPerSecond":7)"));
  done("UpdateApiDestination", R"({"Name":"hook","HttpMethod":"PUT"})");
  boost::json::value described = done("DescribeApiDestination", R"({"Name":"hook"})");
  EXPECT_EQ(described.at("HttpMethod"), "PUT");
  EXPECT_EQ(described.at("Description"), "d");
  EXPECT_EQ(described.at("InvocationRateLimitPerSecond"), 7);
  EXPECT_EQ(described.at("InvocationEndpoint"), "https://api.example/hook");
  done("UpdateApiDestination", R"({"Name":"hook","Description":"","InvocationRateLimitPerSecond":8})");
  described = done("DescribeApiDestination", R"({"Name":"hook"})");
  EXPECT_FALSE(described.as_object().contains("Description"));
  EXPECT_EQ(described.at("InvocationRateLimitPerSecond"), 8);
}

TEST_F(Connections, ApiDestinationsAreListedByOneFilter) {
  done("CreateConnection", kBasic);
  for (const char* name : {"a1", "a2", "b1"}) done("CreateApiDestination", destination(name));
  EXPECT_EQ(done("ListApiDestinations", R"({"NamePrefix":"a"})").at("ApiDestinations").as_array().size(), 2u);
  const std::string by_connection = R"({"ConnectionArn":")" + arn_of_crm() + "\"}";
  EXPECT_EQ(done("ListApiDestinations", by_connection).at("ApiDestinations").as_array().size(), 3u);
  EXPECT_EQ(
      done("ListApiDestinations", R"({"ConnectionArn":"arn:aws:events:us-east-1:000000000000:connection/crm/1-2"})")
          .at("ApiDestinations")
          .as_array()
          .size(),
      0u);
  EXPECT_THAT(answer("ListApiDestinations", R"({"NamePrefix":"a",)" + by_connection.substr(1)),
              StartsWith("ValidationException: Failed to list the api-destination(s)."));
}

TEST_F(Connections, OutliveARestart) {
  done("CreateConnection", kBasic);
  done("CreateApiDestination", destination("hook"));
  const boost::json::value before = done("DescribeConnection", R"({"Name":"crm"})");
  restart();
  EXPECT_EQ(done("DescribeConnection", R"({"Name":"crm"})"), before);
  EXPECT_EQ(done("DescribeApiDestination", R"({"Name":"hook"})").at("ApiDestinationState"), "ACTIVE");
}

}  // namespace
}  // namespace eventbus::aws
