#include "adapters/aws/rest_json_protocol.h"

#include "tests/support/run_coroutine.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <array>

namespace eventbus::aws {
namespace {

struct ShelfApi {
  json::object seen;
};

asio::awaitable<AwsResult<json::object>> remember(ShelfApi& api, const RequestContext&, json::object input) {
  api.seen = input;
  json::object output;
  output["Echo"] = std::move(input);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> refuse(ShelfApi&, const RequestContext&, json::object) {
  co_return resource_not_found("There is no such book.");
}

asio::awaitable<AwsResult<net::Response>> bytes(ShelfApi&, const RequestContext&, json::object) {
  net::Response response;
  response.headers.push_back({"Content-Type", "application/zip"});
  response.body = std::string("PK\0\1", 4);
  co_return response;
}

constexpr std::array kListParameters = {
    RestParameter{"limit", "Limit", RestParameter::kInteger}, RestParameter{"all", "All", RestParameter::kBoolean},
    RestParameter{"tagKeys", "TagKeys", RestParameter::kTextList}, RestParameter{"nextToken", "NextToken"}};

using Row = RestOperation<ShelfApi>;
constexpr std::array kRows = {
    Row{"BurnBook", "POST", "/v1/books/{Name}/burn"},
    Row{"DeleteBook", "DELETE", "/v1/books/{Name}", kListParameters, 204, remember},
    Row{"GetBook", "GET", "/v1/books/{Name}", {}, 200, refuse},
    Row{"GetScan", "GET", "/v1/books/{Name}/scan", {}, 200, nullptr, bytes},
    Row{"ListBooks", "GET", "/v1/books", kListParameters, 200, remember},
    Row{"ListTags", "GET", "/tags/{ResourceArn+}", {}, 200, remember},
    Row{"PutBook", "PUT", "/v1/books/{Name}", kListParameters, 201, remember},
};
constexpr std::array kErrors = {RestError{"ResourceNotFoundException", "NotFoundException", 404}};
constexpr RestJsonProtocol kProtocol{"shelf", "Message", "Code", kErrors};

class RestJson : public ::testing::Test {
 protected:
  net::Response answer(std::string method, std::string target, std::string body = "") {
    net::Request request{std::move(method), std::move(target), {}, std::move(body), ""};
    RequestContext context;
    context.service = signed_as;
    context.request_id = "r-1";
    return eventbus::testing::run(
        answer_rest(kProtocol, std::span<const Row>(kRows), routes, api, context, request, check));
  }
  json::object input_of(std::string method, std::string target, std::string body = "") {
    api.seen = {};
    const net::Response response = answer(std::move(method), std::move(target), std::move(body));
    EXPECT_LT(response.status, 300u) << response.body;
    return api.seen;
  }

  const std::vector<RestRoute> routes = routes_of("shelf", std::span<const Row>(kRows));
  std::string signed_as = "shelf";
  ShelfApi api;
  InputCheck check;
};

TEST_F(RestJson, TakesLabelsApartBeforeTheyAreDecoded) {
  EXPECT_EQ(input_of("DELETE", "/v1/books/a%2Fb%3Ac%20%C3%A4").at("Name").as_string(), "a/b:c ä");
  EXPECT_EQ(answer("DELETE", "/v1/books/a/b").status, 400u);
  EXPECT_EQ(answer("DELETE", "/v1/books/").status, 400u) << "a label is not empty";
  EXPECT_EQ(answer("DELETE", "/v1/books/%ff").status, 400u) << "not UTF-8";
  EXPECT_EQ(answer("DELETE", "/v1/books/%4").status, 400u);
}

TEST_F(RestJson, AGreedyLabelTakesAnArnEncodedOrNot) {
  constexpr std::string_view kArn = "arn:aws:shelf:us-east-1:000000000000:book/one";
  EXPECT_EQ(
      input_of("GET", "/tags/arn%3Aaws%3Ashelf%3Aus-east-1%3A000000000000%3Abook%2Fone").at("ResourceArn").as_string(),
      kArn);
  EXPECT_EQ(input_of("GET", "/tags/" + std::string(kArn)).at("ResourceArn").as_string(), kArn);
}

TEST_F(RestJson, GivesQueryParametersTheirTypes) {
  const json::object input =
      input_of("GET", "/v1/books?limit=7&all=true&tagKeys=a&tagKeys=b%20c&nextToken=x%2By&more=1");
  EXPECT_EQ(input.at("Limit").as_int64(), 7);
  EXPECT_EQ(input.at("All").as_bool(), true);
  EXPECT_EQ(input.at("TagKeys"), json::parse(R"(["a", "b c"])"));
  EXPECT_EQ(input.at("NextToken").as_string(), "x+y");
  EXPECT_EQ(input.size(), 4u) << "parameters that the model does not know are passed over";
}

TEST_F(RestJson, RefusesParametersOfTheWrongType) {
  for (const char* query : {"limit=seven", "limit=", "limit=7x", "all=yes"}) {
    const net::Response response = answer("GET", std::string("/v1/books?") + query);
    EXPECT_EQ(response.status, 400u) << query;
    EXPECT_EQ(net::find_header(response.headers, "x-amzn-ErrorType"), "SerializationException") << query;
  }
}

TEST_F(RestJson, JoinsBodyQueryAndLabels) {
  const json::object input = input_of("PUT", "/v1/books/one?limit=3", R"({"Pages": 5, "Name": "other", "Limit": 9})");
  EXPECT_EQ(input.at("Pages").as_int64(), 5);
  EXPECT_EQ(input.at("Name").as_string(), "one") << "the path says which";
  EXPECT_EQ(input.at("Limit").as_int64(), 3);
  EXPECT_EQ(input_of("PUT", "/v1/books/one").size(), 1u) << "no body is an empty one";
}

TEST_F(RestJson, ReadsNoBodyWhereTheMethodHasNone) {
  EXPECT_EQ(input_of("DELETE", "/v1/books/one", "not JSON").size(), 1u);
}

TEST_F(RestJson, RefusesBodiesThatAreNoJsonObject) {
  for (const char* body : {"{", "[]", "7", "\"x\""}) {
    const net::Response response = answer("PUT", "/v1/books/one", body);
    EXPECT_EQ(response.status, 400u) << body;
    EXPECT_EQ(net::find_header(response.headers, "x-amzn-ErrorType"), "SerializationException") << body;
  }
}

TEST_F(RestJson, AnswersWithTheStatusOfTheModel) {
  const net::Response created = answer("PUT", "/v1/books/one", "{}");
  EXPECT_EQ(created.status, 201u);
  EXPECT_EQ(created.body, R"({"Echo":{"Name":"one"}})");
  EXPECT_EQ(net::find_header(created.headers, "x-amzn-RequestId"), "r-1");
  const net::Response deleted = answer("DELETE", "/v1/books/one");
  EXPECT_EQ(deleted.status, 204u);
  EXPECT_EQ(deleted.body, "");
}

TEST_F(RestJson, SpellsErrorsAsTheServiceDoes) {
  const net::Response response = answer("GET", "/v1/books/one");
  EXPECT_EQ(response.status, 404u);
  EXPECT_EQ(net::find_header(response.headers, "x-amzn-ErrorType"), "NotFoundException");
  EXPECT_EQ(net::find_header(response.headers, "x-amzn-RequestId"), "r-1");
  EXPECT_EQ(response.body, R"({"Code":"NotFoundException","Message":"There is no such book."})");
}

TEST_F(RestJson, ChecksTheInputBeforeTheHandlerSeesIt) {
  check = [](std::string_view operation, json::object& input) -> std::optional<AwsError> {
    if (operation == "DeleteBook" && input.at("Name").as_string() == "bad") return validation("Not that one.");
    input["Checked"] = true;
    return std::nullopt;
  };
  EXPECT_EQ(answer("DELETE", "/v1/books/bad").status, 400u);
  EXPECT_TRUE(api.seen.empty());
  EXPECT_EQ(input_of("DELETE", "/v1/books/good").at("Checked").as_bool(), true);
}

TEST_F(RestJson, ARawHandlerAnswersWhatIsNotJson) {
  const net::Response response = answer("GET", "/v1/books/one/scan");
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(response.body.size(), 4u);
  EXPECT_EQ(net::find_header(response.headers, "Content-Type"), "application/zip");
  EXPECT_EQ(net::find_header(response.headers, "x-amzn-RequestId"), "r-1");
}

TEST_F(RestJson, WhatIsNotThereIsNeverAServerError) {
  for (const auto& [method, target] : {std::pair("POST", "/v1/books/one/burn"), std::pair("PATCH", "/v1/books/one"),
                                       std::pair("GET", "/v2/books"), std::pair("GET", "/")}) {
    const net::Response response = answer(method, target);
    EXPECT_EQ(response.status, 400u) << method << target;
    EXPECT_EQ(net::find_header(response.headers, "x-amzn-ErrorType"), "UnknownOperationException");
  }
}

TEST_F(RestJson, ASignedRequestIsForItsServiceAlone) {
  const net::Request tags{"GET", "/tags/arn%3Aaws%3Ashelf%3A%3A%3Abook", {}, "", ""};
  EXPECT_TRUE(claims_rest(routes, "shelf", "shelf", tags));
  EXPECT_FALSE(claims_rest(routes, "shelf", "pipes", tags));
  EXPECT_TRUE(claims_rest(routes, "shelf", "shelf", {"GET", "/nothing", {}, "", ""})) << "it answers for its own";
  EXPECT_FALSE(claims_rest(routes, "shelf", "shelf", {"POST", "/", {{"X-Amz-Target", "AWSEvents.PutRule"}}, "", ""}));
}

TEST_F(RestJson, AnUnsignedRequestIsClaimedByPathAndTagsByTheArn) {
  EXPECT_TRUE(claims_rest(routes, "shelf", "", {"PATCH", "/v1/books/x", {}, "", ""}));
  EXPECT_FALSE(claims_rest(routes, "shelf", "", {"GET", "/v2/books", {}, "", ""}));
  EXPECT_TRUE(claims_rest(routes, "shelf", "", {"GET", "/tags/arn%3Aaws%3Ashelf%3A%3A%3Abook", {}, "", ""}));
  EXPECT_FALSE(claims_rest(routes, "shelf", "", {"GET", "/tags/arn%3Aaws%3Apipes%3A%3A%3Apipe", {}, "", ""}));
  EXPECT_FALSE(claims_rest(routes, "shelf", "", {"GET", "/tags/nothing", {}, "", ""}));
}

TEST_F(RestJson, RoutesOfManyServicesAreToldApartForTheMetrics) {
  std::vector<RestRoute> all = routes;
  all.insert(all.begin(), {"pipes", "ListTags", "GET", "/tags/{ResourceArn+}"});
  const net::Request tags{"GET", "/tags/arn%3Aaws%3Ashelf%3A%3A%3Abook", {}, "", ""};
  EXPECT_EQ(metric_name(all[find_route(all, "", tags)->index]), "shelf/ListTags");
  EXPECT_EQ(metric_name(all[find_route(all, "pipes", tags)->index]), "pipes/ListTags");
}

}  // namespace
}  // namespace eventbus::aws
