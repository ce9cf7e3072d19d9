#include "bus/message_digest.h"

#include "base/digest.h"

#include <cstdint>
#include <string_view>

namespace eventbus {

namespace {

void append_text(std::string& out, std::string_view text) {
  const auto length = static_cast<std::uint32_t>(text.size());
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(static_cast<unsigned char>(length >> shift)));
  out.append(text);
}

}  // namespace

std::string message_attributes_md5(const MessageAttributeMap& attributes) {
  if (attributes.empty()) return {};
  std::string encoded;
  for (const auto& [name, attribute] : attributes) {
    append_text(encoded, name);
    append_text(encoded, attribute.type);
    encoded.push_back(attribute.type.starts_with("Binary") ? '\x02' : '\x01');
    append_text(encoded, attribute.value);
  }
  return md5_hex(encoded);
}

}  // namespace eventbus
