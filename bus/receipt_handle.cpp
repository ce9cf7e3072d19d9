#include "bus/receipt_handle.h"

#include "base/digest.h"

#include <cstdint>

namespace eventbus {

namespace {

constexpr char kVersion = 1;
constexpr std::size_t kBytes = 1 + 8 + 8 + 4 + 8 + 8;

template <typename Integer>
void append(std::string& out, Integer value) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<unsigned char>(value >> shift)));
}

template <typename Integer>
Integer take(std::string_view& bytes) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value = static_cast<Integer>(value << 8) | static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(sizeof value);
  return value;
}

// FNV-1a, then a finaliser, so that neighbouring handles look nothing like each other.
std::uint64_t check_sum(std::string_view bytes) {
  std::uint64_t sum = 0xCBF29CE484222325ULL;
  for (const char byte : bytes) sum = (sum ^ static_cast<unsigned char>(byte)) * 0x100000001B3ULL;
  sum ^= sum >> 31;
  sum *= 0x9E3779B97F4A7C15ULL;
  return sum ^ (sum >> 29);
}

}  // namespace

std::string encode_receipt_handle(const ReceiptHandle& handle) {
  std::string bytes;
  bytes.reserve(kBytes);
  bytes.push_back(kVersion);
  append(bytes, handle.lease.queue);
  append(bytes, handle.lease.sequence);
  append(bytes, handle.lease.attempt);
  append(bytes, static_cast<std::uint64_t>(handle.received_at.time_since_epoch().count()));
  append(bytes, check_sum(bytes));
  return base64_encode(bytes);
}

std::optional<ReceiptHandle> decode_receipt_handle(std::string_view text) {
  const std::optional<std::string> decoded = base64_decode(text);
  if (!decoded || decoded->size() != kBytes || decoded->front() != kVersion) return std::nullopt;
  std::string_view bytes = *decoded;
  const std::uint64_t expected = check_sum(bytes.substr(0, kBytes - sizeof(std::uint64_t)));
  bytes.remove_prefix(1);
  ReceiptHandle handle;
  handle.lease.queue = take<QueueId>(bytes);
  handle.lease.sequence = take<std::uint64_t>(bytes);
  handle.lease.attempt = take<std::uint32_t>(bytes);
  handle.received_at = TimePoint(Duration(static_cast<Duration::rep>(take<std::uint64_t>(bytes))));
  if (take<std::uint64_t>(bytes) != expected) return std::nullopt;
  return handle;
}

}  // namespace eventbus
