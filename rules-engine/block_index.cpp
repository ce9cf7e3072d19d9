#include "rules-engine/block_index.h"

#include "rules-engine/json_check.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>

// Compiled for several processors; the loader chooses. Elsewhere the compiler's translation to the one target must do,
// and under tsan, which would have its say in the choice before it is there itself.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define EVENTBUS_ONE_PROCESSOR
#endif
#endif
#if defined(__x86_64__) && defined(__ELF__) && !defined(EVENTBUS_ONE_PROCESSOR)
#define EVENTBUS_WIDE_VECTORS __attribute__((target_clones("avx512bw", "avx2", "default")))
#define EVENTBUS_POPULATION_COUNT __attribute__((target_clones("popcnt", "default")))
#else
#define EVENTBUS_WIDE_VECTORS
#define EVENTBUS_POPULATION_COUNT
#endif

namespace eventbus::rules {
namespace {

// The bytes behind an odd number of backslashes. `escape`: the block begins behind one.
[[gnu::always_inline]] inline std::uint64_t escaped_bytes(std::uint64_t backslashes, std::uint64_t& escape) {
  std::uint64_t escaped = escape;
  escape = 0;
  backslashes &= ~escaped;
  while (backslashes != 0) {
    const int at = std::countr_zero(backslashes);
    if (at == 63) {
      escape = 1;
      break;
    }
    escaped |= std::uint64_t{2} << at;
    backslashes &= ~(std::uint64_t{3} << at);
  }
  return escaped;
}

// Each bit: whether the number of bits up to it is odd.
[[gnu::always_inline]] inline std::uint64_t odd_up_to(std::uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

// `words[m * stride + i]` are the marks of kind m in block i. Returns whether there are backslashes.
EVENTBUS_WIDE_VECTORS bool mark_blocks(const char* text, std::size_t blocks, std::uint64_t* words, std::size_t stride) {
  std::uint64_t escape = 0;
  std::uint64_t all_backslashes = 0;
  std::uint64_t inside = 0;  // all ones if the block before ended within a string
  for (std::size_t i = 0; i < blocks; ++i) {
    Bytes bytes;
    std::memcpy(&bytes, text + 64 * i, sizeof bytes);
    const std::uint64_t backslashes = equal(bytes, '\\');
    std::uint64_t quotes = equal(bytes, '"');
    if ((backslashes | escape) != 0) quotes &= ~escaped_bytes(backslashes, escape);
    const std::uint64_t in_string = odd_up_to(quotes) ^ inside;
    inside = static_cast<std::uint64_t>(static_cast<std::int64_t>(in_string) >> 63);
    const Bytes folded = bytes | 0x20;  // [ ] are { } but for this bit
    const std::uint64_t close = equal(folded, '}') & ~in_string;
    std::uint64_t* const out = words + i;
    out[BlockIndex::kQuote * stride] = quotes;
    out[BlockIndex::kOpen * stride] = equal(folded, '{') & ~in_string;
    out[BlockIndex::kClose * stride] = close;
    out[BlockIndex::kEnd * stride] = close | (equal(bytes, ',') & ~in_string);
    out[BlockIndex::kSpecial * stride] = backslashes | equal(bytes, '.');
    out[BlockIndex::kBackslash * stride] = backslashes;
    all_backslashes |= backslashes;
  }
  return all_backslashes != 0;
}

struct Checked {
  bool backslashes;
  bool beyond_ascii;
  bool right;
};

// The same, and the check.
template <std::size_t kBlocks>
[[gnu::always_inline]] inline Checked check_each(const char* text, std::size_t size, std::uint64_t* words,
                                                 std::size_t stride, JsonCheck<kBlocks> json) {
  const auto write = [&](const auto& marks, std::uint64_t* out) __attribute__((always_inline)) {
    std::memcpy(out, &marks, sizeof marks);
  };
  std::uint64_t escape = 0;
  std::uint64_t all_backslashes = 0;
  Bytes all_bytes = 0;
  const std::size_t blocks = (size + 63) / 64;
  for (std::size_t first = 0; first < blocks; first += kBlocks) {
    typename JsonCheck<kBlocks>::Places places;
    std::uint64_t* const out = words + first;
    const std::size_t count = std::min(blocks - first, kBlocks);
    if (count < kBlocks) {
      std::memset(&places, 0, sizeof places);
      std::memset(&places.white, 0xFF, sizeof places.white);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = 64 * (first + i);
      Bytes bytes;
      std::memcpy(&bytes, text + at, sizeof bytes);
      if (size - at < 64) keep_first(bytes, size - at);
      const std::uint64_t backslashes = equal(bytes, '\\');
      places.quotes[i] = equal(bytes, '"');
      if ((backslashes | escape) != 0) {
        const std::uint64_t escaped = escaped_bytes(backslashes, escape);
        places.quotes[i] &= ~escaped;
        json.check_escapes(text + at, escaped);
      }
      json.look(bytes, i, places);
      out[BlockIndex::kSpecial * stride + i] = backslashes | places.points[i];
      out[BlockIndex::kBackslash * stride + i] = backslashes;
      all_backslashes |= backslashes;
      all_bytes |= bytes;
    }
    const auto found = json.check(places, text + 64 * first);
    write(places.quotes, out + BlockIndex::kQuote * stride);
    write(found.open, out + BlockIndex::kOpen * stride);
    write(found.close, out + BlockIndex::kClose * stride);
    write(found.close | found.comma, out + BlockIndex::kEnd * stride);
    write(found.colon, out + BlockIndex::kColon * stride);
    write(found.elements, out + BlockIndex::kElement * stride);
  }
  return {all_backslashes != 0, at_most(all_bytes, 0x7F) != ~std::uint64_t{0}, json.right()};
}

// The checks have not begun; they are passed in, as clang does not write down constructors of functions that are
// compiled for several processors.
EVENTBUS_WIDE_VECTORS Checked check_blocks(const char* text, std::size_t size, std::uint64_t* words, std::size_t stride,
                                           const JsonCheck<8>& json) {
  return check_each(text, size, words, stride, json);
}
EVENTBUS_WIDE_VECTORS Checked check_few_blocks(const char* text, std::size_t size, std::uint64_t* words,
                                               std::size_t stride, const JsonCheck<1>& json) {
  return check_each(text, size, words, stride, json);
}

EVENTBUS_POPULATION_COUNT std::size_t behind_brackets_in(const std::uint64_t* opens, const std::uint64_t* closes,
                                                         std::size_t blocks, std::size_t at) {
  std::uint64_t from = ~std::uint64_t{0} << (at % 64);
  std::size_t depth = 0;
  for (std::size_t block = at / 64; block < blocks; ++block, from = ~std::uint64_t{0}) {
    std::uint64_t open = opens[block] & from;
    std::uint64_t close = closes[block] & from;
    const auto closing = static_cast<std::size_t>(std::popcount(close));
    if (closing < depth) {  // cannot be the last one: the common case within long values
      depth = depth + static_cast<std::size_t>(std::popcount(open)) - closing;
      continue;
    }
    for (; close != 0; close &= close - 1) {
      const std::uint64_t up_to = close ^ (close - 1);  // the bits up to the lowest of `close`
      depth += static_cast<std::size_t>(std::popcount(open & up_to));
      open &= ~up_to;
      if (depth <= 1) return block * 64 + static_cast<std::size_t>(std::countr_zero(close)) + 1;
      --depth;
    }
    depth += static_cast<std::size_t>(std::popcount(open));
  }
  return blocks * 64;
}

}  // namespace

void BlockIndex::build(std::string_view text) {
  make_room(text);
  checked_ = false;
  has_backslashes_ = mark_blocks(text.data(), blocks_, words_.data(), stride_);
  mark_all_behind(text);
}

bool BlockIndex::build_checked(std::string_view text) {
  make_room(text);
  checked_ = true;
  constexpr std::size_t kFew = 3;  // up to so many are done sooner one by one
  const Checked marked = blocks_ > kFew
                             ? check_blocks(text.data(), text.size(), words_.data(), stride_, JsonCheck<8>())
                             : check_few_blocks(text.data(), text.size(), words_.data(), stride_, JsonCheck<1>());
  if (!marked.right || (marked.beyond_ascii && !simdjson::validate_utf8(text.data(), text.size()))) return false;
  has_backslashes_ = marked.backslashes;
  mark_all_behind(text);
  return true;
}

void BlockIndex::make_room(std::string_view text) {
  text_ = text.data();
  blocks_ = (text.size() + 63) / 64;
  // Checked blocks are written eight at once.
  static_assert(kBehind >= 8);
  if (stride_ >= blocks_ + kBehind) return;
  stride_ = blocks_ + blocks_ / 2 + kBehind;
  words_.resize(kMarks * stride_);
  for (std::size_t mark = 0; mark < kMarks; ++mark) marks_[mark] = words_.data() + mark * stride_;
}

void BlockIndex::mark_all_behind(std::string_view text) {
  static_assert(kReach + kWindow < kOnesBehind * 64);
  const std::uint64_t behind = text.size() % 64 == 0 ? 0 : ~std::uint64_t{0} << (text.size() % 64);
  for (std::size_t mark = 0; mark < kMarks; ++mark) {
    std::uint64_t* const words = words_.data() + mark * stride_;
    for (std::size_t i = 0; i < kOnesBehind; ++i) words[blocks_ + i] = ~std::uint64_t{0};
    if (blocks_ > 0) words[blocks_ - 1] |= behind;  // what was read behind the text
  }
}

std::size_t BlockIndex::next_block(Mark mark, std::size_t at) const {
  const std::uint64_t* const words = of(mark);
  std::size_t block = at / 64;
  std::uint64_t bits = words[block] & ~std::uint64_t{0} << (at % 64);
  while (bits == 0 && block < blocks_) bits = words[++block];
  return block * 64 + static_cast<std::size_t>(std::countr_zero(bits));
}

std::size_t BlockIndex::behind_brackets(std::size_t at, std::uint32_t around) const {
  if (checked_) return behind_checked_brackets(at, around);
  return behind_brackets_in(of(kOpen), of(kClose), blocks_, at);
}

std::size_t BlockIndex::behind_checked_brackets(std::size_t at, std::uint32_t around) const {
  const std::size_t none = blocks_ * 64;
  if (around >= kNestingMax) return none;
  const auto of_object = [this](std::size_t place) { return (text_[place] & 0x20) != 0; };  // { } and not [ ]
  std::array<bool, kNestingMax> objects;  // of the brackets that are open
  std::size_t open = 0;
  objects[open++] = of_object(at);
  std::uint64_t from = at % 64 == 63 ? 0 : ~std::uint64_t{1} << (at % 64);
  for (std::size_t block = at / 64; block < blocks_; ++block, from = ~std::uint64_t{0}) {
    const std::uint64_t opening = of(kOpen)[block];
    const std::uint64_t colons = of(kColon)[block];
    const std::uint64_t elements = of(kElement)[block];
    for (std::uint64_t brackets = (opening | of(kClose)[block]) & from; brackets != 0; brackets &= brackets - 1) {
      const std::uint64_t up_to = brackets ^ (brackets - 1);
      if (((objects[open - 1] ? elements : colons) & from & up_to) != 0) return none;
      from &= ~up_to;
      const std::size_t place = block * 64 + static_cast<std::size_t>(std::countr_zero(brackets));
      const bool object = of_object(place);
      if ((opening & brackets & up_to) != 0) {
        if (open + around == kNestingMax) return none;
        objects[open++] = object;
      } else {
        if (objects[open - 1] != object) return none;
        if (--open == 0) return place + 1;
      }
    }
    if (((objects[open - 1] ? elements : colons) & from) != 0) return none;
  }
  return none;
}

}  // namespace eventbus::rules
