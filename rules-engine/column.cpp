#include "rules-engine/column.h"

#include <cmath>

namespace eventbus::rules {
namespace {

std::uint64_t digits_of(std::uint64_t number) {
  std::uint64_t digits = 0;
  for (int i = 0; i < 8; ++i, number /= 10) digits |= ('0' + number % 10) << (8 * i);
  return digits;
}

}  // namespace

Column::Column(const FieldMatcher& matcher, const PlainValues& plain)
    : plain_(&plain),
      text_lengths_(plain.text_lengths),
      plain_true_(matcher.literals[0] == kNone),
      plain_false_(matcher.literals[1] == kNone),
      plain_null_(matcher.literals[2] == kNone) {}

bool Column::find_gap(std::uint64_t number) {
  const auto gap = plain_->numbers.gap_around(static_cast<double>(number));
  if (!gap) return false;
  constexpr double kGreatest = 9'999'999;
  const double first = std::max(0.0, std::floor(gap->below) + 1);
  const double last = std::min(kGreatest, std::ceil(gap->above) - 1);
  gap_first_ = digits_of(static_cast<std::uint64_t>(first));
  gap_size_ = digits_of(static_cast<std::uint64_t>(last)) - gap_first_;
  return true;
}

}  // namespace eventbus::rules
