#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>

namespace eventbus {

namespace asio = boost::asio;

// An event loop whose work is counted, so that one can tell from outside when nothing is left to do in it: when between
// two handlers of one's own, posted one after the other, no other handler ran (daemon/settler.h).
class CountedLoop {
 public:
  explicit CountedLoop(asio::io_context& io) : io_(io) {}

  // As io.run(); a little slower.
  void run() {
    while (io_.run_one() > 0) ++carried_out_;
  }
  // How many handlers have ended. On the loop's thread.
  std::uint64_t carried_out() const { return carried_out_; }
  asio::any_io_executor executor() { return io_.get_executor(); }

 private:
  asio::io_context& io_;
  std::uint64_t carried_out_ = 0;
};

}  // namespace eventbus
