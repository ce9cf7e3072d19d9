#include "rules-engine/block_index.h"
#include "rules-engine/flattener.h"
#include "rules-engine/json_scanner.h"
#include "rules-engine/value_lookup.h"

namespace eventbus::rules {
namespace {

constexpr std::uint32_t kDepthMax = 1'000;

// Steps from mark to mark of a text that is known to be a valid JSON object. Every step goes forward, and none beyond
// the text, so that on other texts it ends too, with some result.
class ValidFlattener {
 public:
  ValidFlattener(const CompiledRules& rules, std::string_view event, MatchScratch::State& scratch)
      : rules_(rules), scratch_(scratch), marks_(scratch.marks), json_(event.data()), size_(event.size()) {}

  bool run() {
    if (size_ == 0 || size_ > 0xFFFFFF00) return false;
    scratch_.marks.build({json_, size_});
    const std::size_t begin = behind_space(0);
    return begin < size_ && json_[begin] == '{' && read_object(begin, PathTrie::kRoot, kNone, 1) != kBad;
  }

 private:
  static constexpr std::size_t kBad = ~std::size_t{0};

  std::size_t behind_space(std::size_t at) const {
    while (static_cast<unsigned char>(json_[at]) <= ' ' && at < size_) ++at;
    return at;
  }

  // All return the place behind what they have read, or kBad.

  // The value at `at`, of a path that some rule names.
  std::size_t read_value(std::size_t at, PathNode node, std::uint32_t element, std::uint32_t depth) {
    switch (json_[at]) {
      case '{':
        if (!rules_.paths.has_children(node)) return marks_.behind_brackets(at);
        return depth < kDepthMax ? read_object(at, node, element, depth + 1) : kBad;
      case '[':
        return depth < kDepthMax ? read_array(at, node, element, depth + 1) : kBad;
      default: {
        const FieldId field = rules_.paths.field(node);
        return field == PathTrie::kNothing ? marks_.next(BlockIndex::kEnd, at) : read_scalar(at, field, element);
      }
    }
  }

  std::size_t read_object(std::size_t at, PathNode node, std::uint32_t element, std::uint32_t depth) {
    const PathTrie::Node& keys = rules_.paths.at(node);
    ++at;
    while (true) {
      // Up to its last line a round goes a few bytes beyond the text at most, see BlockIndex::kReach.
      at = behind_space(at);
      if (json_[at] != '"') return json_[at] == '}' && at < size_ ? at + 1 : kBad;
      const std::size_t begin = at + 1;
      const std::size_t end = marks_.next(BlockIndex::kQuote, begin);
      const PathNode child = find_key(node, keys, begin, end);
      at = end + 1;
      if (json_[at] != ':') at = behind_space(at);
      at = behind_space(at + 1);
      if (child != PathTrie::kNothing) {
        if (at >= size_) return kBad;
        at = read_value(at, child, element, depth);
        if (at >= size_) return kBad;
      } else if (json_[at] == '{' || json_[at] == '[') {
        at = marks_.behind_brackets(at);
      }
      at = marks_.next(BlockIndex::kEnd, at);
      if (at >= size_) return kBad;
      if (json_[at] != ',') return at + 1;
      ++at;
    }
  }

  PathNode find_key(PathNode node, const PathTrie::Node& keys, std::size_t begin, std::size_t end) {
    std::string_view key(json_ + begin, end - begin);
    const bool special = marks_.any(BlockIndex::kSpecial, begin, end);
    if (special && marks_.any(BlockIndex::kBackslash, begin, end)) key = unescaped(key);
    return rules_.paths.find(node, keys, key, special);
  }

  std::size_t read_array(std::size_t at, PathNode node, std::uint32_t element, std::uint32_t depth) {
    const std::uint32_t array = scratch_.arrays++;
    at = behind_space(at + 1);
    if (at < size_ && json_[at] == ']') return at + 1;
    while (true) {
      if (at >= size_) return kBad;
      if (json_[at] == '{' || json_[at] == '[') {
        const std::uint32_t inner = enter_element(array, element);
        at = read_value(at, node, inner, depth);
        scratch_.elements[inner].values_end = static_cast<std::uint32_t>(scratch_.values.size());
      } else {
        at = read_value(at, node, element, depth);
      }
      if (at >= size_) return kBad;
      at = marks_.next(BlockIndex::kEnd, at);
      if (at >= size_) return kBad;
      if (json_[at] != ',') return at + 1;
      at = behind_space(at + 1);
    }
  }

  std::uint32_t enter_element(std::uint32_t array, std::uint32_t parent) {
    const std::uint32_t depth = parent == kNone ? 0 : scratch_.elements[parent].depth + 1;
    scratch_.elements.push_back({parent, array, depth, static_cast<std::uint32_t>(scratch_.values.size()), 0});
    return static_cast<std::uint32_t>(scratch_.elements.size() - 1);
  }

  std::size_t read_scalar(std::size_t at, FieldId field, std::uint32_t element) {
    if (json_[at] == '"') {
      const std::size_t end = marks_.next(BlockIndex::kQuote, at + 1);
      if (end >= size_) return kBad;
      std::string_view text(json_ + at + 1, end - at - 1);
      if (marks_.any(BlockIndex::kBackslash, at + 1, end)) text = unescaped(text);
      collect_value(rules_, field, ValueKind::kString, text, element, scratch_);
      return end + 1;
    }
    const std::size_t end = marks_.next(BlockIndex::kEnd, at);
    if (end >= size_) return kBad;
    std::size_t last = end;
    while (last > at && static_cast<unsigned char>(json_[last - 1]) <= ' ') --last;
    ValueKind kind = ValueKind::kNumber;
    if (json_[at] == 't') kind = ValueKind::kTrue;
    if (json_[at] == 'f') kind = ValueKind::kFalse;
    if (json_[at] == 'n') kind = ValueKind::kNull;
    collect_value(rules_, field, kind, {json_ + at, last - at}, element, scratch_);
    return end;
  }

  std::string_view unescaped(std::string_view text) {
    char* const out = scratch_.arena.data() + scratch_.arena_used;
    const std::size_t size = unescape(text, out);
    scratch_.arena_used += size;
    return {out, size};
  }

  const CompiledRules& rules_;
  MatchScratch::State& scratch_;
  const BlockIndex& marks_;
  const char* json_;
  std::size_t size_;
};

}  // namespace

bool flatten_valid(const CompiledRules& rules, std::string_view event, MatchScratch::State& scratch) {
  return ValidFlattener(rules, event, scratch).run();
}

}  // namespace eventbus::rules
