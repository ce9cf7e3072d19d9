#pragma once

#include "net/message.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus::aws {

// One operation of a REST service as URLs name it: a method and a template such as
//   /v1/registries/name/{RegistryName}/schemas        a label is one segment of the path, not empty
//   /tags/{ResourceArn+}                              a greedy one is all that is left of it, slashes too
// A path is taken apart before it is decoded, so that labels may hold any character, percent-encoded: ARNs with their
// slashes come as `arn%3Aaws%3A…%2Fname`, and from some tools as they are.
struct RestRoute {
  std::string_view service;    // signing name: "scheduler"
  std::string_view operation;  // "GetSchedule"
  std::string_view method;     // "GET"
  std::string_view uri;        // what stands in braces is the name of the input's member
};

// The values of a template's labels, by member, decoded; nullopt when the path is not of this template, or a label is
// not UTF-8 after decoding.
using RestLabels = std::vector<std::pair<std::string_view, std::string>>;
std::optional<RestLabels> match_uri(std::string_view uri_template, std::string_view path);

// The route a request names; nullopt if there is none. `signed_as` is the service of the credential scope: a signed
// request is for that service and no other. Without one the path decides, and where services share a path, as all do
// /tags/{ResourceArn+}, the service that the ARN names.
struct RestMatch {
  std::size_t index;  // of the route
  RestLabels labels;
};
std::optional<RestMatch> find_route(std::span<const RestRoute> routes, std::string_view signed_as,
                                    const net::Request& request);

// What requests for it are counted under: "scheduler/GetSchedule".
std::string metric_name(const RestRoute& route);

// Is this request for `service`, whether or not it names an operation? Signed ones are by their scope, others by a path
// of one of its routes, whatever the method. Requests with X-Amz-Target are of other protocols.
bool claims_rest(std::span<const RestRoute> routes, std::string_view service, std::string_view signed_as,
                 const net::Request& request);

}  // namespace eventbus::aws
