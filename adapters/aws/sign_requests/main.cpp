// Signs requests as the daemon does, for tests that hold its signatures beside those of other signers.
//   stdin: one JSON object a line: {"method","url","headers":[[name,value]…],"body" (base64),"access_key","secret_key",
//          "session_token","region","service","time" (epoch seconds),"expires" (seconds: presign)}
//   stdout: for each the Authorization header, or the presigned URL.

#include "adapters/aws/request_signer.h"
#include "base/digest.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

namespace {

using namespace eventbus;
namespace json = boost::json;

std::string text(const json::object& line, const char* name) {
  const json::value* value = line.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string sign(aws::RequestSigner& signer, const json::object& line) {
  net::ClientRequest request;
  request.method = text(line, "method");
  request.url = text(line, "url");
  request.body = base64_decode(text(line, "body")).value_or("");
  for (const json::value& header : line.at("headers").as_array()) {
    const json::array& pair = header.as_array();
    request.headers.push_back({std::string(pair.at(0).as_string()), std::string(pair.at(1).as_string())});
  }
  const aws::Credentials credentials{
      text(line, "access_key"), text(line, "secret_key"), text(line, "session_token"), {}};
  const std::string region = text(line, "region"), service = text(line, "service");
  const TimePoint now{std::chrono::seconds(line.at("time").as_int64())};
  if (const json::value* expires = line.if_contains("expires")) {
    return signer.presign(request, credentials, {region, service}, now, std::chrono::seconds(expires->as_int64()));
  }
  signer.sign(request, credentials, {region, service}, now);
  return std::string(net::find_header(request.headers, "authorization"));
}

}  // namespace

int main() {
  aws::RequestSigner signer;
  for (std::string line; std::getline(std::cin, line);) {
    std::printf("%s\n", sign(signer, json::parse(line).as_object()).c_str());
  }
  return 0;
}
