// A batch of log events as bytes:
//
//   batch   = %x01 stream *event
//   stream  = text
//   event   = time text              ; the message
//   text    = length *OCTET
//   time    = varint                 ; milliseconds since 1970, zigzag: 0, -1, 1, -2, … are 0, 1, 2, 3, …
//   length  = varint                 ; base 128, low group first, high bit = more follows

#include "bus/log_batch.h"

#include "bus/varint.h"

#include <optional>

namespace eventbus {

namespace {

constexpr char kVersion = 1;

void append_text(std::string& out, std::string_view text) {
  append_varint(out, text.size());
  out += text;
}

std::optional<std::string_view> take_text(std::string_view& bytes) {
  const std::optional<std::uint64_t> length = take_varint(bytes);
  if (!length || *length > bytes.size()) return std::nullopt;
  const std::string_view text = bytes.substr(0, *length);
  bytes.remove_prefix(*length);
  return text;
}

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

Error broken() { return internal("Stored log events cannot be read: their bytes are damaged."); }

}  // namespace

std::string LogBatch::encode() const {
  std::size_t bytes = 16 + stream.size();
  for (const LogEvent& event : events) bytes += event.message.size() + 12;
  std::string out;
  out.reserve(bytes);
  out += kVersion;
  append_text(out, stream);
  for (const LogEvent& event : events) {
    append_varint(out, zigzag(event.time.time_since_epoch().count()));
    append_text(out, event.message);
  }
  return out;
}

Result<LogBatch> LogBatch::decode(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kVersion) return broken();
  bytes.remove_prefix(1);
  LogBatch batch;
  const std::optional<std::string_view> stream = take_text(bytes);
  if (!stream) return broken();
  batch.stream = *stream;
  while (!bytes.empty()) {
    const std::optional<std::uint64_t> time = take_varint(bytes);
    if (!time) return broken();
    const std::optional<std::string_view> message = take_text(bytes);
    if (!message) return broken();
    batch.events.push_back({TimePoint(Duration(unzigzag(*time))), std::string(*message)});
  }
  return batch;
}

}  // namespace eventbus
