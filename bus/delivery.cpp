// A delivery as bytes, in the body of a lane's message:
//
//   delivery = %x01 *field            ; the format's version, then fields in any order
//   field    = tag length *OCTET      ; `length` octets of content
//   tag      = OCTET                  ; see Tag; each at most once
//   length   = varint                 ; base 128, low group first, high bit = more follows
//
// Texts are UTF-8 as they are; times are varints of milliseconds since 1970; hops is a byte of bits. A field that
// is empty is left out. A reader skips tags it does not know, so that later versions may add fields and be read by
// earlier ones.

#include "bus/delivery.h"

#include "bus/varint.h"

#include <cstdint>

namespace eventbus {

namespace {

constexpr char kVersion = 1;

enum Tag : char {
  kEventId = 1,
  kRuleArn = 2,
  kTargetId = 3,
  kTargetArn = 4,
  kDeadLetterArn = 5,
  kAcceptedAt = 6,
  kTraceHeader = 7,
  kInput = 8,
  kEvent = 9,
  kHops = 10,
  kScheduledAt = 11,
  kMessageGroup = 12,
};

constexpr unsigned char kHopWithinRegion = 1, kHopBetweenRegions = 2;

void append_field(std::string& out, Tag tag, std::string_view content) {
  if (content.empty()) return;
  out += tag;
  append_varint(out, content.size());
  out += content;
}

char hop_bits(const Hops& hops) {
  return static_cast<char>((hops.within_region ? kHopWithinRegion : 0) |
                           (hops.between_regions ? kHopBetweenRegions : 0));
}

Hops decode_hops(std::string_view content) {
  const auto bits = content.empty() ? 0 : static_cast<unsigned char>(content.front());
  return {(bits & kHopWithinRegion) != 0, (bits & kHopBetweenRegions) != 0};
}

std::string encode_time(TimePoint time) {
  std::string text;
  append_varint(text, static_cast<std::uint64_t>(time.time_since_epoch().count()));
  return text;
}

std::optional<TimePoint> decode_time(std::string_view content) {
  const std::optional<std::uint64_t> time = take_varint(content);
  if (!time) return std::nullopt;
  return TimePoint(Duration(static_cast<std::int64_t>(*time)));
}

Error broken() { return internal("A stored delivery cannot be read: its bytes are damaged."); }

}  // namespace

std::string Delivery::encode() const {
  std::string out;
  out.reserve(128 + event_id.size() + rule_arn.size() + target_id.size() + target_arn.size() + trace_header.size() +
              input.size() + event.size() + message_group.size());
  out += kVersion;
  append_field(out, kEventId, event_id);
  append_field(out, kRuleArn, rule_arn);
  append_field(out, kTargetId, target_id);
  append_field(out, kTargetArn, target_arn);
  if (dead_letter_arn) append_field(out, kDeadLetterArn, *dead_letter_arn);
  append_field(out, kAcceptedAt, encode_time(accepted_at));
  append_field(out, kTraceHeader, trace_header);
  append_field(out, kInput, input);
  append_field(out, kEvent, event);
  if (hops != Hops{}) append_field(out, kHops, std::string(1, hop_bits(hops)));
  if (scheduled_at) append_field(out, kScheduledAt, encode_time(*scheduled_at));
  append_field(out, kMessageGroup, message_group);
  return out;
}

Result<Delivery> Delivery::decode(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kVersion) return broken();
  bytes.remove_prefix(1);
  Delivery delivery;
  while (!bytes.empty()) {
    const char tag = bytes.front();
    bytes.remove_prefix(1);
    const std::optional<std::uint64_t> length = take_varint(bytes);
    if (!length || *length > bytes.size()) return broken();
    std::string_view content = bytes.substr(0, *length);
    bytes.remove_prefix(*length);
    switch (tag) {
      case kEventId:
        delivery.event_id = content;
        break;
      case kRuleArn:
        delivery.rule_arn = content;
        break;
      case kTargetId:
        delivery.target_id = content;
        break;
      case kTargetArn:
        delivery.target_arn = content;
        break;
      case kDeadLetterArn:
        delivery.dead_letter_arn = content;
        break;
      case kAcceptedAt: {
        const std::optional<TimePoint> time = decode_time(content);
        if (!time) return broken();
        delivery.accepted_at = *time;
        break;
      }
      case kScheduledAt:
        delivery.scheduled_at = decode_time(content);
        if (!delivery.scheduled_at) return broken();
        break;
      case kMessageGroup:
        delivery.message_group = content;
        break;
      case kTraceHeader:
        delivery.trace_header = content;
        break;
      case kInput:
        delivery.input = content;
        break;
      case kEvent:
        delivery.event = content;
        break;
      case kHops:
        delivery.hops = decode_hops(content);
        break;
      default:
        break;  // written by a later version
    }
  }
  return delivery;
}

}  // namespace eventbus
