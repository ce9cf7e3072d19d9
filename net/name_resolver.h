#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "net/http_client.h"
#include "net/interrupt.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace eventbus::net {

// Host names to addresses, by the system's resolver on a few threads of its own: one name whose servers do not answer
// holds up neither a shard nor other names. Coroutines that ask for one name at one time share a look-up, and what was
// found is remembered for a few seconds. Safe to call from any thread; nobody waits when it is destroyed, which joins
// the threads (a look-up under way ends when the system's resolver gives up on it).
class NameResolver {
 public:
  struct Lookup {
    std::string error;     // empty: found
    bool unknown = false;  // of an error: there is no such name, as opposed to nobody who could say
    std::vector<asio::ip::address> addresses;
  };
  // What looks a name up, blocking: the system's getaddrinfo by default.
  using Find = std::function<Lookup(const std::string& host)>;

  explicit NameResolver(Clock& clock, Find find = find_by_system, std::size_t threads_max = 8);
  ~NameResolver();

  // At least one address, in the order in which they should be tried. Literal addresses are answered at once. kResolve,
  // kConnect; kTimeout if interrupted; kCancelled.
  asio::awaitable<Result<std::vector<asio::ip::address>, ClientError>> resolve(std::string host, Interrupt& interrupt);

  static Lookup find_by_system(const std::string& host);

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace eventbus::net
