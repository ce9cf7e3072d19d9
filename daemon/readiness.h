#pragma once

#include <atomic>
#include <string_view>

namespace eventbus {

// In which part of its life the daemon is. Safe to use from any thread.
class Readiness {
 public:
  enum State { kStarting, kReady, kStopping };

  State state() const { return state_.load(std::memory_order_acquire); }
  void become(State state) { state_.store(state, std::memory_order_release); }
  std::string_view name() const {
    switch (state()) {
      case kStarting:
        return "starting";
      case kReady:
        return "ready";
      case kStopping:
        return "stopping";
    }
    return "";
  }

 private:
  std::atomic<State> state_{kStarting};
};

}  // namespace eventbus
