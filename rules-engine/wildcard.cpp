#include "rules-engine/wildcard.h"

#include <cstring>

namespace eventbus::rules {

Wildcard::Wildcard(std::string_view text) : pieces_(1) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '*') {
      pieces_.emplace_back();
      continue;
    }
    if (text[i] == '\\') ++i;
    pieces_.back() += text[i];
    ++literal_bytes_;
  }
}

bool Wildcard::matches(std::string_view value) const {
  if (pieces_.size() == 1) return value == pieces_.front();
  if (value.size() < literal_bytes_) return false;
  if (!value.starts_with(pieces_.front()) || !value.ends_with(pieces_.back())) return false;
  value.remove_prefix(pieces_.front().size());
  value.remove_suffix(pieces_.back().size());
  for (std::size_t i = 1; i + 1 < pieces_.size(); ++i) {
    // memmem, not string_view::find, whose time is the product of the lengths when both repeat themselves.
    const void* const found = memmem(value.data(), value.size(), pieces_[i].data(), pieces_[i].size());
    if (found == nullptr) return false;
    value.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(found) - value.data()) + pieces_[i].size());
  }
  return true;
}

}  // namespace eventbus::rules
