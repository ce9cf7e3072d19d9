#include "schemas/json_value.h"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

// Holds every double and every integer of 64 bits exactly: 64 bits of mantissa or more.
static_assert(std::numeric_limits<long double>::digits >= 64);

long double number(const json::value& value) {
  if (value.is_int64()) return static_cast<long double>(value.get_int64());
  if (value.is_uint64()) return static_cast<long double>(value.get_uint64());
  return static_cast<long double>(value.get_double());
}

std::size_t mix(std::size_t seed, std::size_t value) {
  return seed ^ (value + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2));
}

std::size_t hash_number(const json::value& value) {
  const long double n = number(value);
  constexpr long double kMin = static_cast<long double>(std::numeric_limits<std::int64_t>::min());
  constexpr long double kMax = static_cast<long double>(std::numeric_limits<std::int64_t>::max());
  if (n >= kMin && n <= kMax && std::floor(n) == n) return std::hash<std::int64_t>()(static_cast<std::int64_t>(n));
  return std::hash<double>()(static_cast<double>(n));
}

}  // namespace

std::partial_ordering compare_numbers(const json::value& left, const json::value& right) {
  return number(left) <=> number(right);
}

bool is_integer(const json::value& value) {
  if (value.is_int64() || value.is_uint64()) return true;
  if (!value.is_double()) return false;
  const double n = value.get_double();
  return std::isfinite(n) && std::floor(n) == n;
}

// Decimal fractions are not exact in binary: 0.0075 is a multiple of 0.0001 for people, so the product may be off by
// the rounding of its factors.
bool is_multiple_of(const json::value& value, const json::value& divisor_value) {
  const long double n = number(value), divisor = number(divisor_value);
  if (std::fmod(n, divisor) == 0) return true;
  if (is_integer(value) && is_integer(divisor_value)) return false;
  const long double quotient = n / divisor;
  constexpr long double kExact = 9007199254740992.0L;  // 2^53: beyond it a double holds no fractions of the quotient
  if (std::abs(quotient) >= kExact) return false;
  const long double nearest = std::round(quotient);
  const long double rounding = 2 * static_cast<long double>(std::numeric_limits<double>::epsilon());
  return nearest != 0 && std::abs(nearest * divisor - n) <= rounding * std::abs(n);
}

bool equal(const json::value& left, const json::value& right) {
  if (left.is_number() && right.is_number()) return compare_numbers(left, right) == 0;
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case json::kind::null:
      return true;
    case json::kind::bool_:
      return left.get_bool() == right.get_bool();
    case json::kind::string:
      return left.get_string() == right.get_string();
    case json::kind::array:
      return std::ranges::equal(left.get_array(), right.get_array(), equal);
    case json::kind::object: {
      if (left.get_object().size() != right.get_object().size()) return false;
      for (const auto& [name, value] : left.get_object()) {
        const json::value* other = right.get_object().if_contains(name);
        if (!other || !equal(value, *other)) return false;
      }
      return true;
    }
    default:
      return false;
  }
}

std::size_t hash_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return 1;
    case json::kind::bool_:
      return value.get_bool() ? 2 : 3;
    case json::kind::string:
      return std::hash<std::string_view>()(value.get_string());
    case json::kind::array: {
      std::size_t hash = 5;
      for (const json::value& item : value.get_array()) hash = mix(hash, hash_of(item));
      return hash;
    }
    case json::kind::object: {
      std::size_t hash = 7;  // a sum: members have no order
      for (const auto& [name, member] : value.get_object())
        hash += mix(std::hash<std::string_view>()(name), hash_of(member));
      return hash;
    }
    default:
      return hash_number(value);
  }
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string in_words(const json::value& value) {
  if (!value.is_double()) return json::serialize(value);
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value.get_double());
  return error == std::errc() ? std::string(text, end) : json::serialize(value);
}

std::string_view kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
    default:
      return is_integer(value) ? "an integer" : "a number";
  }
}

}  // namespace eventbus::schemas
