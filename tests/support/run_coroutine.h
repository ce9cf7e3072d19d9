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

// co_spawn wants a T that can be made from nothing; a Result cannot.
template <typename T>
boost::asio::awaitable<void> keep_result(boost::asio::awaitable<T> coroutine, std::optional<T>& result) {
  result.emplace(co_await std::move(coroutine));
}

// Runs a coroutine to its end on an io_context of its own and gives back what it returned; rethrows what it threw. For
// coroutines that wait for nobody outside of this thread, or for threads that end by themselves.
template <typename T>
T run(boost::asio::awaitable<T> coroutine) {
  boost::asio::io_context io{1};
  std::exception_ptr failure;
  const auto finished = [&](std::exception_ptr thrown) { failure = thrown; };
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(io, std::move(coroutine), finished);
    io.run();
    if (failure) std::rethrow_exception(failure);
  } else {
    std::optional<T> result;
    boost::asio::co_spawn(io, keep_result(std::move(coroutine), result), finished);
    io.run();
    if (failure) std::rethrow_exception(failure);
    if (!result) throw std::logic_error("the coroutine never completed");
    return std::move(*result);
  }
}

}  // namespace eventbus::testing
