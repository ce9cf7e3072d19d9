#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus::net {

// HTTP as everybody above net/ sees it: plain structs, no Beast.

struct Header {
  std::string name;
  std::string value;
};

// The first header of that name, compared without case; empty if there is none.
std::string_view find_header(const std::vector<Header>& headers, std::string_view name);

// Who waits for the answer to a request.
class Requester {
 public:
  // The connection is broken, or its other side has ended its half of it: no answer need be made, though one that is
  // made is still sent. Looks now, a system call; false does not promise that the answer arrives. On the thread of the
  // connection, while the handler runs.
  virtual bool has_left() const = 0;

 protected:
  ~Requester() = default;
};

struct Request {
  std::string method;  // "POST"
  std::string target;  // path and query, percent-encoded as sent
  std::vector<Header> headers;
  // Decoded (chunks joined, gzip undone). Its capacity exceeds its size by at least 64 bytes: simdjson may read there.
  std::string body;
  std::string peer;                      // "127.0.0.1:53412"
  const Requester* requester = nullptr;  // nullptr: nobody knows

  std::string_view header(std::string_view name) const { return find_header(headers, name); }
};

struct Response {
  unsigned status = 200;
  std::vector<Header> headers;  // Content-Length, Date and Connection are added by the server
  std::string body;
};

// Answers one request. Runs on the shard of its connection; may suspend.
//
// When the client goes away while the handler waits, the operation it waits for receives asio's (terminal)
// cancellation, once (net/client_watch.h: when that is, and what counts as going away). Nothing is thrown at a later
// co_await: a handler that is in the middle of a change finishes it. A long wait looks:
//   if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return …;
// and whoever is about to give away after it what only one can have asks `requester` once more: a client that leaves
// just then, or soon after its request, has not cancelled anything yet.
using Handler = std::function<boost::asio::awaitable<Response>(Request)>;

}  // namespace eventbus::net
