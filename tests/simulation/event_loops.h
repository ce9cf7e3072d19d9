#pragma once

#include "tests/simulation/dice.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace eventbus::simulation {

namespace asio = boost::asio;

// The event loops of a simulated daemon, all on one thread: shards, which in the daemon are threads, take turns by
// chance, one handler at a time. So every order is possible that threads could bring about between two handlers.
class EventLoops {
 public:
  EventLoops(std::size_t count, std::uint64_t seed) : dice_(seed) {
    for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<Loop>());
  }

  std::size_t size() const { return loops_.size(); }
  asio::io_context::executor_type executor(std::size_t loop) { return loops_[loop]->io.get_executor(); }

  // Runs one handler. False: there is none that could run now.
  bool step() {
    const std::size_t first = dice_.below(loops_.size());
    for (std::size_t i = 0; i < loops_.size(); ++i)
      if (loops_[(first + i) % loops_.size()]->io.poll_one() > 0) return true;
    return false;
  }

 private:
  struct Loop {
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  };
  Dice dice_;
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace eventbus::simulation
