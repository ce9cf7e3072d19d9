#pragma once

#include <boost/json/value.hpp>

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

namespace eventbus::schemas {

// JSON values as JSON Schema compares them: a number is its mathematical value, so that 1 and 1.0 are the same, and
// 2^63 and 2^63 + 1 are not. Pure functions; they recurse as deep as the values nest.

bool equal(const boost::json::value& left, const boost::json::value& right);
// Equal values have equal hashes.
std::size_t hash_of(const boost::json::value& value);

// Of numbers.
std::partial_ordering compare_numbers(const boost::json::value& left, const boost::json::value& right);
bool is_integer(const boost::json::value& value);                                          // 1.0 is
bool is_multiple_of(const boost::json::value& number, const boost::json::value& divisor);  // divisor > 0

// Characters, not bytes, of valid UTF-8.
std::size_t count_characters(std::string_view text);

// For messages: JSON, with 0.1 for what others write 1E-1.
std::string in_words(const boost::json::value& value);
// "a string", "an integer".
std::string_view kind_of(const boost::json::value& value);

}  // namespace eventbus::schemas
