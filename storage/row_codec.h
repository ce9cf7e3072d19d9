#pragma once

// Values of the rows of key_codec.h. Fixed integers are little-endian, 4 or 8 bytes; `bytes` is a 4-byte length and
// that many bytes; `rest` runs to the end of the value.
//
//   a number       u64
//   traits         fifo:u8 deduplicate_per_group:u8 retention:i64
//   catalog        revision:u64 value:rest
//   message_head   sent_at:i64 visible_at:i64 first_leased_at:i64 attempt:u32 bytes:u32 group:rest   (of FIFO queues)
//   message_body   id:bytes group:bytes deduplication_id:bytes attributes:bytes body:rest
//   deduplication  queue:u64 scope:bytes deduplication_id:bytes message_id:rest
//   log event      accepted_at:i64 bytes_before:u64 payload:rest
//   log bounds     horizon:u64 head:u64 newest:i64 bytes_before:u64
//
// `accepted_at` of a log event has bit 62 flipped. Version 1 of the format did not know `bytes_before`: rows of log
// events where bit 62 equals bit 63, and bounds that end before it, are such, and are read as 0.
//
// Decoders return nullopt for what the encoders cannot have written: a corrupt file.

#include "base/clock.h"
#include "storage/queue_store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus::rows {

std::string number(std::uint64_t value);
std::optional<std::uint64_t> decode_number(std::string_view row);

std::string traits(const QueueTraits& traits);
std::optional<QueueTraits> decode_traits(std::string_view row);

// Encoders with a `row` parameter replace its content: the writer's loop uses one buffer for all.
struct Catalog {
  std::uint64_t revision = 0;
  std::string_view value;
};
void encode(const Catalog& catalog, std::string& row);
std::optional<Catalog> decode_catalog(std::string_view row);

struct MessageHead {
  TimePoint sent_at, visible_at, first_leased_at;
  std::uint32_t attempt = 0;
  std::uint32_t bytes = 0;
  std::string_view group;
};
void encode(const MessageHead& head, std::string& row);
std::optional<MessageHead> decode_head(std::string_view row);

struct MessageBody {
  std::string_view id, group, deduplication_id, attributes, body;
};
void encode(const MessageBody& body, std::string& row);
std::optional<MessageBody> decode_body(std::string_view row);

struct Deduplication {
  QueueId queue = 0;
  std::string_view scope, deduplication_id, message_id;
};
void encode(const Deduplication& row_value, std::string& row);
std::optional<Deduplication> decode_deduplication(std::string_view row);

struct LogEvent {
  TimePoint accepted_at;
  std::string_view payload;
  std::uint64_t bytes_before = 0;
  bool counted = true;  // false: a row of version 1
};
void encode(const LogEvent& event, std::string& row);
std::optional<LogEvent> decode_log_event(std::string_view row);

struct LogBounds {
  std::uint64_t horizon = 1, head = 0;
  TimePoint newest;
  std::uint64_t bytes_before = 0;
};
void encode(const LogBounds& bounds, std::string& row);
std::optional<LogBounds> decode_log_bounds(std::string_view row);

}  // namespace eventbus::rows
