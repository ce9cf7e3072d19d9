#pragma once

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

}  // namespace eventbus
