#pragma once

#include "adapters/aws/constraints.h"
#include "adapters/aws/events/shared_shapes.h"

#include <cstddef>
#include <string_view>

// Connections and API destinations in the API model of EventBridge.
namespace eventbus::aws::events_model {

inline constexpr Shape kConnectionName = text(1, 64).matching(kNamePattern);
inline constexpr Shape kConnectionDescription = text(Shape::kNoMin, 512).matching(".*");
inline constexpr std::string_view kAuthorizationType[] = {"BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY"};
inline constexpr std::string_view kTokenMethod[] = {"GET", "POST", "PUT"};
inline constexpr std::string_view kConnectionState[] = {"CREATING",      "UPDATING",     "DELETING",
                                                        "AUTHORIZED",    "DEAUTHORIZED", "AUTHORIZING",
                                                        "DEAUTHORIZING", "ACTIVE",       "FAILED_CONNECTIVITY"};
inline constexpr Shape kAuthText =
    text(1, 512).matching(R"(^[ \t]*[^\x00-\x1F:\x7F]+([ \t]+[^\x00-\x1F:\x7F]+)*[ \t]*$)");
inline constexpr Shape kEndpoint =
    text(1, 2048).matching(R"(^((%[0-9A-Fa-f]{2}|[-()_.!~*';/?:@\x26=+$,A-Za-z0-9])+)([).!';/?:,])?$)");

inline constexpr Member kHeaderParameterMembers[] = {
    optional("Key", kHeaderName), optional("Value", kHeaderValue.secret()), optional("IsValueSecret", boolean())};
inline constexpr Shape kHeaderParameter = structure("ConnectionHeaderParameter", kHeaderParameterMembers);
inline constexpr Member kQueryParameterMembers[] = {
    optional("Key", kQueryName), optional("Value", kQueryValue.secret()), optional("IsValueSecret", boolean())};
inline constexpr Shape kQueryParameter = structure("ConnectionQueryStringParameter", kQueryParameterMembers);
inline constexpr Member kBodyParameterMembers[] = {optional("Key", kText), optional("Value", kText.secret()),
                                                   optional("IsValueSecret", boolean())};
inline constexpr Shape kBodyParameter = structure("ConnectionBodyParameter", kBodyParameterMembers);
inline constexpr Member kConnectionHttpMembers[] = {
    optional("HeaderParameters", list_of(kHeaderParameter, 0, 100)),
    optional("QueryStringParameters", list_of(kQueryParameter, 0, 100)),
    optional("BodyParameters", list_of(kBodyParameter, 0, 100)),
};
inline constexpr Shape kConnectionHttpParameters = structure("ConnectionHttpParameters", kConnectionHttpMembers);

inline constexpr Member kResourceMembers[] = {required(
    "ResourceConfigurationArn",
    text(0, 2048).matching(
        R"(^(?:^arn:[a-z0-9\-]+:vpc-lattice:[a-zA-Z0-9\-]+:\d{12}:resourceconfiguration/rcfg-[0-9a-z]{17}$|^$))"))};
inline constexpr Member kConnectivityMembers[] = {
    required("ResourceParameters", structure("ConnectivityResourceConfigurationArn", kResourceMembers))};
inline constexpr Shape kConnectivity = structure("ConnectivityResourceParameters", kConnectivityMembers);

inline constexpr std::string_view kApiDestinationMethod[] = {"HEAD", "POST", "PATCH",  "DELETE",
                                                             "PUT",  "GET",  "OPTIONS"};
inline constexpr Shape kConnectionArn = text(1, 1600).matching(
    R"(^arn:aws([a-z]|\-)*:events:([a-z]|\d|\-)*:([0-9]{12})?:connection\/[\.\-_A-Za-z0-9]+\/[\-A-Za-z0-9]+$)");

// What CreateConnection must be given UpdateConnection may leave out, and the structures are named after either.
// Otherwise their inputs are the same.
template <bool kCreates>
constexpr Member needed(std::string_view name, const Shape& shape) {
  return {name, shape, kCreates};
}

template <bool kCreates, std::size_t N>
constexpr Shape request_structure(std::string_view create, std::string_view update, const Member (&members)[N]) {
  return structure(kCreates ? create : update, members);
}

template <bool kCreates>
struct ConnectionInput {
  static constexpr Member kBasic[] = {needed<kCreates>("Username", kAuthText),
                                      needed<kCreates>("Password", kAuthText.secret())};
  static constexpr Member kApiKey[] = {needed<kCreates>("ApiKeyName", kAuthText),
                                       needed<kCreates>("ApiKeyValue", kAuthText.secret())};
  static constexpr Member kClient[] = {needed<kCreates>("ClientID", kAuthText),
                                       needed<kCreates>("ClientSecret", kAuthText.secret())};
  static constexpr Member kOAuth[] = {
      needed<kCreates>("ClientParameters",
                       request_structure<kCreates>("CreateConnectionOAuthClientRequestParameters",
                                                   "UpdateConnectionOAuthClientRequestParameters", kClient)),
      needed<kCreates>("AuthorizationEndpoint", kEndpoint),
      needed<kCreates>("HttpMethod", one_of(kTokenMethod)),
      optional("OAuthHttpParameters", kConnectionHttpParameters),
  };
  static constexpr Member kAuthorization[] = {
      optional("BasicAuthParameters",
               request_structure<kCreates>("CreateConnectionBasicAuthRequestParameters",
                                           "UpdateConnectionBasicAuthRequestParameters", kBasic)),
      optional("OAuthParameters", request_structure<kCreates>("CreateConnectionOAuthRequestParameters",
                                                              "UpdateConnectionOAuthRequestParameters", kOAuth)),
      optional("ApiKeyAuthParameters",
               request_structure<kCreates>("CreateConnectionApiKeyAuthRequestParameters",
                                           "UpdateConnectionApiKeyAuthRequestParameters", kApiKey)),
      optional("InvocationHttpParameters", kConnectionHttpParameters),
      optional("ConnectivityParameters", kConnectivity),
  };
  static constexpr Member kMembers[] = {
      required("Name", kConnectionName),
      optional("Description", kConnectionDescription),
      needed<kCreates>("AuthorizationType", one_of(kAuthorizationType)),
      needed<kCreates>("AuthParameters",
                       request_structure<kCreates>("CreateConnectionAuthRequestParameters",
                                                   "UpdateConnectionAuthRequestParameters", kAuthorization)),
      optional("InvocationConnectivityParameters", kConnectivity),
      optional("KmsKeyIdentifier", kKmsKeyIdentifier),
  };
};

template <bool kCreates>
struct ApiDestinationInput {
  static constexpr Member kMembers[] = {
      required("Name", kConnectionName),
      optional("Description", kConnectionDescription),
      needed<kCreates>("ConnectionArn", kConnectionArn),
      needed<kCreates>("InvocationEndpoint", kEndpoint),
      needed<kCreates>("HttpMethod", one_of(kApiDestinationMethod)),
      optional("InvocationRateLimitPerSecond", integer(1)),
  };
};

}  // namespace eventbus::aws::events_model
