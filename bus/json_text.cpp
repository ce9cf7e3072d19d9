#include "bus/json_text.h"

#include "bus/text_length.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace eventbus {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A byte of a string's content that needs a look: a quote, a backslash, or a control character, which JSON forbids.
bool is_special(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

// Which of the sixteen bytes at `at` are special: bit i for byte i.
constexpr unsigned kBlock = 16;
#ifdef __SSE2__
unsigned special_bytes(const char* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  const __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, backslashes), controls)));
}
#else
// The same for eight bytes in a register, the first being the lowest.
unsigned special_bytes(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
  // The high bit of each byte that is not zero.
  const auto filled = [](std::uint64_t bytes) { return ((bytes & ~kHighs) + ~kHighs) | bytes; };
  const std::uint64_t ordinary =
      filled(word ^ (kOnes * '"')) & filled(word ^ (kOnes * '\\')) & filled(word & (kOnes * 0xE0));
  return static_cast<unsigned>((((~ordinary & kHighs) >> 7) * 0x0102040810204080ULL) >> 56);  // gathers the bits
}

unsigned special_bytes(const char* at) {
  static_assert(std::endian::native == std::endian::little, "the first byte is taken for the lowest");
  std::uint64_t words[2];
  std::memcpy(words, at, kBlock);
  return special_bytes(words[0]) | special_bytes(words[1]) << 8;
}
#endif

const char* find_special(const char* at, const char* end) {
  while (end - at >= kBlock) {
    const unsigned special = special_bytes(at);
    if (special != 0) return at + std::countr_zero(special);
    at += kBlock;
  }
  while (at < end && !is_special(*at)) ++at;
  return at;
}

// What stands for itself or for a control character behind a backslash, \u apart; 0 for what may not stand there.
constexpr std::array<char, 256> kShortEscapes = [] {
  std::array<char, 256> meaning{};
  meaning['"'] = '"';
  meaning['\\'] = '\\';
  meaning['/'] = '/';
  meaning['b'] = '\b';
  meaning['f'] = '\f';
  meaning['n'] = '\n';
  meaning['r'] = '\r';
  meaning['t'] = '\t';
  return meaning;
}();
char short_escape(char c) { return kShortEscapes[static_cast<unsigned char>(c)]; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The code unit of the escape "\uXXXX" at `at`, if that is what stands there.
std::optional<std::uint32_t> code_unit(const char* at, const char* end) {
  if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return std::nullopt;
  std::uint32_t unit = 0;
  for (int i = 2; i < 6; ++i) {
    const int value = hex_value(at[i]);
    if (value < 0) return std::nullopt;
    unit = unit * 16 + static_cast<std::uint32_t>(value);
  }
  return unit;
}

char* write_utf8(char* out, std::uint32_t code) {
  if (code < 0x80) {
    *out++ = static_cast<char>(code);
    return out;
  }
  if (code < 0x800) {
    *out++ = static_cast<char>(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      *out++ = static_cast<char>(0xE0 | (code >> 12));
    } else {
      *out++ = static_cast<char>(0xF0 | (code >> 18));
      *out++ = static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    }
    *out++ = static_cast<char>(0x80 | ((code >> 6) & 0x3F));
  }
  *out++ = static_cast<char>(0x80 | (code & 0x3F));
  return out;
}

// Writes the character that the escape "\uXXXX" at `at`, or a pair of them, stands for to `out` and moves both on.
// False if it is none.
bool write_code_point(const char*& at, const char* end, char*& out) {
  const std::optional<std::uint32_t> unit = code_unit(at, end);
  if (!unit) return false;
  at += 6;
  std::uint32_t code = *unit;
  if (code >= 0xD800 && code < 0xE000) {
    const std::optional<std::uint32_t> low = code < 0xDC00 ? code_unit(at, end) : std::nullopt;
    const bool pair = low && *low >= 0xDC00 && *low < 0xE000;
    code = pair ? 0x10000 + ((code - 0xD800) << 10) + (*low - 0xDC00) : 0xFFFD;
    if (pair) at += 6;
  }
  out = write_utf8(out, code);
  return true;
}

struct Copied {
  const char* at;
  char* out;
};

// Writes what the escape at `at` stands for to `out` and moves both on. False if it is none.
bool write_unescaped(const char*& at, const char* end, char*& out) {
  const char plain = end - at < 2 ? '\0' : short_escape(at[1]);
  if (plain == '\0') return write_code_point(at, end, out);
  *out++ = plain;
  at += 2;
  return true;
}

// Copies a string's content from `at` to `out`, escapes resolved, up to a quote, to the end, or to what may not stand
// in a string. Up to a block behind the copy is overwritten.
Copied copy_unescaped(const char* at, const char* end, char* out) {
  static_assert(kBlock <= JsonCursor::kRoomBehind);
  // JSON in a string has an escape every few bytes: those of four blocks are located together, so that finding one need
  // not wait for the one before.
  constexpr unsigned kBlocks = 4 * kBlock;
  while (end - at >= kBlocks + kBlock) {
    std::uint64_t special = 0;
    for (unsigned i = 0; i < kBlocks; i += kBlock) special |= std::uint64_t{special_bytes(at + i)} << i;
    unsigned done = 0;
    while (done < kBlocks) {
      special &= ~std::uint64_t{0} << done;
      const auto next = static_cast<unsigned>(std::countr_zero(special));
      for (unsigned i = done; i < next; i += kBlock) std::memcpy(out + (i - done), at + i, kBlock);
      out += next - done;
      done = next;
      if (next == kBlocks) break;
      const char* escape = at + next;
      if (*escape != '\\' || !write_unescaped(escape, end, out)) return {at + next, out};
      done = static_cast<unsigned>(escape - at);
    }
    at += done;
  }
  for (;;) {
    while (at < end && !is_special(*at)) *out++ = *at++;
    if (at == end || *at != '\\' || !write_unescaped(at, end, out)) return {at, out};
  }
}

// Where pass_value reports the runs of bytes between white space.
struct NoSink {
  void run(const char*, const char*) {}
};
struct StringSink {
  std::string& out;
  void run(const char* from, const char* to) { out.append(from, static_cast<std::size_t>(to - from)); }
};

}  // namespace

