#pragma once

#include "base/clock.h"
#include "net/client_connection.h"

#include <boost/asio/execution_context.hpp>

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace eventbus::net {

// The kept-alive connections of one client in one io_context: all of it on the context's thread. They cost no pending
// operation, so they keep no io_context running; what has become of one is found out when it is taken.
class ClientPool {
 public:
  ClientPool(Duration idle_timeout, std::size_t per_host_max)
      : idle_timeout_(idle_timeout), per_host_max_(per_host_max) {}

  // The most recently used one that is still open, or nullptr.
  std::unique_ptr<ClientConnection> take(const std::string& key, TimePoint now);
  void put(const std::string& key, std::unique_ptr<ClientConnection> connection, TimePoint now);
  // Closes those that have been idle for too long.
  void sweep(TimePoint now);
  void clear() { idle_.clear(); }

  // The thread that used it last. Any thread.
  std::thread::id owner() const { return owner_.load(std::memory_order_relaxed); }

 private:
  struct Idle {
    std::unique_ptr<ClientConnection> connection;
    TimePoint since;
  };
  const Duration idle_timeout_;
  const std::size_t per_host_max_;
  std::map<std::string, std::vector<Idle>> idle_;  // oldest first
  TimePoint swept_;
  std::atomic<std::thread::id> owner_{};
};

// Keeps the pools of an io_context, and closes their connections when it ends: sockets must not outlive their context.
class ClientPools final : public asio::execution_context::service {
 public:
  static asio::execution_context::id id;
  explicit ClientPools(asio::execution_context& context) : service(context) {}

  // The pool of a client, which `client` tells from others; made by `make` when there is none yet.
  template <typename Make>
  std::shared_ptr<ClientPool> of(const std::shared_ptr<const void>& client, Make make) {
    std::shared_ptr<ClientPool>& pool = pools_[client];
    if (!pool) pool = make();
    return pool;
  }

 private:
  void shutdown() override {
    for (const auto& [client, pool] : pools_) pool->clear();
    pools_.clear();
  }

  std::map<std::shared_ptr<const void>, std::shared_ptr<ClientPool>> pools_;
};

}  // namespace eventbus::net
