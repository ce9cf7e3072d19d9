#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace eventbus::rules {

// Random patterns and events over a very small world (a few keys, texts of two letters, a dozen numbers and addresses),
// so that coincidences are common: nested and dotted keys, duplicates, arrays in arrays, every operator, `$or`.
class RandomCase {
 public:
  explicit RandomCase(std::uint64_t seed) : engine_(seed) {}

  std::string pattern();
  std::string event();
  // The same for array consistency: several fields of few values under common prefixes, `exists` often, and events of
  // arrays within arrays, with duplicate and dotted keys.
  std::string array_pattern();
  std::string array_event();
  // The same for long arrays of objects of one form, some of which differ: a key less or twice or elsewhere, an escape,
  // another space, a value of another kind, an array or an object where others have a scalar.
  std::string table_pattern();
  std::string table_event();
  // A text value's JSON, quotes included, perhaps with escapes.
  std::string text();

  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(engine_() % bound); }
  bool chance(std::uint32_t percent) { return below(100) < percent; }

 private:
  std::string key();
  std::string raw_text();
  std::string quoted(const std::string& raw);
  std::string number();
  std::string address();
  std::string pattern_object(int depth, bool inside_or);
  std::string alternatives();
  std::string alternative();
  std::string texts_or_text(bool allow_empty, std::string (RandomCase::*make)());
  std::string wildcard();
  std::string non_empty_text();
  std::string numeric();
  std::string event_object(int depth);
  std::string event_value(int depth);
  std::string array_pattern_object(int depth);
  std::string array_event_value(int depth);
  std::string table_pattern_object(int depth);
  std::string table(int depth);
  std::string row(const std::vector<std::string>& keys, int depth);
  std::string cell(int depth);
  template <std::size_t N>
  const char* pick(const char* const (&choices)[N]) {
    return choices[below(N)];
  }

  std::mt19937_64 engine_;
};

}  // namespace eventbus::rules