void JsonCursor::skip_white_space() {
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
}

char JsonCursor::peek() {
  skip_white_space();
  return at_ < end_ ? *at_ : '\0';
}

bool JsonCursor::take(char token) {
  if (peek() != token || at_ == end_) return false;
  ++at_;
  return true;
}

// At the opening quote. Leaves at_ behind the closing one, or where it was.
bool JsonCursor::pass_string() {
  const char* at = at_ + 1;
  for (;;) {
    at = find_special(at, end_);
    if (at == end_) return false;
    if (*at == '"') {
      at_ = at + 1;
      return true;
    }
    if (*at != '\\' || end_ - at < 2) return false;
    if (short_escape(at[1]) != '\0') {
      at += 2;
    } else if (code_unit(at, end_)) {
      at += 6;
    } else {
      return false;
    }
  }
}

bool JsonCursor::pass_number() {
  const char* at = at_;
  const auto digits = [&] {
    const char* first = at;
    while (at < end_ && is_digit(*at)) ++at;
    return at > first;
  };
  if (*at == '-') ++at;
  if (at < end_ && *at == '0') {
    ++at;
  } else if (!digits()) {
    return false;
  }
  if (at < end_ && *at == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at < end_ && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at < end_ && (*at == '+' || *at == '-')) ++at;
    if (!digits()) return false;
  }
  at_ = at;
  return true;
}

bool JsonCursor::pass_literal(std::string_view word) {
  if (static_cast<std::size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0)
    return false;
  at_ += word.size();
  return true;
}

// One loop and a stack of brackets: no recursion, so depth costs a byte. Everything between two stretches of white
// space is reported to the sink in one piece.
template <typename Sink>
bool JsonCursor::pass_value(Sink& sink, std::size_t depth_max) {
  std::array<char, kJsonDepthMax> brackets;
  std::size_t depth = 0;
  if (depth_max > kJsonDepthMax) depth_max = kJsonDepthMax;

  skip_white_space();
  const char* run = at_;
  const auto next = [&]() -> char {
    if (at_ < end_ && static_cast<unsigned char>(*at_) <= ' ') {
      sink.run(run, at_);
      skip_white_space();
      run = at_;
    }
    return at_ < end_ ? *at_ : '\0';
  };
  const auto key = [&] {
    if (next() != '"' || !pass_string() || next() != ':') return false;
    ++at_;
    return true;
  };

  for (;;) {
    // A value.
    bool opened = false;
    switch (next()) {
      case '{':
      case '[':
        if (depth == depth_max) return false;
        brackets[depth++] = *at_++ == '{' ? '}' : ']';
        opened = true;
        break;
      case '"':
        if (!pass_string()) return false;
        break;
      case 't':
        if (!pass_literal("true")) return false;
        break;
      case 'f':
        if (!pass_literal("false")) return false;
        break;
      case 'n':
        if (!pass_literal("null")) return false;
        break;
      default:
        if (at_ == end_ || (*at_ != '-' && !is_digit(*at_)) || !pass_number()) return false;
    }
    // What follows it: brackets close, or a comma leads to the next value.
    for (;;) {
      if (depth == 0) {
        sink.run(run, at_);
        return true;
      }
      const char token = next();
      if (token == brackets[depth - 1]) {
        ++at_;
        --depth;
        opened = false;
        continue;
      }
      if (!opened) {
        if (token != ',') return false;
        ++at_;
      }
      if (brackets[depth - 1] == '}' && !key()) return false;
      break;
    }
  }
}

