#include "daemon/clock_control.h"

#include "daemon/json_response.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pthread.h>
#include <utility>

namespace eventbus {
namespace {

namespace json = boost::json;

json::object describe(const VirtualClock& clock) {
  const VirtualClock::State state = clock.state();
  json::object described = {{"virtual", true},        {"now", format_iso_milliseconds(state.now)},
                            {"frozen", state.frozen}, {"sleepers", state.sleepers},
                            {"next_wake", nullptr},   {"stops", state.stops}};
  if (state.next_wake) described["next_wake"] = format_iso_milliseconds(*state.next_wake);
  return described;
}

}  // namespace

// One call, as far as it has come.
struct ClockControl::Move {
  Settler::Patience patience;
  bool settled = true;
};

ClockControl::ClockControl(Dependencies dependencies)
    : dependencies_(std::move(dependencies)), work_(io_.get_executor()), thread_([this] {
        pthread_setname_np(pthread_self(), "clock");
        io_.run();
      }) {}

ClockControl::~ClockControl() {
  work_.reset();
  io_.stop();
  thread_.join();
}

net::Handler ClockControl::handler() {
  return [this](net::Request request) { return answer(std::move(request.body)); };
}

net::Response ClockControl::state() const { return json_response(200, describe(dependencies_.clock)); }

asio::awaitable<net::Response> ClockControl::answer(std::string body) {
  const auto request = ClockRequest::parse(body);
  if (!request) co_return json_error(400, request.error().message);
  co_return co_await asio::co_spawn(io_, carry_out(*request), asio::use_awaitable);
}

asio::awaitable<void> ClockControl::settle(Move& move) {
  move.settled = co_await dependencies_.settler.settle(move.patience);
}

// On our own thread.
asio::awaitable<net::Response> ClockControl::carry_out(ClockRequest request) {
  co_await asio::this_coro::throw_if_cancelled(false);  // an advance that is broken off leaves the clock in order
  VirtualClock& clock = dependencies_.clock;
  Move move{{request.patience, dependencies_.system.now() + request.limit}};
  const AsyncMutex::Guard guard = co_await one_at_a_time_.lock();
  bool reached = true;
  switch (request.kind) {
    case ClockRequest::kFreeze:
      clock.freeze();
      co_await settle(move);
      break;
    case ClockRequest::kRun:
      clock.run();
      break;
    case ClockRequest::kSet:
      clock.set(request.time);
      co_await settle(move);
      break;
    case ClockRequest::kAdvance: {
      if (request.by > ClockRequest::kLatest - clock.now())
        co_return json_error(400, R"("advance" goes beyond the year 9999)");
      const TimePoint target = clock.now() + request.by;
      VirtualClock::Settle settle_here = [this, &move] { return settle(move); };
      std::function<bool()> go_on = [this, &move] { return dependencies_.system.now() < move.patience.until; };
      co_await clock.advance_to(target, std::move(settle_here), std::move(go_on));
      reached = clock.now() >= target;
      if (request.by == Duration(0)) co_await settle(move);  // what is due at this moment already
      break;
    }
  }
  const std::size_t calls = dependencies_.calls.under_way();
  json::object result = describe(clock);
  result["settled"] = move.settled && reached && calls == 0;
  if (request.kind == ClockRequest::kSet || request.kind == ClockRequest::kAdvance) result["reached"] = reached;
  result["calls_under_way"] = calls;
  co_return json_response(200, result);
}

net::Response system_clock_state(const Clock& clock) {
  return json_response(200, json::object{{"virtual", false}, {"now", format_iso_milliseconds(clock.now())}});
}

net::Handler system_clock_handler() {
  return [](const net::Request&) -> asio::awaitable<net::Response> {
    co_return json_error(409, "time is the system's here: only a daemon that runs with --virtual-clock moves it");
  };
}

}  // namespace eventbus
