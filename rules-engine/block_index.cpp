#include "rules-engine/block_index.h"

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

using Bytes = std::uint8_t __attribute__((ext_vector_type(64)));
using Bits = bool __attribute__((ext_vector_type(64)));

[[gnu::always_inline]] inline std::uint64_t equal(const Bytes& bytes, std::uint8_t byte) {
  const Bytes all = byte;
  const Bits bits = __builtin_convertvector(bytes == all, Bits);
  std::uint64_t word = 0;
  std::memcpy(&word, &bits, sizeof word);
  return word;
}

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

// `marks[m * stride + i]` are the marks of kind m in block i.
// Returns whether there are backslashes.
EVENTBUS_WIDE_VECTORS bool mark_blocks(const char* text, std::size_t blocks, std::uint64_t* marks, std::size_t stride) {
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
    std::uint64_t* const out = marks + i;
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
  constexpr std::size_t kBehind = 2;
  static_assert(kReach + kWindow < kBehind * 64);
  blocks_ = (text.size() + 63) / 64;
  if (stride_ < blocks_ + kBehind) {
    stride_ = blocks_ + blocks_ / 2 + kBehind;
    words_.resize(kMarks * stride_);
    for (std::size_t mark = 0; mark < kMarks; ++mark) marks_[mark] = words_.data() + mark * stride_;
  }
  has_backslashes_ = mark_blocks(text.data(), blocks_, words_.data(), stride_);
  const std::uint64_t behind = text.size() % 64 == 0 ? 0 : ~std::uint64_t{0} << (text.size() % 64);
  for (std::size_t mark = 0; mark < kMarks; ++mark) {
    std::uint64_t* const words = words_.data() + mark * stride_;
    for (std::size_t i = 0; i < kBehind; ++i) words[blocks_ + i] = ~std::uint64_t{0};
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

std::size_t BlockIndex::behind_brackets(std::size_t at) const {
  return behind_brackets_in(of(kOpen), of(kClose), blocks_, at);
}

}  // namespace eventbus::rules
