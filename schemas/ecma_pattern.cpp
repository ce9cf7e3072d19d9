#include "schemas/ecma_pattern.h"

#include <re2/re2.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>

namespace eventbus::schemas {

namespace {

constexpr std::size_t kSourceBytesMax = 4'096;
constexpr std::size_t kProgramMax = 10'000;
// Of one program's automaton, built while it matches; where this is not enough RE2 goes on without it, slower.
constexpr std::int64_t kMemoryBytes = std::int64_t{1} << 20;

// ECMA's white space, as the inside of a class of RE2.
constexpr std::string_view kSpaces =
    R"(\t\n\v\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff})";
constexpr std::string_view kAnyButLineEnds = R"([^\n\r\x{2028}\x{2029}])";
constexpr std::string_view kNothing = R"([^\x{0}-\x{10ffff}])";
constexpr std::string_view kEverything = R"([\x{0}-\x{10ffff}])";

Error wrong(std::string what) { return invalid("the pattern " + std::move(what)); }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Writes a pattern of ECMA 262 as RE2 has to read it, where the two differ.
class Translation {
 public:
  explicit Translation(std::string_view pattern) : rest_(pattern) {}

  Result<std::string> run() {
    while (!rest_.empty()) TRY_VOID(next());
    if (in_class_) return wrong("has a [ without its ]");
    return std::move(out_);
  }

 private:
  Result<void> next() {
    const char c = take();
    if (c == '\\') return escape();
    if (in_class_) {
      if (c == ']') in_class_ = false;
      if (c == '[') out_ += '\\';  // RE2 would take [: for the name of a class
      out_ += c;
      return {};
    }
    if (c == '.') {
      out_ += kAnyButLineEnds;
    } else if (c == '[') {
      open_class();
    } else if (c == '(' && rest_.starts_with('?')) {
      return group();
    } else {
      out_ += c;
    }
    return {};
  }

  void open_class() {
    // In ECMA ] ends a class wherever it stands: [] holds nothing, [^] everything.
    if (rest_.starts_with(']')) {
      take();
      out_ += kNothing;
    } else if (rest_.starts_with("^]")) {
      take(), take();
      out_ += kEverything;
    } else {
      in_class_ = true;
      out_ += '[';
      if (rest_.starts_with('^')) out_ += take();
    }
  }

  Result<void> group() {
    if (rest_.starts_with("?:")) {
      out_ += "(?:";
      rest_.remove_prefix(2);
      return {};
    }
    if (rest_.starts_with("?=") || rest_.starts_with("?!") || rest_.starts_with("?<=") || rest_.starts_with("?<!"))
      return wrong("looks ahead or behind, which cannot be matched in linear time");
    if (rest_.starts_with("?<")) {
      out_ += "(?P<";
      rest_.remove_prefix(2);
      return {};
    }
    return wrong("has a (? that ECMA 262 does not know");
  }

  Result<void> escape() {
    if (rest_.empty()) return wrong("ends with a \\");
    const char c = take();
    switch (c) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
      case 't':
      case 'n':
      case 'r':
      case 'f':
      case 'v':
        out_ += '\\';
        out_ += c;
        return {};
      case 's':
        return spaces();
      case 'S':
        if (in_class_) return wrong("has \\S in a class; write the class the other way round");
        out_ += "[^";
        out_ += kSpaces;
        out_ += ']';
        return {};
      case 'b':
        // In a class it is the backspace.
        out_ += in_class_ ? "\\x{8}" : "\\b";
        return {};
      case 'B':
        if (in_class_) return wrong("has \\B in a class");
        out_ += "\\B";
        return {};
      case 'p':
      case 'P':
        if (!rest_.starts_with('{')) return wrong("has \\p without {");
        out_ += '\\';
        out_ += c;
        return {};
      case 'u':
        return unicode();
      case 'x':
        return hexadecimal(2);
      case 'c':
        if (rest_.empty() || !is_letter(rest_.front())) return wrong("has \\c without a letter");
        character(static_cast<std::uint32_t>(take()) & 0x1FU);
        return {};
      case '0':
        if (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') return wrong("has an octal escape");
        character(0);
        return {};
      default:
        break;
    }
    if (c >= '1' && c <= '9') return wrong("refers back to a group, which cannot be matched in linear time");
    if (is_letter(c)) return wrong(std::string("has \\") + c + ", which means nothing");
    if (static_cast<unsigned char>(c) < 0x80) out_ += '\\';
    out_ += c;
    return {};
  }

