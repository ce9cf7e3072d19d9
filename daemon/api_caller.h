#pragma once

#include "base/result.h"
#include "bus/scope.h"
#include "net/message.h"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace eventbus {

namespace asio = boost::asio;

// Calls our own AWS API without a socket, as a client of `scope` would: the same decoding, checks and errors. What the
// daemon does on somebody's behalf at start goes this way, so that a configuration file can do no more and no less than
// a client.
class ApiCaller {
 public:
  // An answer that is not a success: AWS's name of the error, and its message.
  struct Refusal {
    std::string type, message;
  };
  template <typename T>
  using Answer = Result<T, Refusal>;

  ApiCaller(net::Handler handler, Scope scope) : handler_(std::move(handler)), scope_(std::move(scope)) {}

  // `target` is the prefix of X-Amz-Target: "AWSEvents", "AmazonSQS".
  asio::awaitable<Answer<boost::json::object>> call(std::string_view target, std::string_view operation,
                                                    boost::json::object input) const;
  const Scope& scope() const { return scope_; }

 private:
  net::Handler handler_;
  Scope scope_;
};

}  // namespace eventbus
