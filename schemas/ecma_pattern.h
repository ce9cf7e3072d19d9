#pragma once

#include "base/result.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace eventbus::schemas {

// A regular expression of JSON Schema (ECMA 262, not anchored), run by RE2: time linear in the text, no stack, bounded
// memory. What RE2 cannot have in linear time (look-around, back references) is refused when the pattern is compiled.
// Immutable; safe to use from any thread.
class EcmaPattern {
 public:
  // kInvalid says what is wrong with it, or too large.
  static Result<EcmaPattern> compile(std::string_view pattern);

  EcmaPattern(EcmaPattern&&) noexcept;
  EcmaPattern& operator=(EcmaPattern&&) noexcept;
  ~EcmaPattern();

  // Is there a match anywhere in `text`?
  bool matches(std::string_view text) const;
  const std::string& source() const { return source_; }
  // Instructions of the program: a bound of the work per byte of text.
  std::size_t size() const { return size_; }

 private:
  EcmaPattern(std::string source, std::unique_ptr<re2::RE2> program);

  std::string source_;
  std::unique_ptr<re2::RE2> program_;
  std::size_t size_ = 0;
};

}  // namespace eventbus::schemas
