#pragma once

#include "base/error.h"
#include "net/message.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <utility>

namespace eventbus {

// An answer of our own API. `body` is one JSON value; never to be cached.
inline net::Response json_response(unsigned status, std::string body) {
  net::Response response;
  response.status = status;
  response.headers.push_back({"Content-Type", "application/json"});
  response.headers.push_back({"Cache-Control", "no-store"});
  response.body = std::move(body);
  response.body += '\n';
  return response;
}

inline net::Response json_response(unsigned status, const boost::json::object& body) {
  return json_response(status, boost::json::serialize(body));
}

// {"error": "…"}
inline net::Response json_error(unsigned status, const std::string& sentence) {
  return json_response(status, boost::json::object{{"error", sentence}});
}

// What is wrong, with the status that says whose business it is.
inline net::Response refusal(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalid:
      return json_error(400, error.message);
    case ErrorCode::kNotFound:
      return json_error(404, error.message);
    case ErrorCode::kConflict:
      return json_error(409, error.message);
    case ErrorCode::kLimit:
      return json_error(429, error.message);
    case ErrorCode::kUnavailable:
      return json_error(503, error.message);
    default:
      return json_error(500, error.message);
  }
}

}  // namespace eventbus
