#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace eventbus::net {

// See http_server.h. Thread-safe.
class ConnectionBudget {
 public:
  explicit ConnectionBudget(std::size_t connections_max) : connections_max_(connections_max) {}

  // A place for one connection, or false if all are taken. Every place taken is given back once.
  bool try_take() {
    if (taken_.fetch_add(1, std::memory_order_relaxed) < connections_max_) return true;
    taken_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void give_back() { taken_.fetch_sub(1, std::memory_order_relaxed); }

  // Addresses ("127.0.0.1:4566") that a shard of this daemon has bound: only those may be bound again.
  bool owns(const std::string& address) {
    std::lock_guard lock(mutex_);
    return addresses_.contains(address);
  }
  void own(std::string address) {
    std::lock_guard lock(mutex_);
    addresses_.insert(std::move(address));
  }
  void disown(const std::string& address) {
    std::lock_guard lock(mutex_);
    if (const auto found = addresses_.find(address); found != addresses_.end()) addresses_.erase(found);
  }

 private:
  const std::size_t connections_max_;
  std::atomic<std::size_t> taken_{0};
  std::mutex mutex_;
  std::multiset<std::string> addresses_;  // one entry per listening shard
};

}  // namespace eventbus::net
