#include "rules-engine/event_pattern.h"

#include <algorithm>
#include <utility>

namespace eventbus::rules {

EventPattern::EventPattern(std::vector<FieldPattern> fields, std::vector<Branch> branches)
    : fields_(std::move(fields)), branches_(std::move(branches)) {
  for (Branch& branch : branches_) {
    std::ranges::sort(branch, [this](std::uint32_t left, std::uint32_t right) {
      return utf16_order(fields_[left].path, fields_[right].path) < 0;
    });
  }
}

std::strong_ordering utf16_order(std::string_view left, std::string_view right) {
  const auto [a, b] = std::ranges::mismatch(left, right);
  if (a == left.end() || b == right.end()) return left.size() <=> right.size();
  // A lead byte of F0 and above stands for a surrogate pair, whose first unit (D800–DBFF) sorts below EE xx and EF xx.
  const auto rank = [](char byte) {
    const auto unit = static_cast<unsigned char>(byte);
    if (unit >= 0xF0) return unit - 2;
    return unit >= 0xEE ? unit + 16 : static_cast<int>(unit);
  };
  return rank(*a) <=> rank(*b);
}

}  // namespace eventbus::rules