  Result<void> spaces() {
    if (!in_class_) out_ += '[';
    out_ += kSpaces;
    if (!in_class_) out_ += ']';
    return {};
  }

  std::optional<std::uint32_t> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = rest_[i];
      const bool digit = c >= '0' && c <= '9', lower = c >= 'a' && c <= 'f', upper = c >= 'A' && c <= 'F';
      if (!digit && !lower && !upper) return std::nullopt;
      const int value = digit ? c - '0' : lower ? c - 'a' + 10 : c - 'A' + 10;
      code = code * 16 + static_cast<std::uint32_t>(value);
    }
    rest_.remove_prefix(count);
    return code;
  }

  Result<void> hexadecimal(std::size_t count) {
    const std::optional<std::uint32_t> code = digits(count);
    if (!code) return wrong("has \\x or \\u without its hexadecimal digits");
    character(*code);
    return {};
  }

  Result<void> unicode() {
    if (rest_.starts_with('{')) {
      const std::size_t end = rest_.find('}');
      if (end == std::string_view::npos || end == 1 || end > 7) return wrong("has \\u{ without its digits and }");
      take();
      TRY_VOID(hexadecimal(end - 1));
      take();
      return {};
    }
    const std::optional<std::uint32_t> first = digits(4);
    if (!first) return wrong("has \\x or \\u without its hexadecimal digits");
    if (*first < 0xD800 || *first > 0xDFFF) return character(*first), Result<void>();
    // Two halves of one character.
    if (*first <= 0xDBFF && rest_.starts_with("\\u")) {
      rest_.remove_prefix(2);
      const std::optional<std::uint32_t> second = digits(4);
      if (second && *second >= 0xDC00 && *second <= 0xDFFF)
        return character(0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00)), Result<void>();
    }
    return wrong("has half of a surrogate pair");
  }

  void character(std::uint32_t code) {
    char text[16];
    std::snprintf(text, sizeof text, "\\x{%x}", static_cast<unsigned>(code));
    out_ += text;
  }

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
  std::string out_;
  bool in_class_ = false;
};

}  // namespace

EcmaPattern::EcmaPattern(std::string source, std::unique_ptr<re2::RE2> program)
    : source_(std::move(source)),
      program_(std::move(program)),
      size_(static_cast<std::size_t>(program_->ProgramSize())) {}
EcmaPattern::EcmaPattern(EcmaPattern&&) noexcept = default;
EcmaPattern& EcmaPattern::operator=(EcmaPattern&&) noexcept = default;
EcmaPattern::~EcmaPattern() = default;

Result<EcmaPattern> EcmaPattern::compile(std::string_view pattern) {
  if (pattern.size() > kSourceBytesMax) return wrong("is longer than " + std::to_string(kSourceBytesMax) + " bytes");
  TRY(const std::string translated, Translation(pattern).run());
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kMemoryBytes);
  options.set_never_capture(true);
  auto program = std::make_unique<re2::RE2>(translated, options);
  if (!program->ok()) return wrong("is not one: " + program->error());
  if (program->ProgramSize() > static_cast<int>(kProgramMax))
    return wrong("is too large once its repetitions are written out");
  return EcmaPattern(std::string(pattern), std::move(program));
}

bool EcmaPattern::matches(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *program_);
}

}  // namespace eventbus::schemas
