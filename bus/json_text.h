#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// JSON as text: what must reach targets byte for byte is never turned into a tree. All of RFC 8259 is taken, integers
// beyond 64 bits, huge exponents and escaped lone surrogates included, which EventBridge takes and simdjson refuses;
// and nothing else. Pure functions and a cursor; no padding is needed behind the texts.

inline constexpr std::size_t kJsonDepthMax = 1'000;

enum class JsonKind { kObject, kArray, kString, kNumber, kBoolean, kNull };

// A pull cursor over JSON text that checks what it passes. Every method skips white space first, returns false (or
// nullopt) at the first thing that is not JSON, and then stands at the token that is wrong.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  // The next significant character; '\0' at the end (which is no token of JSON either).
  char peek();
  // Takes `token` if it is the next significant character.
  bool take(char token);
  bool at_end() { return peek() == '\0' && at_ == end_; }

  // A string: the bytes between its quotes, escapes and all (see append_unescaped).
  std::optional<std::string_view> string();
  // A string, copied to `out` with its escapes resolved as append_unescaped does; what was copied. `out` has room for
  // the rest of the text and kRoomBehind bytes more.
  static constexpr std::size_t kRoomBehind = 16;
  std::optional<std::string_view> unescaped_string(char* out);
  // Any value: its text as it stands, white space inside it included.
  std::optional<std::string_view> value(std::size_t depth_max = kJsonDepthMax);
  // Any value, appended to `out` without the white space between its tokens. On failure `out` may have grown.
  bool compact_value(std::string& out, std::size_t depth_max = kJsonDepthMax);

  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }

 private:
  template <typename Sink>
  bool pass_value(Sink& sink, std::size_t depth_max);
  bool pass_string();
  bool pass_number();
  bool pass_literal(std::string_view word);
  void skip_white_space();

  const char* begin_;
  const char* at_;
  const char* end_;
};

// What kind of value a (valid) text is.
JsonKind json_kind(std::string_view value);

// The content of a string as cursor gave it, escapes resolved. A lone surrogate, which UTF-8 cannot hold, becomes
// U+FFFD.
void append_unescaped(std::string& out, std::string_view content);
std::string unescaped(std::string_view content);

// `text` as a JSON string with its quotes. Valid UTF-8 in, minimal escapes out.
void append_json_string(std::string& out, std::string_view text);

// A whole text that is one JSON value of valid UTF-8, compact; nullopt otherwise.
std::optional<std::string> compact_json(std::string_view text, std::size_t depth_max = kJsonDepthMax);
// Is this one JSON value and nothing behind it?
bool is_json(std::string_view text);

// Where a parser stumbled, as AWS's messages print it: [Source: (String)"hello"; line: 1, column: 1]. Of a long text
// the first 500 characters are shown.
std::string json_location(std::string_view text, std::size_t offset);

// Members of a (valid) object, elements of a (valid) array, in order: `visit(key content, value text)`,
// `visit(value text)`.
template <typename Visit>
void for_each_member(std::string_view object, Visit visit) {
  JsonCursor cursor(object);
  if (!cursor.take('{')) return;
  while (const std::optional<std::string_view> key = cursor.string()) {
    if (!cursor.take(':')) return;
    const std::optional<std::string_view> value = cursor.value();
    if (!value) return;
    visit(*key, *value);
    if (!cursor.take(',')) return;
  }
}

template <typename Visit>
void for_each_element(std::string_view array, Visit visit) {
  JsonCursor cursor(array);
  if (!cursor.take('[') || cursor.peek() == ']') return;
  do {
    const std::optional<std::string_view> value = cursor.value();
    if (!value) return;
    visit(*value);
  } while (cursor.take(','));
}

}  // namespace eventbus
