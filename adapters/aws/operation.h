#pragma once

#include "adapters/aws/aws_error.h"
#include "adapters/aws/request_context.h"
#include "net/message.h"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <string_view>

namespace eventbus::aws {

namespace asio = boost::asio;
namespace json = boost::json;

// One row of a service's table of operations; the tables are the feature matrix (README's is generated from them).
//
// `Api` is the service's own context: references to the few things its handlers use (EventsApi, SqsApi, StsApi). A
// handler gets the decoded members of the request in the shape of the service's API model, whatever the wire protocol
// was, and answers with the output members; nullopt members are left out, never null. Constraints of the model
// (lengths, patterns, enums, required members) have been checked before it is called; what needs state or several
// members is its own business.
template <typename Api>
struct Operation {
  using Handler = asio::awaitable<AwsResult<json::object>> (*)(Api& api, const RequestContext& context,
                                                               json::object input);
  // A handler that reads the body itself, for the paths where decoding into a tree would dominate (PutEvents).
  using RawHandler = asio::awaitable<AwsResult<std::string>> (*)(Api& api, const RequestContext& context,
                                                                 const net::Request& request);

  std::string_view name;
  Handler handler = nullptr;  // nullptr (and no raw): known to AWS, not built yet; answers UnknownOperationException
  RawHandler raw = nullptr;

  bool implemented() const { return handler != nullptr || raw != nullptr; }
};

}  // namespace eventbus::aws
