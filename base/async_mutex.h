#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <utility>

namespace eventbus {

namespace asio = boost::asio;

// A mutex that may be held across co_await: control-plane calls validate, commit and apply under one. First come, first
// served.
//   auto guard = co_await mutex.lock();
// Safe to use from any thread; the waiter resumes on its own executor. Not cancellable: holders are short.
class AsyncMutex {
 public:
  class Guard {
   public:
    Guard() = default;
    explicit Guard(AsyncMutex* mutex) : mutex_(mutex) {}
    Guard(Guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    Guard& operator=(Guard&& other) noexcept {
      std::swap(mutex_, other.mutex_);
      return *this;
    }
    ~Guard() {
      if (mutex_) mutex_->unlock();
    }

   private:
    AsyncMutex* mutex_ = nullptr;
  };

  AsyncMutex();
  ~AsyncMutex();
  AsyncMutex(const AsyncMutex&) = delete;
  AsyncMutex& operator=(const AsyncMutex&) = delete;

  asio::awaitable<Guard> lock();

 private:
  void unlock();

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace eventbus
