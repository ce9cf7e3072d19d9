#include "bus/message_attributes.h"

#include <cstddef>
#include <cstdint>

// Stored form: one version byte (1), then fields in any order, each
//   tag byte · content
// where a text is its length as LEB128 followed by its bytes:
//   1 sender_id: text          2 trace_header: text      3 message_group_id: text
//   4 dead_letter_source_arn   5 extra_deduplication_id  6 user attribute: name, type, value (three texts)
// An empty field is left out, so a plain message costs a few bytes. Reading stops at what it does not understand: a
// newer version's fields come last.

namespace eventbus {
namespace {

constexpr char kVersion = 1;
enum Tag : char { kSender = 1, kTrace = 2, kGroup = 3, kDeadLetterSource = 4, kDeduplication = 5, kUser = 6 };

void append_text(std::string& out, std::string_view text) {
  std::size_t rest = text.size();
  while (rest >= 0x80) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(rest | 0x80)));
    rest >>= 7;
  }
  out.push_back(static_cast<char>(rest));
  out.append(text);
}

void append_field(std::string& out, Tag tag, std::string_view text) {
  if (text.empty()) return;
  out.push_back(tag);
  append_text(out, text);
}

// Reads texts off the front of what is stored; after a truncated one everything else is refused.
class Reader {
 public:
  explicit Reader(std::string_view stored) : rest_(stored) {}

  bool done() const { return rest_.empty(); }
  bool failed() const { return failed_; }

  char byte() {
    if (rest_.empty()) return failed_ = true, '\0';
    const char value = rest_.front();
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view text() {
    std::size_t length = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto value = static_cast<unsigned char>(byte());
      if (failed_ || shift > 28) return failed_ = true, std::string_view();
      length |= static_cast<std::size_t>(value & 0x7F) << shift;
      if ((value & 0x80) == 0) break;
    }
    if (length > rest_.size()) return failed_ = true, std::string_view();
    const std::string_view text = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return text;
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::string MessageAttributes::encode() const {
  std::string out;
  out.reserve(32 + sender_id.size());
  out.push_back(kVersion);
  append_field(out, kSender, sender_id);
  append_field(out, kTrace, trace_header);
  append_field(out, kGroup, message_group_id);
  append_field(out, kDeadLetterSource, dead_letter_source_arn);
  append_field(out, kDeduplication, extra_deduplication_id);
  for (const auto& [name, attribute] : user) {
    out.push_back(kUser);
    append_text(out, name);
    append_text(out, attribute.type);
    append_text(out, attribute.value);
  }
  return out;
}

MessageAttributes MessageAttributes::decode(std::string_view stored) {
  MessageAttributes attributes;
  Reader reader(stored);
  if (reader.done() || reader.byte() != kVersion) return attributes;
  while (!reader.done() && !reader.failed()) {
    switch (reader.byte()) {
      case kSender:
        attributes.sender_id = reader.text();
        break;
      case kTrace:
        attributes.trace_header = reader.text();
        break;
      case kGroup:
        attributes.message_group_id = reader.text();
        break;
      case kDeadLetterSource:
        attributes.dead_letter_source_arn = reader.text();
        break;
      case kDeduplication:
        attributes.extra_deduplication_id = reader.text();
        break;
      case kUser: {
        const std::string_view name = reader.text(), type = reader.text(), value = reader.text();
        if (!reader.failed()) attributes.user.emplace(name, Value{std::string(type), std::string(value)});
        break;
      }
      default:
        return attributes;
    }
  }
  return attributes;
}

}  // namespace eventbus
