#include "bus/foreign_text.h"

#include <algorithm>
#include <cstdint>

namespace eventbus {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Decoded {
  std::size_t bytes = 1;
  bool valid = false;
};

// The character that a text begins with. Of what is none, the first byte.
Decoded first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {1, lead >= 0x20 || lead == '\t' || lead == '\n' || lead == '\r'};
  std::size_t bytes = 0;
  std::uint32_t code = 0, least = 0;
  if (lead >= 0xC0 && lead < 0xE0) {
    bytes = 2, code = lead & 0x1FU, least = 0x80;
  } else if (lead >= 0xE0 && lead < 0xF0) {
    bytes = 3, code = lead & 0x0FU, least = 0x800;
  } else if (lead >= 0xF0 && lead < 0xF8) {
    bytes = 4, code = lead & 0x07U, least = 0x10000;
  }
  if (bytes == 0 || bytes > text.size()) return {};
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {};
    code = code << 6 | (next & 0x3FU);
  }
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (code < least || code > 0x10FFFF || surrogate) return {};
  return {bytes, code != 0xFFFE && code != 0xFFFF};
}

bool is_plain(char c) { return (c >= 0x20 && c < 0x7F) || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::string foreign_text(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max && std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string kept;
  while (!text.empty()) {
    const Decoded character = first_character(text);
    const std::string_view taken = character.valid ? text.substr(0, character.bytes) : kReplacement;
    if (kept.size() + taken.size() > bytes_max) break;
    kept += taken;
    text.remove_prefix(character.bytes);
  }
  return kept;
}

}  // namespace eventbus
