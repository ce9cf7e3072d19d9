#include "rules-engine/number.h"

#include "rules-engine/hash.h"

#include <algorithm>
#include <array>
#include <bit>
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

// --- the plain numbers of events -------------------------------------------------------------------------------------

// The digits of a text of one to eight bytes, zeros before them, or none if there is anything else in it.
std::optional<std::uint64_t> short_digits(std::string_view text) {
  const std::size_t size = text.size();
  std::uint64_t word = 0;
  if (size >= 4) {
    // The middle bytes are read twice and are the same each time.
    word = load_u32(text.data()) | std::uint64_t{load_u32(text.data() + size - 4)} << (8 * (size - 4));
  } else {
    for (std::size_t i = 0; i < size; ++i) word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  }
  if (size < 8) word = word << (8 * (8 - size)) | 0x3030303030303030 >> (8 * size);
  if (!eight_digits(word)) return std::nullopt;
  return number_of_eight(word);
}

constexpr std::array<std::uint64_t, 20> kPowers = [] {
  std::array<std::uint64_t, 20> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

using Wide = __int128;

// digits / 10^decimals, 16 or 17 digits without a zero at the end: the nearest double if the number is certainly its
// shortest form. `quotient` is the nearest double or one beside it.
std::optional<double> nearest_double(std::uint64_t digits, std::size_t decimals, double quotient) {
  // The double is mantissa / 2^shift. Multiplied by 2 * ten * 2^shift everything is a whole number: the ends of the
  // interval that rounds to the double lie `ten` from it, and one in the last digit is `unit`.
  const auto bits = std::bit_cast<std::uint64_t>(quotient);
  const auto shift = 1075 - static_cast<int>(bits >> 52);
  constexpr std::uint64_t kHighest = std::uint64_t{1} << 52;
  const std::uint64_t mantissa = (bits & (kHighest - 1)) | kHighest;
  if (shift < 0 || shift > 70) return std::nullopt;
  const auto ten = static_cast<Wide>(kPowers[decimals]);
  const Wide unit = Wide{1} << (shift + 1);
  Wide distance = static_cast<Wide>(digits) * unit - ten * static_cast<Wide>(2 * mantissa);
  int step = 0;
  if (distance > ten) step = 1;
  if (-distance > ten) step = -1;
  distance -= step * 2 * ten;
  const std::uint64_t nearest = mantissa + static_cast<std::uint64_t>(step);
  // At a power of two the interval is uneven. At its very end the nearest double is the even one.
  if (nearest <= kHighest || nearest >= 2 * kHighest || distance >= ten || -distance >= ten) return std::nullopt;
  const auto within = [ten](Wide offset) { return offset <= ten && -offset <= ten; };
  const auto last = static_cast<int>(digits % 10);
  // A shorter number rounds to the same double, or one of as many digits is nearer to it.
  if (within(distance - last * unit) || within(distance + (10 - last) * unit)) return std::nullopt;
  if (2 * distance >= unit || -2 * distance >= unit) return std::nullopt;
  return std::bit_cast<double>(bits + static_cast<std::uint64_t>(step));
}

// The value of a number of up to 17 digits without exponent, if it is certainly comparable; none means: ask the long
// way. Coordinates and amounts are such numbers, and to_chars would take longer than all else that is done with them.
std::optional<double> quick_number(std::string_view text) {
  if (!text.empty() && text.size() <= 8) {
    if (const auto digits = short_digits(text)) return static_cast<double>(*digits);
  }
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at < end && *at == '-';
  if (negative) ++at;
  std::uint64_t digits = 0;
  const char* point = end;
  if (end - at > 19) return std::nullopt;  // more digits than 64 bits hold, or leading zeros
  while (at < end) {
    if (end - at >= 8 && eight_digits(load_u64(at))) {
      digits = digits * 100'000'000 + number_of_eight(load_u64(at));
      at += 8;
      continue;
    }
    const auto digit = static_cast<unsigned char>(*at - '0');
    if (digit <= 9) {
      digits = digits * 10 + digit;
    } else if (*at == '.') {
      point = at + 1;
    } else {
      return std::nullopt;
    }
    ++at;
  }
  auto decimals = static_cast<std::size_t>(end - point);
  while (decimals > 0 && digits % 10 == 0) {
    digits /= 10;
    --decimals;
  }
  // Up to 15 digits both are doubles exactly, so the quotient is the nearest one.
  const double quotient = static_cast<double>(digits) / static_cast<double>(kPowers[decimals]);
  std::optional<double> value = quotient;
  if (digits >= 1'000'000'000'000'000) {
    if (decimals == 0 || digits >= 100'000'000'000'000'000) return std::nullopt;
    value = nearest_double(digits, decimals, quotient);
  }
  if (value && negative) value = 0.0 - *value;  // -0 is 0
  return value;
}

}  // namespace

std::optional<double> comparable_number(std::string_view text) {
  if (const auto number = quick_number(text)) return number;
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
