#pragma once

#include "base/clock.h"
#include "cli/console.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus::cli {

// How far something is, on standard error: at a terminal a bar that is drawn over itself, elsewhere a line now and
// then.
class Progress {
 public:
  Progress(Console& console, std::string name) : console_(console), name_(std::move(name)) {}

  // `remark` stands behind the figures. `most`: nullopt where nobody knows.
  void show(std::size_t done, std::optional<std::size_t> most, std::string_view remark, TimePoint now);
  // The bar goes; what is printed next begins a line.
  void end();

 private:
  Console& console_;
  const std::string name_;
  bool drawn_ = false;
  std::optional<TimePoint> began_, said_;
  std::size_t first_ = 0;
};

// "1,234,567".
std::string with_commas(std::size_t number);
// "[######----]  60 %  6 of 10"; of something that is over though less was found than feared, 100 %.
std::string progress_bar(std::size_t done, std::size_t most);

}  // namespace eventbus::cli
