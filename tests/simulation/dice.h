#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace eventbus::simulation {

// What a simulation decides by chance, the same for the same seed on every machine and with every library. SplitMix64.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  // Dice of their own for one of many things, so that what one of them throws changes nothing for the others.
  Dice(std::uint64_t seed, std::uint64_t which) : state_(seed) { state_ = next() ^ (which * 0x9e3779b97f4a7c15); }

  std::uint64_t next() {
    std::uint64_t value = state_ += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
  }
  // 0 … bound - 1.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  // low … high.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  bool one_in(std::uint64_t count) { return below(count) == 0; }
  bool percent(std::uint64_t chance) { return below(100) < chance; }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }
  // The place of one of the weights, each as likely as it is heavy.
  std::size_t weighted(std::initializer_list<unsigned> weights) {
    std::uint64_t sum = 0;
    for (const unsigned weight : weights) sum += weight;
    std::uint64_t left = below(sum);
    std::size_t place = 0;
    for (const unsigned weight : weights) {
      if (left < weight) break;
      left -= weight;
      ++place;
    }
    return place;
  }

 private:
  std::uint64_t state_;
};

}  // namespace eventbus::simulation
