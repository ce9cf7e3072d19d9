#pragma once

#include <cstdint>
#include <mutex>
#include <random>
#include <string>

namespace eventbus {

// The only source of chance in the product: event ids, message ids, receipt nonces, jitter. Safe to call from any
// thread.
class Rng {
 public:
  virtual ~Rng() = default;
  virtual std::uint64_t next_u64() = 0;
  // A random (version 4) UUID in lower case, "6f0c2a7e-….".
  std::string uuid();
};

// Seeded once per thread from the operating system; not for secrets.
class SystemRng final : public Rng {
 public:
  std::uint64_t next_u64() override;
};

// The same numbers for the same seed: tests and simulation.
class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next_u64() override {
    std::lock_guard lock(mutex_);
    return engine_();
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace eventbus
