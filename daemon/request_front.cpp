#include "daemon/request_front.h"

#include "adapters/aws/credential_scope.h"
#include "adapters/aws/query_protocol.h"
#include "base/log_value.h"
#include "base/stopwatch.h"

#include <spdlog/logger.h>

#include <optional>
#include <utility>

namespace eventbus {
namespace {

// "127.0.0.1:53412", "[::1]:53412", and IPv4 as IPv6 sockets see it.
bool from_this_machine(std::string_view peer) {
  return peer.starts_with("127.") || peer.starts_with("[::1]:") || peer.starts_with("[::ffff:127.");
}

}  // namespace

// The operation that the client calls, in any protocol.
RequestMetrics::Call& RequestFront::call_of(const net::Request& request) {
  const std::string_view target = request.header("x-amz-target");
  if (!target.empty()) return metrics_.call(target);
  if (const std::optional<std::string> action = aws::query_action(request)) return metrics_.call(*action);
  const auto scope = aws::credential_scope_of(request);
  const bool is_signed = scope && scope->has_value();
  const auto match = aws::find_route(rest_, is_signed ? std::string_view((*scope)->service) : "", request);
  return match ? metrics_.call(aws::metric_name(rest_[match->index])) : metrics_.unknown();
}

net::Handler RequestFront::handler() {
  return [this](net::Request request) { return answer(std::move(request)); };
}

net::ErrorRenderer RequestFront::error_renderer(net::ErrorRenderer gateway) {
  return [this, gateway = std::move(gateway)](unsigned status, std::string_view reason, const net::Request& request) {
    metrics_.unknown().answered(status, std::chrono::microseconds(0));
    log_.debug("Request refused. status={} reason={} peer={}", status, log_value(reason), request.peer);
    return gateway(status, reason, request);
  };
}

bool RequestFront::may_administrate(const net::Request& request) const {
  if (!authenticator_ || AdminApi::is_public(request) || from_this_machine(request.peer)) return true;
  return authenticator_->authenticate(request).has_value();
}

asio::awaitable<net::Response> RequestFront::answer(net::Request request) {
  if (admin_.claims(request)) {
    if (!may_administrate(request)) co_return AdminApi::forbidden();
    const net::Handler* const command = admin_.command(request);
    if (command == nullptr) co_return admin_.answer(request);
    co_return co_await (*command)(std::move(request));
  }
  const Stopwatch stopwatch;
  RequestMetrics::Call& call = call_of(request);
  const RequestMetrics::Call::UnderWay under_way(call);
  const bool logged = log_.should_log(spdlog::level::debug);
  std::string peer;
  if (logged) peer = request.peer;
  net::Response response = co_await gateway_(std::move(request));
  const std::chrono::microseconds took = stopwatch.elapsed();
  call.answered(response.status, took);
  if (logged) {
    log_.debug("Request answered. service={} operation={} status={} microseconds={} request_id={} peer={}",
               call.service(), call.operation(), response.status, took.count(),
               net::find_header(response.headers, "x-amzn-RequestId"), peer);
  }
  co_return response;
}

}  // namespace eventbus
