#include "adapters/aws/rest_route.h"

#include "adapters/aws/query_protocol.h"

#include <simdjson.h>

#include <algorithm>

namespace eventbus::aws {

namespace {

// The text up to the next slash, which goes too.
std::string_view take_segment(std::string_view& path) {
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return segment;
}

bool take_slash(std::string_view& path) {
  if (!path.starts_with('/')) return false;
  path.remove_prefix(1);
  return true;
}

bool is_label(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

// "arn:aws:scheduler:…" → "scheduler"; empty for what is no ARN.
std::string_view service_of_arn(std::string_view arn) {
  if (!arn.starts_with("arn:")) return {};
  arn.remove_prefix(4);
  const std::size_t partition = arn.find(':');
  if (partition == std::string_view::npos) return {};
  arn.remove_prefix(partition + 1);
  return arn.substr(0, arn.find(':'));
}

// An unsigned request for a path that services share is for the one whose resource it names.
bool names_a_resource_of(const RestRoute& route, const RestLabels& labels) {
  if (!route.uri.ends_with("+}")) return true;
  return !labels.empty() && service_of_arn(labels.back().second) == route.service;
}

std::optional<RestLabels> match(const RestRoute& route, std::string_view signed_as, std::string_view path) {
  if (!signed_as.empty() && signed_as != route.service) return std::nullopt;
  std::optional<RestLabels> labels = match_uri(route.uri, path);
  if (labels && signed_as.empty() && !names_a_resource_of(route, *labels)) return std::nullopt;
  return labels;
}

}  // namespace

std::optional<RestLabels> match_uri(std::string_view uri_template, std::string_view path) {
  RestLabels labels;
  if (!take_slash(uri_template) || !take_slash(path)) return std::nullopt;
  while (!uri_template.empty()) {
    std::string_view expected = take_segment(uri_template);
    const bool greedy = expected.ends_with("+}");
    const std::string_view given = greedy ? std::exchange(path, {}) : take_segment(path);
    if (!is_label(expected)) {
      if (given != expected) return std::nullopt;
      continue;
    }
    std::optional<std::string> value = percent_decode(given, false);
    if (!value || value->empty() || !simdjson::validate_utf8(value->data(), value->size())) return std::nullopt;
    expected.remove_prefix(1);
    expected.remove_suffix(greedy ? 2 : 1);
    labels.emplace_back(expected, *std::move(value));
  }
  if (!path.empty()) return std::nullopt;
  return labels;
}

std::optional<RestMatch> find_route(std::span<const RestRoute> routes, std::string_view signed_as,
                                    const net::Request& request) {
  const std::string_view path = path_of(request);
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (routes[i].method != request.method) continue;
    if (std::optional<RestLabels> labels = match(routes[i], signed_as, path)) return RestMatch{i, *std::move(labels)};
  }
  return std::nullopt;
}

std::string metric_name(const RestRoute& route) {
  return std::string(route.service) + "/" + std::string(route.operation);
}

bool claims_rest(std::span<const RestRoute> routes, std::string_view service, std::string_view signed_as,
                 const net::Request& request) {
  if (!request.header("x-amz-target").empty()) return false;
  if (!signed_as.empty()) return signed_as == service;
  const std::string_view path = path_of(request);
  return std::ranges::any_of(routes, [&](const RestRoute& route) { return match(route, signed_as, path).has_value(); });
}

}  // namespace eventbus::aws
