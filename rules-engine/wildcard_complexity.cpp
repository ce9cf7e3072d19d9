#include "rules-engine/wildcard_complexity.h"

#include "rules-engine/wildcard.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace eventbus::rules {
namespace {

// The most beginnings of `piece`, of different lengths, that can end at the same byte of a value. They are borders of
// one another: the longest chain of the failure function of Knuth, Morris and Pratt.
std::size_t overlaps(std::string_view piece) {
  std::vector<std::uint32_t> border(piece.size() + 1);  // by length: the longest proper border
  std::vector<std::uint32_t> chain(piece.size() + 1);   // by length: it, its border, the border's border, …
  std::uint32_t most = 0;
  std::uint32_t length = 0;
  for (std::uint32_t size = 1; size <= piece.size(); ++size) {
    if (size > 1) {
      while (length > 0 && piece[length] != piece[size - 1]) length = border[length];
      if (piece[length] == piece[size - 1]) ++length;
      border[size] = length;
    }
    chain[size] = chain[border[size]] + 1;
    most = std::max(most, chain[size]);
  }
  return most;
}

}  // namespace

std::size_t wildcard_complexity(std::string_view text) {
  const Wildcard wildcard(text);
  std::size_t complexity = wildcard.pieces().front().empty() ? 0 : 1;
  for (std::size_t i = 1; i < wildcard.pieces().size(); ++i) complexity += 1 + overlaps(wildcard.pieces()[i]);
  return complexity;
}

}  // namespace eventbus::rules
