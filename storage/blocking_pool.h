#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <utility>

namespace eventbus {

namespace asio = boost::asio;

// A few threads for reads that may block on a disk. Safe to call from any thread.
class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads) : pool_(threads) {}
  ~BlockingPool() { pool_.join(); }
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  // Runs `work` on one of the threads; completes on the executor of the awaiting coroutine, whose frame keeps what
  // `work` refers to. `work` must not throw.
  asio::awaitable<void> run(std::function<void()> work) {
    auto initiate = [this, &work](auto handler) {
      // Counts as work of the caller's context, so that it cannot end while a thread of ours still posts to it.
      under_way_.fetch_add(1, std::memory_order_acq_rel);
      const asio::any_io_executor callers = asio::get_associated_executor(handler);
      asio::any_io_executor executor = asio::prefer(callers, asio::execution::outstanding_work.tracked);
      asio::any_completion_handler<void()> done = std::move(handler);
      asio::post(pool_, [this, &work, executor = std::move(executor), done = std::move(done)]() mutable {
        work();
        asio::post(executor, std::move(done));
        under_way_.fetch_sub(1, std::memory_order_acq_rel);
      });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
  }

  // Work that was given to it and whose caller has not been told yet.
  std::size_t under_way() const { return under_way_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::size_t> under_way_{0};
  asio::thread_pool pool_;
};

}  // namespace eventbus
