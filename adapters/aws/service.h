#pragma once

#include "adapters/aws/request_context.h"
#include "net/message.h"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace eventbus::aws {

namespace asio = boost::asio;

// One emulated AWS service behind the gateway. Decodes its wire protocols, runs the operation, encodes the answer or
// the error.
class Service {
 public:
  virtual ~Service() = default;
  // Signing name, as in credential scopes: "events", "sqs", "sts".
  virtual std::string_view name() const = 0;
  // Does this request name an operation of this service? Asked in order of the table of services: by X-Amz-Target
  // prefix, by credential scope for form bodies, by path for the rest (client-calls §2).
  virtual bool claims(const RequestContext& context, const net::Request& request) const = 0;
  virtual asio::awaitable<net::Response> handle(RequestContext context, net::Request request) = 0;
};

}  // namespace eventbus::aws
