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
  }
  for (const std::string& piece : pieces_) {
    sizes_.push_back(static_cast<std::uint32_t>(piece.size()));
    text_ += piece;
  }
}

bool Wildcard::matches(std::string_view value) const { return wildcard_matches(sizes_, text_, value); }

bool wildcard_matches(std::span<const std::uint32_t> sizes, std::string_view text, std::string_view value) {
  if (sizes.size() == 1) return value == text;
  if (value.size() < text.size()) return false;
  const std::string_view first = text.substr(0, sizes.front());
  const std::string_view last = text.substr(text.size() - sizes.back());
  if (!value.starts_with(first) || !value.ends_with(last)) return false;
  value.remove_prefix(first.size());
  value.remove_suffix(last.size());
  text.remove_prefix(first.size());
  for (std::uint32_t size : sizes.subspan(1, sizes.size() - 2)) {
    // memmem, not string_view::find, whose time is the product of the lengths when both repeat themselves.
    const void* const found = memmem(value.data(), value.size(), text.data(), size);
    if (found == nullptr) return false;
    value.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(found) - value.data()) + size);
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace eventbus::rules
