#pragma once

#include "tests/simulation/simulation_clock.h"

#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <string_view>

namespace eventbus::simulation {

// What happened, line by line. Two runs that are the same have the same digest; the last lines are kept for whoever has
// to find out what went wrong.
class Trace {
 public:
  explicit Trace(const SimulationClock& clock) : clock_(clock) {}

  // Every line, as it comes.
  void print_to(std::FILE* file) { file_ = file; }
  void step_is(std::uint64_t step) { step_ = step; }
  std::uint64_t step() const { return step_; }

  void note(std::string_view what) {
    mix(step_);
    mix(static_cast<std::uint64_t>(clock_.passed().count()));
    for (const char byte : what) mix(static_cast<unsigned char>(byte));
    std::string line = "step " + std::to_string(step_) + "  " + format_iso_milliseconds(clock_.now()) + "  ";
    line += what;
    if (file_ != nullptr) std::fprintf(file_, "%s\n", line.c_str());
    lines_.push_back(std::move(line));
    if (lines_.size() > kLinesKept) lines_.pop_front();
  }
  void mix(std::uint64_t value) { digest_ = (digest_ ^ value) * 0x100000001b3; }

  std::uint64_t digest() const { return digest_; }
  const std::deque<std::string>& last_lines() const { return lines_; }

 private:
  static constexpr std::size_t kLinesKept = 20'000;
  const SimulationClock& clock_;
  std::FILE* file_ = nullptr;
  std::uint64_t step_ = 0, digest_ = 0xcbf29ce484222325;
  std::deque<std::string> lines_;
};

}  // namespace eventbus::simulation
