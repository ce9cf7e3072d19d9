#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>

namespace eventbus {

// Lanes whose target this daemon has no delivery for. What waits there does not age: once a delivery exists, the age of
// what had come before counts from that moment. Both facts are kept in the Catalog, for it is a restart with another
// configuration that usually brings the delivery:
//   standby/<lane>   {"version":1,"since":ms}             nothing is delivered
//                    {"version":1,"since":ms,"until":ms}  delivered again; what was there before ages from `until` on
// The document goes when the lane is empty. Safe to call from any thread; of one lane by one caller at a time.
class LaneStandby {
 public:
  LaneStandby(Storage& storage, Clock& clock) : storage_(storage), clock_(clock) {}

  // Reads what earlier lives left. Once, before the rest.
  Result<void> load();

  // The lane has something and no delivery. kUnavailable: not written down, true all the same until the process ends.
  asio::awaitable<Result<void>> begin(QueueId lane);
  // The lane has a delivery, again or as ever. Writes only when it stood by.
  asio::awaitable<Result<void>> end(QueueId lane);
  // The lane is empty: there is nothing to remember.
  asio::awaitable<Result<void>> forget(QueueId lane);

  bool remembers(QueueId lane) const;
  // When the age of a delivery of the lane begins.
  TimePoint age_from(QueueId lane, TimePoint accepted_at) const;
  // Lanes that stand by now.
  std::size_t size() const;

 private:
  struct Period {
    TimePoint since;
    std::optional<TimePoint> until;
  };
  std::optional<Period> period(QueueId lane) const;
  asio::awaitable<Result<void>> write(QueueId lane, Period period);

  Storage& storage_;
  Clock& clock_;
  mutable std::mutex mutex_;
  std::map<QueueId, Period> periods_;
};

}  // namespace eventbus
