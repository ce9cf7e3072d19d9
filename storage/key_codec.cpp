#include "storage/key_codec.h"

namespace eventbus::keys {

namespace {

constexpr std::size_t kIntegerBytes = 8;
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

void append(std::string& key, std::uint64_t value) {
  char bytes[kIntegerBytes];
  for (std::size_t i = 0; i < kIntegerBytes; ++i) bytes[i] = static_cast<char>(value >> (56 - 8 * i));
  key.append(bytes, kIntegerBytes);
}

std::uint64_t integer_at(std::string_view key, std::size_t position) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kIntegerBytes; ++i) value = (value << 8) | static_cast<unsigned char>(key[position + i]);
  return value;
}

std::uint64_t ordered(std::int64_t value) { return static_cast<std::uint64_t>(value) ^ kSignBit; }
std::int64_t from_ordered(std::uint64_t value) { return static_cast<std::int64_t>(value ^ kSignBit); }

std::string tagged(char tag, std::uint64_t value) {
  std::string key(1, tag);
  append(key, value);
  return key;
}

std::string pair(std::uint64_t first, std::uint64_t second) {
  std::string key;
  key.reserve(2 * kIntegerBytes);
  append(key, first);
  append(key, second);
  return key;
}

std::string tagged_pair(char tag, std::uint64_t first, std::uint64_t second) {
  std::string key = tagged(tag, first);
  append(key, second);
  return key;
}

bool is_tagged(std::string_view key, char tag, std::size_t integers) {
  return key.size() == 1 + integers * kIntegerBytes && key[0] == tag;
}

}  // namespace

std::string queue(std::uint64_t queue) { return tagged('q', queue); }
std::string message(std::uint64_t queue, std::uint64_t sequence) { return pair(queue, sequence); }
std::string deduplication(TimePoint when, std::uint64_t sequence) {
  return pair(ordered(when.time_since_epoch().count()), sequence);
}
std::string log_entry(std::uint64_t log, std::uint64_t sequence) { return tagged_pair('e', log, sequence); }
std::string log_bounds(std::uint64_t log) { return tagged('h', log); }
std::string log_second(std::uint64_t log, std::int64_t second) { return tagged_pair('t', log, ordered(second)); }

std::optional<std::uint64_t> decode_queue(std::string_view key) {
  if (!is_tagged(key, 'q', 1)) return std::nullopt;
  return integer_at(key, 1);
}

std::optional<MessageKeyParts> decode_message(std::string_view key) {
  if (key.size() != 2 * kIntegerBytes) return std::nullopt;
  return MessageKeyParts{integer_at(key, 0), integer_at(key, kIntegerBytes)};
}

std::optional<DeduplicationKeyParts> decode_deduplication(std::string_view key) {
  if (key.size() != 2 * kIntegerBytes) return std::nullopt;
  return DeduplicationKeyParts{TimePoint(Duration(from_ordered(integer_at(key, 0)))), integer_at(key, kIntegerBytes)};
}

std::optional<LogEntryKeyParts> decode_log_entry(std::string_view key) {
  if (!is_tagged(key, 'e', 2)) return std::nullopt;
  return LogEntryKeyParts{integer_at(key, 1), integer_at(key, 1 + kIntegerBytes)};
}

std::optional<std::uint64_t> decode_log_bounds(std::string_view key) {
  if (!is_tagged(key, 'h', 1)) return std::nullopt;
  return integer_at(key, 1);
}

std::optional<LogSecondKeyParts> decode_log_second(std::string_view key) {
  if (!is_tagged(key, 't', 2)) return std::nullopt;
  return LogSecondKeyParts{integer_at(key, 1), from_ordered(integer_at(key, 1 + kIntegerBytes))};
}

std::string after_prefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty()) {
    const auto last = static_cast<unsigned char>(end.back());
    if (last != 0xff) {
      end.back() = static_cast<char>(last + 1);
      return end;
    }
    end.pop_back();
  }
  return end;
}

}  // namespace eventbus::keys
