#pragma once

#include "base/async_mutex.h"
#include "base/clock.h"
#include "base/virtual_clock.h"
#include "daemon/clock_request.h"
#include "daemon/settler.h"
#include "net/message.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <string>
#include <thread>

namespace eventbus {

// The clock that tests move (--virtual-clock). Time stands still, is set or goes on by
//   POST /_eventbus/clock   a JSON object with one of
//     {"freeze": true}                    time stands still
//     {"run": true}                       time goes on from the present moment, as fast as real time
//     {"set": "2026-03-29T00:59:50Z"}     a jump, forward or back, as of a computer whose clock is set: sleepers whose
//                                         moment has passed wake all at once, what was scheduled between is skipped
//     {"advance": 90} or "PT1M30S"        through every moment between at which something is due, in order
//   and, if wanted, seconds of real time:
//     "patience": 2    how long the answer of a target is waited for before time goes on, and passes its deadline
//     "limit": 30      how long the whole call may take
//
// Answers when everything that became due has been carried out: 200 with
//   virtual, now, frozen, sleepers, next_wake, stops
//                      as GET answers: next_wake is the earliest moment somebody sleeps for, stops how many moments
//                      advances have stopped at so far
//   settled            all is carried out; false when a target has not answered yet, or `limit` came first
//   reached            of set and advance: whether `now` is, or was, what was asked for; false when `limit` came first,
//                      and time stays where it is then: the same call may go on
//   calls_under_way    requests to targets that are not answered
// 400: the request, with `error`. One call at a time; others wait their turn, which counts for their own limit.
//
// Safe to call from any shard; has a thread of its own, which waits for the others.
class ClockControl {
 public:
  struct Dependencies {
    VirtualClock& clock;
    Clock& system;
    const WatchedClient& calls;
    Settler settler;
  };
  explicit ClockControl(Dependencies dependencies);
  ~ClockControl();
  ClockControl(const ClockControl&) = delete;
  ClockControl& operator=(const ClockControl&) = delete;

  net::Handler handler();
  net::Response state() const;

 private:
  struct Move;
  asio::awaitable<net::Response> answer(std::string body);
  asio::awaitable<net::Response> carry_out(ClockRequest request);
  asio::awaitable<void> settle(Move& move);

  Dependencies dependencies_;
  AsyncMutex one_at_a_time_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

// GET and POST of a daemon whose time is the system's: {"virtual": false, "now": …}, and 409.
net::Response system_clock_state(const Clock& clock);
net::Handler system_clock_handler();

}  // namespace eventbus
