#pragma once

#include "bus/publisher_metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus {

// Counts and times requests by service, operation and status. The operations are those of our tables; whatever else
// clients ask for is counted as "unknown", so that no client can make series. Counting is a few atomic additions. Safe
// to call from any thread.
class RequestMetrics final : public prometheus::Collectable {
 public:
  struct Operation {
    // As requests name it: "AWSEvents.PutEvents" in X-Amz-Target, "SendMessage" as a Query action, and of REST services
    // "scheduler/GetSchedule" (aws::metric_name).
    std::string call;
    std::string service, name;
  };
  // What several protocols call differently is one operation.
  explicit RequestMetrics(const std::vector<Operation>& operations);

  // One operation of one service.
  class Call {
   public:
    Call(std::string service, std::string operation);
    void answered(unsigned status, std::chrono::microseconds took);

    // While it lives a request is being answered.
    class UnderWay {
     public:
      explicit UnderWay(Call& call) : call_(call) { call_.under_way_.fetch_add(1, std::memory_order_relaxed); }
      ~UnderWay() { call_.under_way_.fetch_sub(1, std::memory_order_relaxed); }
      UnderWay(const UnderWay&) = delete;
      UnderWay& operator=(const UnderWay&) = delete;

     private:
      Call& call_;
    };

    const std::string& service() const { return service_; }
    const std::string& operation() const { return operation_; }

   private:
    friend class RequestMetrics;
    // The statuses that are told apart; the last slot is for all others.
    static constexpr std::array<unsigned, 20> kStatuses = {200, 201, 202, 204, 400, 401, 402, 403, 404, 405,
                                                           408, 409, 410, 412, 413, 429, 431, 500, 501, 503};

    std::string service_, operation_;
    std::array<std::atomic<std::uint64_t>, kStatuses.size() + 1> by_status_{};
    MetricHistogram seconds_;
    std::atomic<std::int64_t> under_way_{0};
  };
  // By Operation::call. Never fails; lives as long as this object.
  Call& call(std::string_view name);
  Call& unknown() { return unknown_; }

  void connection_refused() { refused_.fetch_add(1, std::memory_order_relaxed); }

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  std::map<std::pair<std::string, std::string>, Call> calls_;  // by operation and service; filled once
  std::map<std::string, Call*, std::less<>> by_name_;
  Call unknown_{"unknown", "unknown"};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace eventbus
