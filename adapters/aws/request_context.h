#pragma once

#include "bus/scope.h"

#include <string>

namespace eventbus::net {
class Requester;
}

namespace eventbus::aws {

// Who asks and how: built by the gateway from headers and credential scope, before any body is read.
struct RequestContext {
  Scope scope;             // account (12-digit access key, else the default account) and region (credential scope)
  std::string access_key;  // empty when unsigned
  std::string service;     // of the credential scope: "events"; empty when unsigned
  std::string caller_arn;  // arn:aws:iam::<account>:user/eventbusd
  std::string request_id;  // UUID; x-amzn-RequestId of the answer
  std::string host;        // Host header: queue URLs are built from it
  std::string scheme = "http";
  std::string trace_header;                   // X-Amzn-Trace-Id of the request
  const net::Requester* requester = nullptr;  // net/message.h
};

}  // namespace eventbus::aws
