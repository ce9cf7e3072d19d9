#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace eventbus::testing {

// Runs a coroutine to its end on an io_context of its own and gives back what it returned; rethrows what it threw. For
// coroutines that wait for nobody outside of this thread, or for threads that end by themselves.
template <typename T>
T run(boost::asio::awaitable<T> coroutine) {
  boost::asio::io_context io{1};
  std::exception_ptr failure;
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr thrown) { failure = thrown; });
    io.run();
    if (failure) std::rethrow_exception(failure);
  } else {
    std::optional<T> result;
    boost::asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr thrown, std::optional<T> value) {
      failure = thrown;
      result = std::move(value);
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    if (!result) throw std::logic_error("the coroutine never completed");
    return std::move(*result);
  }
}

}  // namespace eventbus::testing
