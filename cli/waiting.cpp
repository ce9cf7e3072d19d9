#include "cli/waiting.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace eventbus::cli {

void wait_until(Clock& clock, TimePoint when) {
  boost::asio::io_context io(1);
  boost::asio::co_spawn(io, clock.sleep_until(when), boost::asio::detached);
  io.run();
}

}  // namespace eventbus::cli
