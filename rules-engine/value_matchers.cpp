#include "rules-engine/value_matchers.h"

#include "rules-engine/hash.h"

#include <cstring>

namespace eventbus::rules {

AffixIndex::AffixIndex(End end, std::vector<std::pair<std::string, AtomId>> texts) : end_(end) {
  const auto less = [this](const auto& left, const auto& right) {
    const std::size_t common = std::min(left.first.size(), right.first.size());
    for (std::size_t i = 0; i < common; ++i) {
      const unsigned char a = byte_of(left.first, i);
      const unsigned char b = byte_of(right.first, i);
      if (a != b) return a < b;
    }
    return left.first.size() < right.first.size();
  };
  std::ranges::sort(texts, less);
  entries_.reserve(texts.size());
  for (const auto& [text, atom] : texts) {
    Entry entry{head_of(text), static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(text.size()), atom,
                kNone};
    // The predecessor or one of its chain is the longest text that begins this one.
    std::uint32_t candidate = entries_.empty() ? kNone : static_cast<std::uint32_t>(entries_.size() - 1);
    while (candidate != kNone && !begins(entries_[candidate], text)) candidate = entries_[candidate].parent;
    entry.parent = candidate;
    entries_.push_back(entry);
    bytes_ += text;
  }
}

void AffixIndex::find(std::string_view value, Hits& hits) const {
  const std::uint64_t head = head_of(value);
  std::size_t begin = 0;
  std::size_t end = entries_.size();
  while (begin < end) {  // the first entry that is greater than the value
    const std::size_t middle = begin + (end - begin) / 2;
    if (compare(entries_[middle], value, head) > 0) {
      end = middle;
    } else {
      begin = middle + 1;
    }
  }
  if (begin == 0) return;
  auto candidate = static_cast<std::uint32_t>(begin - 1);
  while (candidate != kNone && !begins(entries_[candidate], value)) candidate = entries_[candidate].parent;
  for (; candidate != kNone; candidate = entries_[candidate].parent) hits.push_back(entries_[candidate].atom);
}

bool AffixIndex::begins(const Entry& entry, std::string_view value) const {
  if (entry.size == 0) return true;
  if (entry.size > value.size()) return false;
  const char* at = value.data() + (end_ == End::kFront ? 0 : value.size() - entry.size);
  return std::memcmp(at, bytes_.data() + entry.offset, entry.size) == 0;
}

int AffixIndex::compare(const Entry& entry, std::string_view value, std::uint64_t head) const {
  if (entry.head != head) return entry.head < head ? -1 : 1;
  const std::string_view text(bytes_.data() + entry.offset, entry.size);
  const std::size_t common = std::min(text.size(), value.size());
  for (std::size_t i = std::min<std::size_t>(8, common); i < common; ++i) {
    const unsigned char a = byte_of(text, i);
    const unsigned char b = byte_of(value, i);
    if (a != b) return a < b ? -1 : 1;
  }
  return text.size() < value.size() ? -1 : static_cast<int>(text.size() > value.size());
}

std::uint64_t AffixIndex::head_of(std::string_view text) const {
  if (text.size() >= 8) {
    return end_ == End::kFront ? __builtin_bswap64(load_u64(text.data())) : load_u64(text.data() + text.size() - 8);
  }
  std::uint64_t head = 0;
  for (std::size_t i = 0; i < text.size(); ++i) head |= std::uint64_t{byte_of(text, i)} << (56 - 8 * i);
  return head;
}

unsigned char AffixIndex::byte_of(std::string_view text, std::size_t i) const {
  return static_cast<unsigned char>(end_ == End::kFront ? text[i] : text[text.size() - 1 - i]);
}

void IgnoreCaseIndex::find(std::string_view value, Hits& hits) const {
  for (const Entry& entry : patterns_) {
    const bool hit = entry.place == Place::kWhole   ? entry.pattern.equals(value)
                     : entry.place == Place::kFront ? entry.pattern.is_prefix_of(value)
                                                    : entry.pattern.is_suffix_of(value);
    if (hit) hits.push_back(entry.atom);
  }
}

}  // namespace eventbus::rules
