#include "base/asleep.h"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

namespace eventbus {

asio::awaitable<void> asleep(Clock& clock, TimePoint until) {
  co_await asio::this_coro::throw_if_cancelled(false);
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
  co_await clock.sleep_until(until);
}

}  // namespace eventbus
