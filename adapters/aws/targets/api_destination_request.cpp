#include "adapters/aws/targets/api_destination_request.h"

#include "adapters/aws/targets/http_parameters.h"
#include "base/digest.h"
#include "bus/json_text.h"

#include <algorithm>
#include <utility>

namespace eventbus::aws {

namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

DeliveryFailure invalid_parameter(std::string message) { return {"INVALID_PARAMETER", std::move(message)}; }

void set_query(Query& query, const std::string& name, const std::string& value) {
  const auto existing = std::ranges::find(query, name, &Query::value_type::first);
  if (existing == query.end())
    query.emplace_back(name, value);
  else
    existing->second = value;
}

net::Header authorization_of(const ConnectionAuth& auth, std::string_view token) {
  switch (auth.type) {
    case AuthorizationType::kBasic:
      return {"Authorization", "Basic " + base64_encode(*auth.name + ":" + *auth.secret)};
    case AuthorizationType::kApiKey:
      return {*auth.name, *auth.secret};
    case AuthorizationType::kOAuthClientCredentials:
      return {"Authorization", "Bearer " + std::string(token)};
  }
  return {};
}

bool has_scheme(std::string_view endpoint, std::string_view scheme) {
  return endpoint.size() >= scheme.size() &&
         std::ranges::equal(endpoint.substr(0, scheme.size()), scheme, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
}

bool overridden(std::string_view key, const std::vector<ConnectionParameter>& parameters) {
  return std::ranges::find(parameters, unescaped(key), &ConnectionParameter::key) != parameters.end();
}

}  // namespace

std::optional<std::string> callable_endpoint(std::string_view endpoint, bool http_allowed) {
  if (has_scheme(endpoint, "https://")) return std::string(endpoint);
  if (has_scheme(endpoint, "http://")) return http_allowed ? std::optional(std::string(endpoint)) : std::nullopt;
  if (endpoint.find("://") != std::string_view::npos) return std::nullopt;
  return "https://" + std::string(endpoint);
}

std::string with_body_parameters(std::string body, const std::vector<ConnectionParameter>& parameters) {
  if (parameters.empty() || !is_json(body) || json_kind(body) != JsonKind::kObject) return body;
  std::string merged = "{";
  const auto begin_member = [&] {
    if (merged.size() > 1) merged += ',';
  };
  for_each_member(body, [&](std::string_view key, std::string_view value) {
    if (overridden(key, parameters)) return;
    begin_member();
    merged.append("\"").append(key).append("\":").append(value);
  });
  for (auto parameter = parameters.begin(); parameter != parameters.end(); ++parameter) {
    const bool given_again = std::ranges::find(parameter + 1, parameters.end(), parameter->key,
                                               &ConnectionParameter::key) != parameters.end();
    if (given_again) continue;  // the last one counts
    begin_member();
    append_json_string(merged, parameter->key);
    merged += ':';
    append_json_string(merged, parameter->value.value_or(""));
  }
  return merged + "}";
}

Result<net::ClientRequest, DeliveryFailure> api_destination_request(const ApiDestinationRecord& destination,
                                                                    const ConnectionAuth& auth, std::string_view token,
                                                                    const Target& target, const Delivery& delivery,
                                                                    bool http_allowed) {
  const std::optional<std::string> endpoint = callable_endpoint(destination.endpoint, http_allowed);
  if (!endpoint)
    return invalid_parameter("The endpoint of API destination " + destination.name +
                             " is not an https:// URL: " + destination.endpoint);
  HttpParameters parameters = http_parameters_of(target, delivery.original_event());
  net::ClientRequest request;
  request.method = destination.method;
  request.close = true;
  request.headers = {{"User-Agent", "Amazon/EventBridge/ApiDestinations"},
                     {"Content-Type", "application/json; charset=utf-8"},
                     {"Range", "bytes=0-1048575"},
                     {"Accept-Encoding", "gzip,deflate"}};
  const auto add_header = [&](std::string name, std::string value) {
    if (!is_dropped_header(name)) set_header(request.headers, std::move(name), std::move(value));
  };
  for (net::Header& header : parameters.headers) add_header(std::move(header.name), std::move(header.value));
  request.body = delivery.input;
  if (const auto& own = auth.invocation_parameters) {
    if (own->headers) {
      for (const ConnectionParameter& parameter : *own->headers)
        add_header(parameter.key, parameter.value.value_or(""));
    }
    if (own->query) {
      for (const ConnectionParameter& parameter : *own->query)
        set_query(parameters.query, parameter.key, parameter.value.value_or(""));
    }
    if (own->body) request.body = with_body_parameters(std::move(request.body), *own->body);
  }
  net::Header authorization = authorization_of(auth, token);
  set_header(request.headers, std::move(authorization.name), std::move(authorization.value));
  for (const net::Header& header : request.headers) {
    if (!is_header_value(header.value))
      return invalid_parameter("The value of header " + header.name + " holds characters that no header may hold.");
  }
  request.url = with_query(with_path_values(*endpoint, parameters.path), parameters.query);
  return request;
}

}  // namespace eventbus::aws
