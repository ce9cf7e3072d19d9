#include "storage/row_codec.h"

#include <concepts>
#include <type_traits>

namespace eventbus::rows {

namespace {

constexpr std::int64_t kWithBytesBefore = std::int64_t{1} << 62;

class Encoder {
 public:
  explicit Encoder(std::string& row) : row_(row) { row_.clear(); }

  template <std::integral T>
  Encoder& integer(T value) {
    auto bits = static_cast<std::make_unsigned_t<T>>(value);
    char bytes[sizeof(T)];
    for (std::size_t i = 0; i < sizeof(T); ++i)
      bytes[i] = static_cast<char>(static_cast<std::uint64_t>(bits) >> (8 * i));
    row_.append(bytes, sizeof(T));
    return *this;
  }
  Encoder& time(TimePoint when) { return integer(static_cast<std::int64_t>(when.time_since_epoch().count())); }
  Encoder& bytes(std::string_view text) {
    integer(static_cast<std::uint32_t>(text.size()));
    row_.append(text);
    return *this;
  }
  void rest(std::string_view text) { row_.append(text); }

 private:
  std::string& row_;
};

// Reads fields in order; after the first that does not fit `failed()` stays true and values are empty.
class Decoder {
 public:
  explicit Decoder(std::string_view row) : rest_(row) {}

  template <std::integral T>
  T integer() {
    const std::string_view bytes = take(sizeof(T));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    return static_cast<T>(value);
  }
  TimePoint time() { return TimePoint(Duration(integer<std::int64_t>())); }
  std::string_view bytes() { return take(integer<std::uint32_t>()); }
  std::string_view rest() { return take(rest_.size()); }

  bool failed() const { return failed_; }
  bool finished() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t count) {
    if (failed_ || rest_.size() < count) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
  bool failed_ = false;
};

template <typename T>
std::optional<T> if_finished(const Decoder& decoder, const T& value) {
  if (!decoder.finished()) return std::nullopt;
  return value;
}

}  // namespace

std::string number(std::uint64_t value) {
  std::string row;
  Encoder(row).integer(value);
  return row;
}

std::optional<std::uint64_t> decode_number(std::string_view row) {
  Decoder decoder(row);
  const auto value = decoder.integer<std::uint64_t>();
  return if_finished(decoder, value);
}

std::string traits(const QueueTraits& traits) {
  std::string row;
  Encoder(row)
      .integer(static_cast<std::uint8_t>(traits.fifo))
      .integer(static_cast<std::uint8_t>(traits.deduplicate_per_group))
      .integer(static_cast<std::int64_t>(traits.retention.count()));
  return row;
}

std::optional<QueueTraits> decode_traits(std::string_view row) {
  Decoder decoder(row);
  QueueTraits traits;
  traits.fifo = decoder.integer<std::uint8_t>() != 0;
  traits.deduplicate_per_group = decoder.integer<std::uint8_t>() != 0;
  traits.retention = Duration(decoder.integer<std::int64_t>());
  return if_finished(decoder, traits);
}

void encode(const Catalog& catalog, std::string& row) { Encoder(row).integer(catalog.revision).rest(catalog.value); }

std::optional<Catalog> decode_catalog(std::string_view row) {
  Decoder decoder(row);
  Catalog catalog;
  catalog.revision = decoder.integer<std::uint64_t>();
  catalog.value = decoder.rest();
  return if_finished(decoder, catalog);
}

void encode(const MessageHead& head, std::string& row) {
  Encoder(row)
      .time(head.sent_at)
      .time(head.visible_at)
      .time(head.first_leased_at)
      .integer(head.attempt)
      .integer(head.bytes)
      .rest(head.group);
}

std::optional<MessageHead> decode_head(std::string_view row) {
  Decoder decoder(row);
  MessageHead head;
  head.sent_at = decoder.time();
  head.visible_at = decoder.time();
  head.first_leased_at = decoder.time();
  head.attempt = decoder.integer<std::uint32_t>();
  head.bytes = decoder.integer<std::uint32_t>();
  head.group = decoder.rest();
  return if_finished(decoder, head);
}

void encode(const MessageBody& body, std::string& row) {
  Encoder(row).bytes(body.id).bytes(body.group).bytes(body.deduplication_id).bytes(body.attributes).rest(body.body);
}

std::optional<MessageBody> decode_body(std::string_view row) {
  Decoder decoder(row);
  MessageBody body;
  body.id = decoder.bytes();
  body.group = decoder.bytes();
  body.deduplication_id = decoder.bytes();
  body.attributes = decoder.bytes();
  body.body = decoder.rest();
  return if_finished(decoder, body);
}

void encode(const Deduplication& row_value, std::string& row) {
  Encoder(row)
      .integer(row_value.queue)
      .bytes(row_value.scope)
      .bytes(row_value.deduplication_id)
      .rest(row_value.message_id);
}

std::optional<Deduplication> decode_deduplication(std::string_view row) {
  Decoder decoder(row);
  Deduplication value;
  value.queue = decoder.integer<std::uint64_t>();
  value.scope = decoder.bytes();
  value.deduplication_id = decoder.bytes();
  value.message_id = decoder.rest();
  return if_finished(decoder, value);
}

void encode(const LogEvent& event, std::string& row) {
  Encoder(row)
      .integer(event.accepted_at.time_since_epoch().count() ^ kWithBytesBefore)
      .integer(event.bytes_before)
      .rest(event.payload);
}

std::optional<LogEvent> decode_log_event(std::string_view row) {
  Decoder decoder(row);
  LogEvent event;
  auto time = decoder.integer<std::int64_t>();
  event.counted = (((time >> 1) ^ time) & kWithBytesBefore) != 0;
  if (event.counted) {
    time ^= kWithBytesBefore;
    event.bytes_before = decoder.integer<std::uint64_t>();
  }
  event.accepted_at = TimePoint(Duration(time));
  event.payload = decoder.rest();
  return if_finished(decoder, event);
}

void encode(const LogBounds& bounds, std::string& row) {
  Encoder(row).integer(bounds.horizon).integer(bounds.head).time(bounds.newest).integer(bounds.bytes_before);
}

std::optional<LogBounds> decode_log_bounds(std::string_view row) {
  Decoder decoder(row);
  LogBounds bounds;
  bounds.horizon = decoder.integer<std::uint64_t>();
  bounds.head = decoder.integer<std::uint64_t>();
  bounds.newest = decoder.time();
  if (!decoder.finished()) bounds.bytes_before = decoder.integer<std::uint64_t>();
  return if_finished(decoder, bounds);
}

}  // namespace eventbus::rows
