#pragma once

// Key grammar of the data directory, format version 2. Integers are big-endian, 8 bytes, so that byte order is numeric
// order; times are milliseconds since 1970 with the sign bit flipped, for the same reason.
//
//   meta           'f'                        → format version (row_codec.h has the values)
//                  'b'                        → number of the newest batch written
//                  's'                        → floor of message sequences: all stored ones are below it
//                  'i'                        → floor of queue ids: all ids given out are below it
//                  'r'                        → newest catalog revision
//                  'q' queue                  → traits of the queue
//   catalog        the Catalog's key itself   → revision, value
//   message_head   queue sequence             → what changes about a message, and what the index needs
//   message_body   queue sequence             → what never changes: ids, attributes, body
//   deduplication  accepted_at sequence       → queue, scope, deduplication id, message id
//   log            'e' log sequence           → an event
//                  'h' log                    → horizon, head and newest time when the horizon last moved
//                  't' log second             → the first sequence accepted in or after that second
//
// Message sequences are unique in the whole data directory, not only in their queue.

#include "base/clock.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus::keys {

// Version 1, which is read as well, differs in the rows of logs (row_codec.h).
inline constexpr std::uint32_t kFormatVersion = 2, kOldestFormatVersion = 1;

inline constexpr std::string_view kFormat = "f";
inline constexpr std::string_view kBatchNumber = "b";
inline constexpr std::string_view kSequenceFloor = "s";
inline constexpr std::string_view kQueueIdFloor = "i";
inline constexpr std::string_view kCatalogRevision = "r";

std::string queue(std::uint64_t queue);                             // column meta
std::string message(std::uint64_t queue, std::uint64_t sequence);   // columns message_head and message_body
std::string deduplication(TimePoint when, std::uint64_t sequence);  // column deduplication
std::string log_entry(std::uint64_t log, std::uint64_t sequence);   // column log …
std::string log_bounds(std::uint64_t log);
std::string log_second(std::uint64_t log, std::int64_t second);

struct MessageKeyParts {
  std::uint64_t queue = 0, sequence = 0;
  friend bool operator==(const MessageKeyParts&, const MessageKeyParts&) = default;
};
struct DeduplicationKeyParts {
  TimePoint when;
  std::uint64_t sequence = 0;
  friend bool operator==(const DeduplicationKeyParts&, const DeduplicationKeyParts&) = default;
};
struct LogEntryKeyParts {
  std::uint64_t log = 0, sequence = 0;
  friend bool operator==(const LogEntryKeyParts&, const LogEntryKeyParts&) = default;
};
struct LogSecondKeyParts {
  std::uint64_t log = 0;
  std::int64_t second = 0;
  friend bool operator==(const LogSecondKeyParts&, const LogSecondKeyParts&) = default;
};

// nullopt for anything the encoders do not produce.
std::optional<std::uint64_t> decode_queue(std::string_view key);
std::optional<MessageKeyParts> decode_message(std::string_view key);
std::optional<DeduplicationKeyParts> decode_deduplication(std::string_view key);
std::optional<LogEntryKeyParts> decode_log_entry(std::string_view key);
std::optional<std::uint64_t> decode_log_bounds(std::string_view key);
std::optional<LogSecondKeyParts> decode_log_second(std::string_view key);

// The smallest string greater than all that start with `prefix`; empty when there is none (all 0xff).
std::string after_prefix(std::string_view prefix);

}  // namespace eventbus::keys
