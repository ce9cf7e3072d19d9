#pragma once

#include "bus/bus_records.h"
#include "bus/connection_records.h"
#include "bus/delivery.h"
#include "bus/queue_message.h"
#include "net/http_client.h"

#include <optional>
#include <string>
#include <string_view>

namespace eventbus::aws {

// The request that delivers `delivery` to an API destination (behaviour §13): fixed headers, the parameters of the
// connection and of the target merged (the connection's win), the '*' of the path filled, the authorization. Its
// deadline is the caller's to set. Pure.
//
// `token` is the access token of an OAuth connection. `http_allowed`: endpoints may be http://. An endpoint without a
// scheme is taken for https://. The error says why no attempt can ever be made: INVALID_PARAMETER.
Result<net::ClientRequest, DeliveryFailure> api_destination_request(const ApiDestinationRecord& destination,
                                                                    const ConnectionAuth& auth, std::string_view token,
                                                                    const Target& target, const Delivery& delivery,
                                                                    bool http_allowed);

// The endpoint with its scheme; nullopt when it is one that must not be called.
std::optional<std::string> callable_endpoint(std::string_view endpoint, bool http_allowed);

// `body` with these members, in place of its own of the same names; a body that is no JSON object stays as it is.
std::string with_body_parameters(std::string body, const std::vector<ConnectionParameter>& parameters);

}  // namespace eventbus::aws
