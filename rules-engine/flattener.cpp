#include "rules-engine/flattener.h"

#include "rules-engine/array_elements.h"
#include "rules-engine/block_index.h"
#include "rules-engine/element_form.h"
#include "rules-engine/json_scanner.h"
#include "rules-engine/value_lookup.h"

#include <algorithm>
#include <utility>

namespace eventbus::rules {
namespace {

using State = MatchScratch::State;

constexpr std::uint32_t kDepthMax = BlockIndex::kNestingMax;

// Steps from mark to mark of a text that is a valid JSON object as far as the marks know. If they are of a checked text
// the steps see to the rest, so that a text that is not one JSON object is refused. Otherwise, on such a text, there is
// some result: every step goes forward, and none beyond the text.
class Flattener {
 public:
  Flattener(const CompiledRules& rules, std::string_view event, State& scratch)
      : rules_(rules), scratch_(scratch), marks_(scratch.marks), json_(event.data()), size_(event.size()) {}

  // What is known of the objects of an array.
  struct Alike {
    std::size_t before = 0;  // where the last one that was read key by key begins
    int in_a_row = 0;        // so many were, one behind the other
    bool has_form = false;
    int credit = 4;  // how often it may yet be tried in vain; each object that has the form adds one
  };

  // The marks are of the event.
  bool run() {
    const std::size_t begin = behind_space(0);
    if (begin >= size_ || json_[begin] != '{') return false;
    const std::size_t end = read_object(begin, PathTrie::kRoot, kNone, 1);
    return end <= size_ && behind_space(end) == size_;
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
        if (!rules_.paths.has_children(node)) return marks_.behind_brackets(at, depth);
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
      if (json_[at] != ':') {
        at = behind_space(at);
        if (json_[at] != ':') return kBad;
      }
      at = behind_space(at + 1);
      if (child != PathTrie::kNothing) {
        if (at >= size_) return kBad;
        at = read_value(at, child, element, depth);
        if (at >= size_) return kBad;
      } else if (json_[at] == '{' || json_[at] == '[') {
        at = marks_.behind_brackets(at, depth);
      }
      at = marks_.next(BlockIndex::kEnd, at);
      if (at >= size_) return kBad;
      if (json_[at] != ',') return json_[at] == '}' ? at + 1 : kBad;
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
    ++open_arrays_;
    at = read_elements(at, node, element, depth);
    --open_arrays_;
    return at;
  }

  std::size_t read_elements(std::size_t at, PathNode node, std::uint32_t element, std::uint32_t depth) {
    const std::uint32_t array = scratch_.arrays++;
    Alike alike;
    at = behind_space(at + 1);
    if (at < size_ && json_[at] == ']') return at + 1;
    while (true) {
      if (at >= size_) return kBad;
      if (json_[at] == '{') {
        if (find_form(alike, node, depth)) {
          at = read_alike(alike, at, array, element);
          if (at >= size_) return kBad;
          if (is_close(json_[at])) return json_[at] == ']' ? at + 1 : kBad;
        }
        alike.before = at;
        ++alike.in_a_row;
      }
      const std::size_t begin = at;
      at = read_element(at, node, array, element, depth);
      if (at >= size_) return kBad;
      at = marks_.next(BlockIndex::kEnd, at);
      if (at >= size_) return kBad;
      if (json_[begin] == '"' && marks_.colon_between(begin, at)) return kBad;
      if (json_[at] != ',') return json_[at] == ']' ? at + 1 : kBad;
      at = behind_space(at + 1);
    }
  }

  static bool is_close(char c) { return c == ']' || c == '}'; }

  std::size_t read_element(std::size_t at, PathNode node, std::uint32_t array, std::uint32_t element,
                           std::uint32_t depth) {
    if (json_[at] != '{' && json_[at] != '[') return read_value(at, node, element, depth);
    const std::uint32_t inner = enter_element(array, element, scratch_);
    at = read_value(at, node, inner, depth);
    leave_element(inner, scratch_);
    return at;
  }

  // Is there a form to try on the next object? Two objects one behind the other that had to be read key by key give
  // one, so that short arrays and those of many forms do not pay for it.
  bool find_form(Alike& alike, PathNode node, std::uint32_t depth) {
    if (alike.in_a_row >= 2) {
      alike.in_a_row = 0;
      alike.has_form = open_arrays_ <= scratch_.tables.size() && rules_.paths.has_children(node) &&
                       table().form.take(rules_.paths, marks_, {json_, size_}, alike.before, node, depth + 1);
      if (alike.has_form) prepare_columns();
    }
    return alike.has_form && alike.credit > 0;
  }

