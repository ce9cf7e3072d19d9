#pragma once

#include <chrono>
#include <compare>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>

namespace prometheus {
class Counter;
class Histogram;
class Registry;
template <typename T>
class Family;
}  // namespace prometheus

namespace eventbus {

// Counts requests by service, operation and status, with the time they took. The names of services and operations must
// come from our tables, never from clients: each makes a series. Safe to call from any thread.
class RequestMetrics {
 public:
  explicit RequestMetrics(prometheus::Registry& registry);

  struct Call {
    std::string service, operation;
    friend auto operator<=>(const Call&, const Call&) = default;
  };
  void answered(const Call& call, unsigned status, std::chrono::microseconds took);

 private:
  struct Series {
    prometheus::Histogram* seconds = nullptr;
    std::map<unsigned, prometheus::Counter*> by_status;
  };
  void count_first(const Call& call, unsigned status, std::chrono::microseconds took);

  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  std::shared_mutex mutex_;
  std::map<Call, Series> series_;
};

}  // namespace eventbus
