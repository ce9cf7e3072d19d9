#pragma once

#include "net/http_client.h"
#include "net/url.h"

#include <string>
#include <string_view>

namespace eventbus::net {

// Whether the request gives up its connection: it says so, or one of its headers does.
bool asks_to_close(const ClientRequest& request);

// The bytes before the body: request line, `request.headers`, then Host, User-Agent, Content-Length and Connection
// where they are missing. Line breaks in header values become spaces.
std::string request_head(const ClientRequest& request, const Url& url, std::string_view user_agent);

}  // namespace eventbus::net
