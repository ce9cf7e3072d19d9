#pragma once

#include <atomic>
#include <utility>

namespace eventbus {

// Counts work in flight and refuses new work once closed: the first step of every orderly stop.
//   if (auto pass = gate.enter()) { …work… }        the pass is released when it goes out of scope
// Safe to call from any thread; `close` does not wait, poll `idle()` or await what the work itself signals.
class Gate {
 public:
  class Pass {
   public:
    Pass() = default;
    explicit Pass(Gate* gate) : gate_(gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      std::swap(gate_, other.gate_);
      return *this;
    }
    ~Pass() {
      if (gate_) gate_->in_flight_.fetch_sub(1, std::memory_order_acq_rel);
    }
    explicit operator bool() const { return gate_ != nullptr; }

   private:
    Gate* gate_ = nullptr;
  };

  Pass enter() {
    in_flight_.fetch_add(1, std::memory_order_acq_rel);
    Pass pass(this);
    if (closed_.load(std::memory_order_acquire)) return Pass();
    return pass;
  }
  void close() { closed_.store(true, std::memory_order_release); }
  bool idle() const { return in_flight_.load(std::memory_order_acquire) == 0; }
  int in_flight() const { return in_flight_.load(std::memory_order_acquire); }

 private:
  std::atomic<int> in_flight_{0};
  std::atomic<bool> closed_{false};
};

}  // namespace eventbus
