#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace eventbus::rules {

// Pattern sets made to blow up an engine: every kind is a family that grows with its size.
struct AdversarialFamily {
  const char* name;
  // `size` patterns. Those of one size have about the same length, whatever the size.
  std::vector<std::string> (*make)(std::size_t size);
};
extern const std::vector<AdversarialFamily> kAdversarialFamilies;

// One pattern with `$or` over `fields` fields of `alternatives` objects each, so that they multiply.
std::string or_product(std::size_t fields, std::size_t alternatives);
// {"a":[{"wildcard":"<text>"}]}
std::string wildcard_pattern(const std::string& text);
std::string repeated(const std::string& text, std::size_t times);

}  // namespace eventbus::rules
