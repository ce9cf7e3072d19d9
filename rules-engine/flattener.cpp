#include "rules-engine/flattener.h"

#include "rules-engine/array_elements.h"
#include "rules-engine/json_scanner.h"
#include "rules-engine/value_lookup.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace eventbus::rules {
namespace {

constexpr std::uint32_t kDepthMax = 1'000;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

class Flattener {
 public:
  Flattener(const CompiledRules& rules, std::string_view event, MatchScratch::State& scratch)
      : rules_(rules), scratch_(scratch), json_(event.data()), size_(event.size()) {}

  bool run() {
    if (!index_structure()) return false;
    has_escapes_ = std::memchr(json_, '\\', size_) != nullptr;
    if (json_[*next_] != '{' || !read_value(PathTrie::kRoot, kNone, 0)) return false;
    return next_ == end_;
  }

 private:
  // simdjson's first stage: UTF-8 validated, strings closed and free of control characters, and the positions of every
  // bracket, comma, colon and first byte of a scalar.
  bool index_structure() {
    if (size_ == 0 || size_ > 0xFFFFFF00) return false;
    if (scratch_.structure == nullptr) {
      const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
          std::max<std::size_t>(size_, 4096), kDepthMax, scratch_.structure);
      if (error) return false;
    } else if (scratch_.structure->capacity() < size_) {
      if (scratch_.structure->set_capacity(size_ + size_ / 2)) return false;
    }
    if (scratch_.structure->stage1(reinterpret_cast<const std::uint8_t*>(json_), size_,
                                   simdjson::stage1_mode::regular)) {
      return false;
    }
    next_ = scratch_.structure->structural_indexes.get();
    end_ = next_ + scratch_.structure->n_structural_indexes;
    return next_ != end_;
  }

  char peek() const { return next_ == end_ ? '\0' : json_[*next_]; }

  // The value at next_, of the path that `node` stands for (kNothing: of no rule), in array element `element`.
  bool read_value(PathNode node, std::uint32_t element, std::uint32_t depth) {
    switch (peek()) {
      case '{':
        return depth < kDepthMax && read_object(node, element, depth + 1);
      case '[':
        return depth < kDepthMax && read_array(node, element, depth + 1);
      default:
        return read_scalar(node, element);
    }
  }

  bool read_object(PathNode node, std::uint32_t element, std::uint32_t depth) {
    const bool wanted = node != PathTrie::kNothing && rules_.paths.has_children(node);
    ++next_;
    if (peek() == '}') return ++next_, true;
    while (true) {
      std::string_view key;
      if (peek() != '"' || !read_string(key)) return false;
      PathNode child = PathTrie::kNothing;
      if (wanted) child = rules_.paths.find(node, unescaped(key));
      if (peek() != ':') return false;
      ++next_;
      if (!read_value(child, element, depth)) return false;
      const char separator = peek();
      ++next_;
      if (separator == '}') return true;
      if (separator != ',') return false;
    }
  }

  bool read_array(PathNode node, std::uint32_t element, std::uint32_t depth) {
    const std::uint32_t array = scratch_.arrays++;
    ++next_;
    if (peek() == ']') return ++next_, true;
    while (true) {
      const char first = peek();
      const bool enters = node != PathTrie::kNothing && (first == '{' || first == '[');
      const std::uint32_t inner = enters ? enter_element(array, element, scratch_) : element;
      if (!read_value(node, inner, depth)) return false;
      if (enters) leave_element(inner, scratch_);
      const char separator = peek();
      ++next_;
      if (separator == ']') return true;
      if (separator != ',') return false;
    }
  }

  bool read_scalar(PathNode node, std::uint32_t element) {
    ValueKind kind = ValueKind::kNull;
    std::string_view text;
    switch (peek()) {
      case '"':
        kind = ValueKind::kString;
        if (!read_string(text)) return false;
        break;
      case 't':
        kind = ValueKind::kTrue;
        if (!read_keyword("true")) return false;
        break;
      case 'f':
        kind = ValueKind::kFalse;
        if (!read_keyword("false")) return false;
        break;
      case 'n':
        if (!read_keyword("null")) return false;
        break;
      default:
        kind = ValueKind::kNumber;
        if (!read_number(text)) return false;
        break;
    }
    if (node == PathTrie::kNothing) return true;
    const FieldId field = rules_.paths.field(node);
    if (field == PathTrie::kNothing) return true;
    if (kind == ValueKind::kString) text = unescaped(text);
    collect_value(rules_, field, kind, text, element, scratch_);
    return true;
  }

  // The text between the quotes, as written.
  bool read_string(std::string_view& text) {
    const char* const first = json_ + *next_ + 1;
    const char* last = json_ + next_end() - 1;
    while (is_space(*last)) --last;
    if (*last != '"' || last < first) return false;
    text = {first, static_cast<std::size_t>(last - first)};
    ++next_;
    return !has_escapes_ || valid_escapes(text);
  }

  std::string_view unescaped(std::string_view text) {
    if (!has_escapes_ || text.find('\\') == std::string_view::npos) return text;
    char* const out = scratch_.arena.data() + scratch_.arena_used;
    const std::size_t size = unescape(text, out);
    scratch_.arena_used += size;
    return {out, size};
  }

  bool read_number(std::string_view& text) {
    if (next_ == end_) return false;
    const char* const first = json_ + *next_;
    const char* const limit = json_ + next_end();
    const std::size_t length = scan_number(first, limit);
    text = {first, length};
    ++next_;
    return length > 0 && only_space(first + length, limit);
  }

  bool read_keyword(std::string_view keyword) {
    const char* const first = json_ + *next_;
    const char* const limit = json_ + next_end();
    if (static_cast<std::size_t>(limit - first) < keyword.size() ||
        std::memcmp(first, keyword.data(), keyword.size()) != 0) {
      return false;
    }
    ++next_;
    return only_space(first + keyword.size(), limit);
  }

  // Where the token behind the current one begins.
  std::size_t next_end() const { return next_ + 1 == end_ ? size_ : next_[1]; }

  static bool only_space(const char* at, const char* end) {
    while (at < end && is_space(*at)) ++at;
    return at == end;
  }

  const CompiledRules& rules_;
  MatchScratch::State& scratch_;
  const char* json_;
  std::size_t size_;
  bool has_escapes_ = false;
  const std::uint32_t* next_ = nullptr;
  const std::uint32_t* end_ = nullptr;
};

}  // namespace

bool flatten(const CompiledRules& rules, std::string_view event, MatchScratch::State& scratch) {
  return Flattener(rules, event, scratch).run();
}

}  // namespace eventbus::rules
