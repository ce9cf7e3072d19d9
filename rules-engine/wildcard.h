#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::rules {

// A wildcard pattern cut at its stars into literal pieces: "a*b*" is {"a", "b", ""}. No star: one piece, the whole
// text.
class Wildcard {
 public:
  // `text` as the user wrote it, validated by the pattern parser: `*` any run of bytes, `\*` and `\\` literal.
  explicit Wildcard(std::string_view text);

  const std::vector<std::string>& pieces() const { return pieces_; }

  // Takes each inner piece at its first place behind the one before, which is right because a star takes anything:
  // time is the value's length times the number of pieces at worst, and close to one pass in practice.
  bool matches(std::string_view value) const;

 private:
  std::vector<std::string> pieces_;
  std::vector<std::uint32_t> sizes_;
  std::string text_;  // all pieces
};

// The same for pieces of the given sizes that lie one behind the other in `text`.
bool wildcard_matches(std::span<const std::uint32_t> sizes, std::string_view text, std::string_view value);

}  // namespace eventbus::rules
