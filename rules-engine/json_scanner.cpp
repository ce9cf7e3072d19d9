#include "rules-engine/json_scanner.h"

#include "rules-engine/utf8.h"

#include <cstring>

namespace eventbus::rules {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::uint32_t hex4(const char* at) {
  std::uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) unit = unit << 4 | static_cast<std::uint32_t>(hex_value(at[i]));
  return unit;
}

}  // namespace

std::size_t unescape(std::string_view raw, char* out) {
  const char* const start = out;
  const char* at = raw.data();
  const char* const end = at + raw.size();
  while (at < end) {
    if (*at != '\\') {
      *out++ = *at++;
      continue;
    }
    switch (at[1]) {
      case 'b':
        *out++ = '\b';
        break;
      case 'f':
        *out++ = '\f';
        break;
      case 'n':
        *out++ = '\n';
        break;
      case 'r':
        *out++ = '\r';
        break;
      case 't':
        *out++ = '\t';
        break;
      case 'u': {
        std::uint32_t code_point = hex4(at + 2);
        at += 6;
        if (is_high_surrogate(code_point) && end - at >= 6 && at[0] == '\\' && at[1] == 'u' &&
            is_low_surrogate(hex4(at + 2))) {
          code_point = 0x10000 + ((code_point - 0xD800) << 10) + (hex4(at + 2) - 0xDC00);
          at += 6;
        }
        out += encode_utf8(code_point, out);
        continue;
      }
      default:
        *out++ = at[1];
        break;
    }
    at += 2;
  }
  return static_cast<std::size_t>(out - start);
}

}  // namespace eventbus::rules