std::optional<std::string_view> JsonCursor::string() {
  if (peek() != '"') return std::nullopt;
  const char* begin = at_ + 1;
  if (!pass_string()) return std::nullopt;
  return std::string_view(begin, static_cast<std::size_t>(at_ - begin) - 1);
}

std::optional<std::string_view> JsonCursor::unescaped_string(char* out) {
  if (peek() != '"') return std::nullopt;
  const Copied copied = copy_unescaped(at_ + 1, end_, out);
  if (copied.at == end_ || *copied.at != '"') return std::nullopt;
  at_ = copied.at + 1;
  return std::string_view(out, static_cast<std::size_t>(copied.out - out));
}

std::optional<std::string_view> JsonCursor::value(std::size_t depth_max) {
  skip_white_space();
  const char* begin = at_;
  NoSink sink;
  if (!pass_value(sink, depth_max)) return std::nullopt;
  return std::string_view(begin, static_cast<std::size_t>(at_ - begin));
}

bool JsonCursor::compact_value(std::string& out, std::size_t depth_max) {
  StringSink sink{out};
  return pass_value(sink, depth_max);
}

JsonKind json_kind(std::string_view value) {
  switch (value.empty() ? '\0' : value.front()) {
    case '{':
      return JsonKind::kObject;
    case '[':
      return JsonKind::kArray;
    case '"':
      return JsonKind::kString;
    case 't':
    case 'f':
      return JsonKind::kBoolean;
    case 'n':
      return JsonKind::kNull;
    default:
      return JsonKind::kNumber;
  }
}

void append_unescaped(std::string& out, std::string_view content) {
  const std::size_t size = out.size();
  out.resize(size + content.size() + JsonCursor::kRoomBehind);
  const Copied copied = copy_unescaped(content.data(), content.data() + content.size(), out.data() + size);
  out.resize(static_cast<std::size_t>(copied.out - out.data()));
}

std::string unescaped(std::string_view content) {
  std::string out;
  append_unescaped(out, content);
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  out += '"';
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    const char* special = find_special(at, end);
    out.append(at, static_cast<std::size_t>(special - at));
    if (special == end) break;
    at = special + 1;
    switch (*special) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += kHex[static_cast<unsigned char>(*special) >> 4];
        out += kHex[static_cast<unsigned char>(*special) & 0xF];
    }
  }
  out += '"';
}

std::optional<std::string> compact_json(std::string_view text, std::size_t depth_max) {
  if (!simdjson::validate_utf8(text.data(), text.size())) return std::nullopt;
  std::string out;
  out.reserve(text.size());
  JsonCursor cursor(text);
  if (!cursor.compact_value(out, depth_max) || !cursor.at_end()) return std::nullopt;
  return out;
}

bool is_json(std::string_view text) {
  if (!simdjson::validate_utf8(text.data(), text.size())) return false;
  JsonCursor cursor(text);
  return cursor.value() && cursor.at_end();
}

std::string json_location(std::string_view text, std::size_t offset) {
  constexpr std::size_t kShownMax = 500;
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t column = 1 + utf16_length(before.substr(line_begin));

  std::size_t shown = std::min(text.size(), kShownMax);
  while (shown < text.size() && (static_cast<unsigned char>(text[shown]) & 0xC0) == 0x80) --shown;
  std::string location = "[Source: (String)\"";
  location += text.substr(0, shown);
  location += '"';
  if (shown < text.size()) location += "[truncated " + std::to_string(utf16_length(text.substr(shown))) + " chars]";
  location += "; line: " + std::to_string(line) + ", column: " + std::to_string(column) + "]";
  return location;
}

}  // namespace eventbus
