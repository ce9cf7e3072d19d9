#include "rules-engine/element_form.h"

namespace eventbus::rules {
namespace {

std::size_t behind_space(std::string_view event, std::size_t at) {
  while (at < event.size() && static_cast<unsigned char>(event[at]) <= ' ') ++at;
  return at;
}

}  // namespace

void ElementForm::set_text(std::size_t i, std::string_view event, std::size_t begin, std::size_t end) {
  const std::size_t size = end - begin;
  const std::uint64_t mask = size >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * size)) - 1;
  texts_[i] = {load_u64(event.data() + begin), mask, static_cast<std::uint32_t>(begin),
               static_cast<std::uint32_t>(size)};
}

bool ElementForm::take(const PathTrie& paths, const BlockIndex& marks, std::string_view event, std::size_t at,
                       PathNode node, std::uint32_t depth) {
  std::array<PathNode, kLevelsMax> levels;  // the paths of the objects that are open
  std::size_t open = 0;
  size_ = 0;
  wanted_size_ = 0;
  std::size_t begin = at;  // of the text before the next value
  levels[open++] = node;
  ++at;
  while (true) {
    // Before a member or the end of the innermost object.
    at = behind_space(event, at);
    if (at >= event.size()) return false;
    if (event[at] == '"') {
      const std::size_t key_end = marks.next(BlockIndex::kQuote, at + 1);
      if (key_end >= event.size() || marks.any(BlockIndex::kBackslash, at, key_end)) return false;
      const PathNode child = paths.find(levels[open - 1], event.substr(at + 1, key_end - at - 1));
      at = behind_space(event, key_end + 1);  // the colon
      at = behind_space(event, at + 1);
      if (at >= event.size()) return false;
      if (event[at] == '{' && child != PathTrie::kNothing && paths.has_children(child) && open < kLevelsMax) {
        levels[open++] = child;
        ++at;
        continue;
      }
      if (size_ == kValuesMax) return false;
      set_text(size_, event, begin, at);
      const std::uint32_t around = depth + static_cast<std::uint32_t>(open) - 1;
      depths_[size_] = around;
      if (child != PathTrie::kNothing) {
        wanted_[wanted_size_++] = {static_cast<std::uint32_t>(size_), child, paths.field(child), around};
      }
      ++size_;
      if (is_bracket(event[at])) at = marks.behind_brackets(at, around);
      at = marks.next(BlockIndex::kEnd, at);
      if (at >= event.size()) return false;
      begin = at;
    }
    while (event[at] == '}') {
      ++at;
      if (--open == 0) {
        set_text(size_, event, begin, at);
        return size_ > 0;
      }
      at = behind_space(event, at);
      if (at >= event.size()) return false;
    }
    if (event[at] != ',') return false;
    ++at;
  }
}

}  // namespace eventbus::rules
