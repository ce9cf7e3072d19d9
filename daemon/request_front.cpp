#include "daemon/request_front.h"

#include "adapters/aws/query_protocol.h"
#include "base/stopwatch.h"

#include <spdlog/logger.h>

#include <optional>
#include <utility>

namespace eventbus {
namespace {

// The operation as the client calls it, in either protocol; empty if it names none.
std::string operation_of(const net::Request& request) {
  const std::string_view target = request.header("x-amz-target");
  if (!target.empty()) return std::string(target.substr(target.rfind('.') + 1));
  return aws::query_action(request).value_or("");
}

}  // namespace

net::Handler RequestFront::handler() {
  return [this](net::Request request) { return answer(std::move(request)); };
}

asio::awaitable<net::Response> RequestFront::answer(net::Request request) {
  if (admin_.claims(request)) co_return admin_.answer(request);
  const Stopwatch stopwatch;
  const RequestMetrics::Call call = call_of(request);
  const std::string peer = request.peer;
  net::Response response = co_await gateway_(std::move(request));
  const auto took = stopwatch.elapsed();
  metrics_.answered(call, response.status, took);
  if (log_.should_log(spdlog::level::debug)) {
    log_.debug("Request answered. service={} operation={} status={} microseconds={} request_id={} peer={}",
               call.service, call.operation, response.status, took.count(),
               net::find_header(response.headers, "x-amzn-RequestId"), peer);
  }
  co_return response;
}

RequestMetrics::Call RequestFront::call_of(const net::Request& request) const {
  const auto known = operations_.find(operation_of(request));
  if (known == operations_.end()) return {"unknown", "unknown"};
  return {known->second, known->first};
}

}  // namespace eventbus
