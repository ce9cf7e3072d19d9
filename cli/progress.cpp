#include "cli/progress.h"

#include <algorithm>
#include <chrono>

namespace eventbus::cli {
namespace {

constexpr std::size_t kBarWidth = 24;
constexpr Duration kSayEvery = std::chrono::seconds(5);

}  // namespace

std::string with_commas(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string progress_bar(std::size_t done, std::size_t most) {
  const std::size_t all = std::max<std::size_t>(most, std::max<std::size_t>(done, 1));
  const std::size_t filled = most == 0 ? kBarWidth : kBarWidth * done / all;
  const std::size_t percent = most == 0 ? 100 : 100 * done / all;
  std::string text = "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '-') + "] ";
  text += std::string(percent < 10 ? 2 : percent < 100 ? 1 : 0, ' ') + std::to_string(percent) + " %  ";
  return text + with_commas(done) + " of " + with_commas(std::max(done, most));
}

void Progress::show(std::size_t done, std::optional<std::size_t> most, std::string_view remark, TimePoint now) {
  if (!began_) {
    began_ = now;
    first_ = done;
  }
  std::string line = name_ + "  " + (most ? progress_bar(done, *most) : with_commas(done));
  const Duration passed = now - *began_;
  if (passed > Duration(0) && done > first_)
    line += "  " + with_commas((done - first_) * 1'000 / static_cast<std::size_t>(passed.count())) + "/s";
  if (!remark.empty()) line.append("  ").append(remark);
  if (console_.notes_to_terminal()) {
    console_.note("\r" + line + "\x1b[K");
    drawn_ = true;
  } else if (!said_ || now - *said_ >= kSayEvery) {
    console_.note(line + "\n");
    said_ = now;
  }
}

void Progress::end() {
  if (drawn_) console_.note("\r\x1b[K");
  drawn_ = false;
}

}  // namespace eventbus::cli
