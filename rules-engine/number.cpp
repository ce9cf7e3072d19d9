#include "rules-engine/number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace eventbus::rules {
namespace {

// Every decimal of so many significant digits survives decimal → double → decimal, away from the ends of the range.
constexpr std::size_t kSafeDigits = 15;
constexpr std::int64_t kSafeExponent = 290;
constexpr std::int64_t kExponentBound = 100'000;

// Significant digits without zeros at either end, and the exponent of the digit before the (imagined) point.
struct Decimal {
  std::string_view text;  // where the digits are, from the first to the last significant one, a point perhaps between
  std::size_t digits = 0;
  std::int64_t exponent = 0;
};

Decimal normalise(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t mantissa_end = std::min(text.find_first_of("eE"), text.size());
  std::int64_t exponent = 0;
  if (mantissa_end < text.size()) {
    bool negative = false;
    for (char c : text.substr(mantissa_end + 1)) {
      if (c == '-') negative = true;
      if (c >= '0' && c <= '9') exponent = std::min(exponent * 10 + (c - '0'), kExponentBound);
    }
    if (negative) exponent = -exponent;
  }
  const std::string_view mantissa = text.substr(0, mantissa_end);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_not_of("0.");
  if (first == std::string_view::npos) return {};
  const std::size_t last = mantissa.find_last_not_of("0.");
  const bool point_within = point > first && point < last;
  const auto magnitude = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) - (first > point ? 0 : 1);
  return {mantissa.substr(first, last - first + 1), last - first + 1 - (point_within ? 1 : 0), exponent + magnitude};
}

bool same_digits(std::string_view left, std::string_view right) {
  const auto skip_point = [](std::string_view text, std::size_t at) {
    return at < text.size() && text[at] == '.' ? at + 1 : at;
  };
  std::size_t a = 0;
  std::size_t b = 0;
  while (true) {
    a = skip_point(left, a);
    b = skip_point(right, b);
    if (a == left.size() || b == right.size()) return a == left.size() && b == right.size();
    if (left[a++] != right[b++]) return false;
  }
}

}  // namespace

std::optional<double> comparable_number(std::string_view text) {
  const Decimal written = normalise(text);
  if (written.digits == 0) return 0.0;
  double value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) return std::nullopt;
  if (written.digits <= kSafeDigits && written.exponent < kSafeExponent && written.exponent > -kSafeExponent) {
    return value;
  }
  std::array<char, 32> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  const Decimal shortest = normalise({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
  if (shortest.exponent != written.exponent || !same_digits(shortest.text, written.text)) return std::nullopt;
  return value;
}

}  // namespace eventbus::rules
