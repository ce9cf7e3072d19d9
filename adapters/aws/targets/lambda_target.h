#pragma once

#include "adapters/aws/credentials/environment.h"
#include "adapters/aws/targets/target_directory.h"
#include "base/clock.h"
#include "bus/delivery_target.h"
#include "net/http_client.h"

#include <memory>
#include <string>

namespace eventbus::aws {

// What deliveries to functions use; what is referred to outlives them.
struct LambdaTargetParts {
  net::HttpClient& client;
  Clock& clock;
  // Where the Invoke API is: "http://127.0.0.1:3001". With a path of its own that path is called as it stands, whatever
  // the function: the runtime interface emulator has one function and one path. Empty: nowhere, deliveries wait.
  std::string endpoint;
  Duration timeout;
  // Calls are signed when AWS_ACCESS_KEY_ID is set in here. No other source of credentials is asked: roles, profiles
  // and metadata services belong to accounts that `forward` names.
  const CredentialEnvironment& environment;
  const Clock& wall_clock;  // what signatures go by
};

// Deliveries to arn:aws:lambda:…:function:NAME[:QUALIFIER] by asynchronous Invoke: done once the invocation is
// accepted; what the function makes of it is Lambda's business (behaviour §14). An emulator that invokes synchronously
// only (501) is called so, and answers when the function has ended.
//   2xx                                   delivered
//   404                                   NO_RESOURCE, for good
//   401, 403                              NO_PERMISSIONS, for good
//   other 4xx but 408, 409, 429           INVALID_PARAMETER, for good
//   408, 409, 429, 5xx, no answer         tried again
//   keys in the environment are not whole FAILED_TO_ASSUME_ROLE, tried again
std::unique_ptr<TargetFactory> make_lambda_target_factory(LambdaTargetParts parts);

}  // namespace eventbus::aws
