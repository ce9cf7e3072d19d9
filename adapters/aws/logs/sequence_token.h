#pragma once

#include <cstdint>
#include <string>

namespace eventbus::aws {

// 56 digits, as AWS's sequence tokens are. AWS: they are still handed out, and nobody is asked for them any more.
inline std::string sequence_token(std::uint64_t sequence) {
  std::string digits = std::to_string(sequence);
  return "49" + std::string(54 - digits.size(), '0') + digits;
}

}  // namespace eventbus::aws
