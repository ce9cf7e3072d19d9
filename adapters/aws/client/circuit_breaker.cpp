#include "adapters/aws/client/circuit_breaker.h"

#include <algorithm>
#include <cstdint>

namespace eventbus::aws {

std::optional<TimePoint> CircuitBreaker::refused_until(TimePoint now) {
  std::lock_guard lock(mutex_);
  if (state_ == State::kClosed) return std::nullopt;
  if (state_ == State::kOpen && now < open_until_) return open_until_;
  if (probing_) return now + kFirstPause;  // another is looking
  state_ = State::kHalfOpen;
  probing_ = true;
  return std::nullopt;
}

void CircuitBreaker::succeeded() {
  std::lock_guard lock(mutex_);
  state_ = State::kClosed;
  failures_ = 0;
  pause_ = kFirstPause;
  probing_ = false;
}

void CircuitBreaker::failed(TimePoint now) {
  std::lock_guard lock(mutex_);
  ++failures_;
  if (state_ == State::kClosed && failures_ < kFailuresToOpen) return;
  if (state_ == State::kOpen) return;  // began before it opened
  if (state_ == State::kHalfOpen) pause_ = std::min(pause_ * 2, kLongestPause);
  state_ = State::kOpen;
  probing_ = false;
  const auto jitter = rng_.next_u64() % static_cast<std::uint64_t>(pause_.count() / 4 + 1);
  open_until_ = now + pause_ + Duration(static_cast<std::int64_t>(jitter));
}

void CircuitBreaker::abandoned() {
  std::lock_guard lock(mutex_);
  probing_ = false;
}

CircuitBreaker::State CircuitBreaker::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace eventbus::aws