  State::Table& table() { return scratch_.tables[open_arrays_ - 1]; }

  void prepare_columns() {
    Column* column = table().columns.data();
    for (const ElementForm::Wanted& wanted : table().form.wanted()) {
      *column = wanted.field == PathTrie::kNothing
                    ? Column()
                    : Column(rules_.fields[wanted.field], rules_.plain_values[wanted.field]);
      ++column;
    }
  }

  // Reads objects from the one at `at` on while they have the form. Returns where the first element that has not
  // begins, or the array's closing bracket, or kBad.
  [[gnu::noinline]] std::size_t read_alike(Alike& alike, std::size_t at, std::uint32_t array, std::uint32_t element) {
    ElementForm& form = table().form;
    const std::span<const ElementForm::Wanted> all_wanted = form.wanted();
    Column* const columns = table().columns.data();
    --alike.credit;
    while (true) {
      const std::size_t end = form.fit(marks_, {json_, size_}, at);
      if (end == ElementForm::kDiffers) return at;
      alike.credit = std::min(alike.credit + 1, 16);
      alike.in_a_row = 0;
      std::uint32_t inner = kNone;  // entered only if there is something to record
      std::uint64_t left_out = 0;
      Column* column = columns;
      for (const ElementForm::Wanted& wanted : all_wanted) {
        const ElementForm::Place place = form.place(wanted);
        if (column->leavable && !has_backslash(place.begin, place.end) &&
            column->surely_plain(json_ + place.begin, json_ + place.end)) {
          left_out |= column->plain().left_out_bit;
        } else {
          if (inner == kNone) inner = enter_element(array, element, scratch_);
          if (!read_cell(wanted, place.begin, *column, inner)) return kBad;
        }
        ++column;
      }
      if (inner != kNone) {
        scratch_.elements[inner].left_out |= left_out;
        leave_element(inner, scratch_);
      } else if (left_out != 0) {
        scratch_.elements[enter_element(array, element, scratch_)].left_out = left_out;
      }
      at = json_[end] == ',' ? end : marks_.next(BlockIndex::kEnd, end);
      if (at >= size_) return kBad;
      if (json_[at] != ',') return at;
      at = behind_space(at + 1);
      if (at >= size_) return kBad;
    }
  }

  [[gnu::noinline]] bool read_cell(const ElementForm::Wanted& wanted, std::size_t begin, Column& column,
                                   std::uint32_t element) {
    if (read_value(begin, wanted.node, element, wanted.depth) >= size_) return false;
    if (wanted.field == PathTrie::kNothing) return true;
    // From now on those like it can be left out, as it may be the first.
    auto& field = scratch_.fields[wanted.field];
    column.leavable = may_leave_out(column.plain(), field, scratch_);
    if (column.leavable && column.plain().matter) field.in_elements = field.left_out = true;
    return true;
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

  bool has_backslash(std::size_t begin, std::size_t end) const {
    return marks_.has_backslashes() && marks_.any(BlockIndex::kBackslash, begin, end);
  }

  std::string_view unescaped(std::string_view text) {
    char* const out = scratch_.arena.data() + scratch_.arena_used;
    const std::size_t size = unescape(text, out);
    scratch_.arena_used += size;
    return {out, size};
  }

  const CompiledRules& rules_;
  State& scratch_;
  const BlockIndex& marks_;
  const char* json_;
  std::size_t size_;
  std::size_t open_arrays_ = 0;
};

// Places in the event have 32 bits.
bool has_size(std::string_view event) { return !event.empty() && event.size() <= 0xFFFFFF00; }

}  // namespace

bool flatten(const CompiledRules& rules, std::string_view event, State& scratch) {
  return has_size(event) && scratch.marks.build_checked(event) && Flattener(rules, event, scratch).run();
}

bool flatten_valid(const CompiledRules& rules, std::string_view event, State& scratch) {
  if (!has_size(event)) return false;
  scratch.marks.build(event);
  return Flattener(rules, event, scratch).run();
}

}  // namespace eventbus::rules
