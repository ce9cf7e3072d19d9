#pragma once

#include <functional>
#include <utility>

namespace eventbus::net {

// Lets a deadline end whatever a chain of waits waits for at that moment. One thread.
class Interrupt {
 public:
  bool fired() const { return fired_; }
  void fire() {
    fired_ = true;
    if (hook_) hook_();
  }

  // While it lives, fire() calls `end_wait`, and its constructor if that has happened already. One at a time.
  class Hook {
   public:
    Hook(Interrupt& interrupt, std::function<void()> end_wait) : interrupt_(interrupt) {
      interrupt_.hook_ = std::move(end_wait);
      if (interrupt_.fired_) interrupt_.hook_();
    }
    ~Hook() { interrupt_.hook_ = nullptr; }
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;

   private:
    Interrupt& interrupt_;
  };

 private:
  bool fired_ = false;
  std::function<void()> hook_;
};

}  // namespace eventbus::net
