#include "adapters/aws/gateway.h"

#include "adapters/aws/credential_scope.h"
#include "adapters/aws/json_protocol.h"
#include "adapters/aws/query_protocol.h"
#include "base/log_value.h"

#include <spdlog/logger.h>

#include <algorithm>
#include <utility>

namespace eventbus::aws {

namespace {

// AWS: "arn:aws:iam::<account>:user/<name>", whose last part scripts cut out (client-calls §3, sts).
constexpr std::string_view kUser = "eventbusd";

std::string user_arn(std::string_view account, std::string_view name) {
  return "arn:aws:iam::" + std::string(account) + ":user/" + std::string(name);
}

bool is_account(std::string_view text) {
  return text.size() == 12 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Browsers ask first (CORS). Whoever can reach the daemon may use it; what guards it is the address it listens on.
net::Response answer_preflight(const net::Request& request) {
  net::Response response;
  const std::string_view headers = request.header("access-control-request-headers");
  response.headers.push_back({"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"});
  response.headers.push_back({"Access-Control-Allow-Headers", headers.empty() ? "*" : std::string(headers)});
  response.headers.push_back({"Access-Control-Max-Age", "86400"});
  return response;
}

void allow_any_origin(net::Response& response) {
  response.headers.push_back({"Access-Control-Allow-Origin", "*"});
  response.headers.push_back(
      {"Access-Control-Expose-Headers", "x-amzn-RequestId, x-amzn-ErrorType, x-amzn-query-error, Date"});
}

// What the request asked for, as well as it can be named: the target, the action, or method and path.
std::string name_of_call(const net::Request& request) {
  if (const std::string_view target = request.header("x-amz-target"); !target.empty()) return std::string(target);
  if (std::optional<std::string> action = query_action(request)) return *action;
  return request.method + " " + std::string(path_of(request));
}

// Names for what the server itself refuses (net/http_server.h, ErrorRenderer).
AwsError error_of_status(unsigned status, std::string_view reason) {
  std::string type = "BadRequestException";
  if (status == 408) type = "RequestTimeout";
  if (status == 413) type = "RequestEntityTooLarge";
  if (status == 431) type = "RequestHeaderFieldsTooLarge";
  if (status == 503) type = "ServiceUnavailable";
  if (status == 500) return internal_failure();
  return AwsError(std::move(type), std::string(reason), status);
}

}  // namespace

Gateway::Gateway(std::vector<std::unique_ptr<Service>> services, Options options)
    : services_(std::move(services)), options_(std::move(options)) {}

Gateway::~Gateway() = default;

net::Handler Gateway::handler() {
  return [this](net::Request request) { return answer(std::move(request), Trust::kVerify); };
}

net::Handler Gateway::trusted_handler() {
  return [this](net::Request request) { return answer(std::move(request), Trust::kBelieve); };
}

net::ErrorRenderer Gateway::error_renderer() {
  return [this](unsigned status, std::string_view reason, const net::Request& request) {
    return render_in_protocol_of(request, "", options_.rng.uuid(), error_of_status(status, reason));
  };
}

AwsResult<RequestContext> Gateway::context_of(const net::Request& request) const {
  TRY(std::optional<CredentialScope> signed_as, credential_scope_of(request));
  RequestContext context;
  context.scope = {options_.default_account, options_.default_region};
  if (signed_as) {
    if (is_account(signed_as->access_key)) context.scope.account = signed_as->access_key;
    if (!signed_as->region.empty()) context.scope.region = std::move(signed_as->region);
    context.access_key = std::move(signed_as->access_key);
    context.service = std::move(signed_as->service);
  }
  context.caller_arn = user_arn(context.scope.account, kUser);
  context.host = request.header("host");
  context.scheme = options_.scheme;
  context.trace_header = request.header("x-amzn-trace-id");
  context.requester = request.requester;
  return context;
}

AwsResult<RequestContext> Gateway::verified_context_of(const net::Request& request) const {
  TRY(const RequestAuthenticator::Caller caller, options_.authenticator->authenticate(request));
  TRY(RequestContext context, context_of(request));
  context.scope.account = caller.account;
  context.caller_arn = user_arn(caller.account, caller.name);
  return context;
}

asio::awaitable<net::Response> Gateway::answer(net::Request request, Trust trust) {
  const bool from_browser = !request.header("origin").empty();
  const std::string request_id = options_.rng.uuid();
  const bool verify = options_.authenticator && trust == Trust::kVerify;
  net::Response response;

  if (request.method == "OPTIONS" && from_browser) {
    response = answer_preflight(request);
  } else if (AwsResult<RequestContext> context = verify ? verified_context_of(request) : context_of(request);
             !context) {
    response = render_in_protocol_of(request, "", request_id, context.error());
  } else {
    context->request_id = request_id;
    const auto service = std::ranges::find_if(services_, [&](const auto& s) { return s->claims(*context, request); });
    if (service != services_.end() && verify && (*service)->name() != context->service) {
      const AwsError error = RequestAuthenticator::wrong_service(request, (*service)->name());
      response = render_in_protocol_of(request, (*service)->name(), request_id, error);
    } else if (service != services_.end()) {
      response = co_await (*service)->handle(std::move(*context), std::move(request));
    } else {
      const std::string call = name_of_call(request);
      options_.log.warn("request for an operation that is not available request_id={} operation={} service={}",
                        request_id, log_value(call), log_value(context->service));
      response =
          render_in_protocol_of(request, context->service, request_id, unknown_operation(context->service, call));
    }
  }
  if (from_browser) allow_any_origin(response);
  co_return response;
}

net::Response render_in_protocol_of(const net::Request& request, std::string_view signing_name,
                                    std::string_view request_id, const AwsError& error) {
  const std::string_view content_type = request.header("content-type");
  if (!request.header("x-amz-target").empty() || content_type.starts_with("application/x-amz-json")) {
    JsonProtocol protocol{"", "", "application/x-amz-json-1.1", "", false};
    if (content_type.starts_with("application/x-amz-json-1.0")) protocol.content_type = "application/x-amz-json-1.0";
    protocol.query_error_header = request.header("x-amzn-query-mode") == "true";
    return json_error(protocol, request_id, error);
  }
  if (has_form_body(request) || query_action(request)) return query_error("", request_id, error);
  if (signing_name == "s3") {
    net::Response response = query_error("", request_id, error);
    XmlWriter body;
    body.open("Error").element("Code", error.type).element("Message", error.message).element("RequestId", request_id);
    response.body = body.take();
    return response;
  }
  return json_error(JsonProtocol{"", "", "application/json", "", false}, request_id, error);
}

}  // namespace eventbus::aws
