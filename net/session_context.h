#pragma once

#include "net/http_server.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace eventbus::net {

// What all sessions of one server share. Lives as long as any of them.
struct SessionContext {
  ServerLimits limits;
  ServerMetrics metrics;
  std::function<void(std::string_view)> handler_threw;
  Handler handler;
  ErrorRenderer render_error;
  std::shared_ptr<const TlsIdentity> tls;  // nullptr: plain text

  // Deadlines are counted in ticks of the server's one timer: no clock is read and no timer is set per request.
  std::chrono::milliseconds tick_length{250};
  std::uint64_t tick = 0;
  bool stopping = false;

  std::string date;  // see date_now()
  long long date_seconds = -1;
  // The Date header's text, rewritten once a second.
  std::string_view date_now();
};

}  // namespace eventbus::net
