#pragma once

#include "adapters/aws/operation.h"

namespace eventbus::aws {

// What the handlers of STS use: nothing but the request's context.
struct StsApi {};

asio::awaitable<AwsResult<json::object>> get_caller_identity(StsApi& api, const RequestContext& context,
                                                             json::object input);

}  // namespace eventbus::aws
