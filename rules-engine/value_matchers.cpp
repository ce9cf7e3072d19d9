#include "rules-engine/value_matchers.h"

#include "rules-engine/hash.h"

#include <bit>
#include <cstring>
#include <map>

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
  hash_by_length();
}

void AffixIndex::hash_by_length() {
  constexpr std::size_t kTextsMin = 16;
  constexpr std::size_t kLengthsMax = 6;
  if (entries_.size() < kTextsMin) return;
  for (const Entry& entry : entries_) {
    const auto place = std::ranges::lower_bound(lengths_, entry.size);
    if (place != lengths_.end() && *place == entry.size) continue;
    if (lengths_.size() == kLengthsMax) return lengths_.clear();
    lengths_.insert(place, entry.size);
  }
  slots_.resize(std::bit_ceil(entries_.size() * 2));
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const std::uint64_t hash = hash_text({bytes_.data() + entries_[i].offset, entries_[i].size}, 0);
    std::size_t slot = hash & (slots_.size() - 1);
    while (slots_[slot].entry != kNone) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = {static_cast<std::uint32_t>(hash >> 32), i};
  }
}

void AffixIndex::find_by_length(std::string_view value, Hits& hits) const {
  for (std::uint32_t length : lengths_) {
    if (length > value.size()) return;
    const std::uint64_t hash = hash_text(end_of(value, length), 0);
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t slot = hash & (slots_.size() - 1); slots_[slot].entry != kNone;
         slot = (slot + 1) & (slots_.size() - 1)) {
      if (slots_[slot].tag != tag) continue;
      const Entry& entry = entries_[slots_[slot].entry];
      if (entry.size == length && begins(entry, value)) hits.push_back(entry.atom);
    }
  }
}

void AffixIndex::find(std::string_view value, Hits& hits) const {
  if (!lengths_.empty()) return find_by_length(value, hits);
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

WildcardIndex::WildcardIndex(std::vector<std::pair<std::string, AtomId>> wildcards) {
  std::map<std::string, std::uint32_t> first_count;
  std::map<std::string, std::uint32_t> last_count;
  for (const auto& [text, atom] : wildcards) {
    wildcards_.push_back({Wildcard(text), atom});
    ++first_count[wildcards_.back().wildcard.pieces().front()];
    ++last_count[wildcards_.back().wildcard.pieces().back()];
  }
  std::map<std::string, std::uint32_t> first_group;
  std::map<std::string, std::uint32_t> last_group;
  std::vector<std::pair<std::string, AtomId>> firsts;
  std::vector<std::pair<std::string, AtomId>> lasts;
  const auto assign = [&](auto& groups, auto& texts, const std::string& piece, std::uint32_t wildcard) {
    const auto [place, fresh] = groups.try_emplace(piece, static_cast<std::uint32_t>(groups_.size()));
    if (fresh) {
      texts.emplace_back(piece, place->second);
      groups_.emplace_back();
    }
    groups_[place->second].push_back(wildcard);
  };
  for (std::uint32_t i = 0; i < wildcards_.size(); ++i) {
    const std::string& first = wildcards_[i].wildcard.pieces().front();
    const std::string& last = wildcards_[i].wildcard.pieces().back();
    if (first.empty() && last.empty()) {
      open_.push_back(i);
    } else if (last.empty() || (!first.empty() && first_count[first] <= last_count[last])) {
      assign(first_group, firsts, first, i);
    } else {
      assign(last_group, lasts, last, i);
    }
  }
  by_first_piece_ = AffixIndex(AffixIndex::End::kFront, std::move(firsts));
  by_last_piece_ = AffixIndex(AffixIndex::End::kBack, std::move(lasts));
}

void WildcardIndex::find(std::string_view value, Hits& candidates, Hits& hits) const {
  candidates.clear();
  if (!by_first_piece_.empty()) by_first_piece_.find(value, candidates);
  if (!by_last_piece_.empty()) by_last_piece_.find(value, candidates);
  const auto try_one = [&](std::uint32_t i) {
    if (wildcards_[i].wildcard.matches(value)) hits.push_back(wildcards_[i].atom);
  };
  for (std::uint32_t group : candidates) {
    for (std::uint32_t i : groups_[group]) try_one(i);
  }
  for (std::uint32_t i : open_) try_one(i);
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
