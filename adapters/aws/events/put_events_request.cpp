#include "adapters/aws/events/put_events_request.h"

#include "bus/arn.h"
#include "bus/json_text.h"
#include "bus/text_length.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace eventbus::aws {

namespace {

constexpr std::size_t kTimeBytes = 14;
constexpr std::size_t kTraceHeaderMax = 500;
constexpr std::size_t kBusNameMax = 1'600;
constexpr std::size_t kResourceMax = 2'048;
// Far beyond any calendar, and still milliseconds of a TimePoint.
constexpr double kSecondsMax = 1e13;

std::string_view name_of(JsonKind kind) {
  switch (kind) {
    case JsonKind::kObject:
      return "START_OBJECT";
    case JsonKind::kArray:
      return "START_ARRAY";
    case JsonKind::kString:
      return "STRING_VALUE";
    case JsonKind::kNumber:
      return "NUMBER_VALUE";
    case JsonKind::kBoolean:
      return "BOOLEAN_VALUE";
    case JsonKind::kNull:
      return "NULL_VALUE";
  }
  return "VALUE";
}

// Reads the members one after another and remembers the first thing that was wrong.
class Decoder {
 public:
  explicit Decoder(std::string_view body) : cursor_(body), body_size_(body.size()) {}

  AwsResult<PutEventsRequest> decode() {
    PutEventsRequest request;
    // No text grows when its escapes are resolved.
    request.texts = std::make_unique_for_overwrite<char[]>(body_size_ + JsonCursor::kRoomBehind);
    texts_end_ = request.texts.get();
    if (cursor_.peek() != '{') {
      const bool json = cursor_.value() && cursor_.at_end();
      return json ? serialization("The request body must be a JSON object.") : malformed();
    }
    object([&](std::string_view name) {
      if (name == "Entries") return entries(request.entries);
      if (name == "EndpointId") return text(request.endpoint_id);
      return skip();
    });
    if (!wrong_ && !cursor_.at_end()) wrong_ = malformed();
    if (wrong_) return std::move(*wrong_);
    return request;
  }

 private:
  AwsError malformed() const {
    return serialization("The request body is not valid JSON at byte " + std::to_string(cursor_.offset()) + ".");
  }

  void fail_syntax() {
    if (!wrong_) wrong_ = malformed();
  }

  void fail_type(std::string_view wanted) {
    JsonCursor there = cursor_;
    const char first = there.peek();
    if (!there.value()) return fail_syntax();
    std::string message(name_of(json_kind(std::string_view(&first, 1))));
    message += " can not be converted to ";
    message += wanted;
    if (!wrong_) wrong_ = serialization(std::move(message));
  }

  // Calls `member(name)`, which reads the value, until the object ends or something is wrong. A null counts as absent.
  template <typename Member>
  void object(Member member) {
    if (cursor_.peek() != '{') return fail_type("an Object");
    cursor_.take('{');
    if (cursor_.take('}')) return;
    do {
      const std::optional<std::string_view> name = cursor_.string();
      if (!name || !cursor_.take(':')) return fail_syntax();
      if (cursor_.peek() == 'n') {
        skip();
      } else if (name->find('\\') != std::string_view::npos) {
        member(std::string_view(unescaped(*name)));
      } else {
        member(*name);
      }
      if (wrong_) return;
    } while (cursor_.take(','));
    if (!cursor_.take('}')) fail_syntax();
  }

  template <typename Element>
  void array(Element element) {
    if (cursor_.peek() != '[') return fail_type("a List");
    cursor_.take('[');
    if (cursor_.take(']')) return;
    do {
      element();
      if (wrong_) return;
    } while (cursor_.take(','));
    if (!cursor_.take(']')) fail_syntax();
  }

  void skip() {
    if (!cursor_.value()) fail_syntax();
  }

  void text(std::optional<std::string_view>& into) {
    if (cursor_.peek() != '"') return fail_type("a String");
    into = cursor_.unescaped_string(texts_end_);
    if (!into) return fail_syntax();
    texts_end_ += into->size();
  }

  void time(std::optional<std::int64_t>& into) {
    const char first = cursor_.peek();
    if (first != '-' && (first < '0' || first > '9')) return fail_type("a Timestamp");
    const std::optional<std::string_view> number = cursor_.value();
    if (!number) return fail_syntax();
    double seconds = 0;
    const auto [end, failure] = std::from_chars(number->data(), number->data() + number->size(), seconds);
    if (failure != std::errc() || std::abs(seconds) > kSecondsMax) {
      if (!wrong_) wrong_ = serialization("The Time " + std::string(*number) + " is out of range.");
      return;
    }
    into = static_cast<std::int64_t>(std::floor(seconds)) * 1'000;
  }

  void entries(std::optional<std::vector<PutEventsEntry>>& into) {
    into.emplace();
    array([&] {
      PutEventsEntry& entry = into->emplace_back();
      object([&](std::string_view name) {
        if (name == "Source") return text(entry.source);
        if (name == "DetailType") return text(entry.detail_type);
        if (name == "Detail") return text(entry.detail);
        if (name == "EventBusName") return text(entry.event_bus_name);
        if (name == "Time") return time(entry.time_milliseconds);
        if (name == "Resources") return resources(entry.resources);
        if (name == "TraceHeader") return text(entry.trace_header);
        skip();
      });
    });
  }

  void resources(std::optional<std::vector<std::string_view>>& into) {
    into.emplace();
    array([&] {
      std::optional<std::string_view> resource;
      text(resource);
      if (resource) into->push_back(*resource);
    });
  }

  JsonCursor cursor_;
  const std::size_t body_size_;
  char* texts_end_ = nullptr;
  std::optional<AwsError> wrong_;
};

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

// us-east-1, ap-southeast-2
bool is_region(std::string_view text) {
  for (int words = 0; words < 2; ++words) {
    const std::size_t dash = text.find('-');
    if (dash == 0 || dash == std::string_view::npos || !std::ranges::all_of(text.substr(0, dash), is_letter))
      return false;
    text.remove_prefix(dash + 1);
  }
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

bool outside(std::string_view text, std::size_t least, std::size_t most) {
  const std::size_t length = utf16_length(text);
  return length < least || length > most;
}

// Whether it is the name of a bus or plainly the ARN of one: what the model's pattern also admits is left to the model.
//   (arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[\.\-_A-Za-z0-9]+
bool is_bus_name_or_arn(std::string_view text) {
  if (!text.starts_with("arn:")) return is_name(text);
  const std::optional<Arn> arn = Arn::parse(text);
  return arn && arn->partition == "aws" && arn->service == "events" && is_region(arn->region) &&
         arn->account.size() == 12 && std::ranges::all_of(arn->account, is_digit) &&
         arn->resource.starts_with("event-bus/") && is_name(std::string_view(arn->resource).substr(10));
}

bool is_suspect(const PutEventsEntry& entry) {
  if (entry.trace_header && outside(*entry.trace_header, 1, kTraceHeaderMax)) return true;
  if (entry.event_bus_name &&
      (outside(*entry.event_bus_name, 1, kBusNameMax) || !is_bus_name_or_arn(*entry.event_bus_name)))
    return true;
  return entry.resources && std::ranges::any_of(*entry.resources, [](std::string_view resource) {
           return outside(resource, 0, kResourceMax);
         });
}

}  // namespace

AwsResult<PutEventsRequest> decode_put_events(std::string_view body) {
  if (!simdjson::validate_utf8(body.data(), body.size()))
    return serialization("The request body is not valid JSON: it is not UTF-8.");
  if (body.empty()) return PutEventsRequest();
  return Decoder(body).decode();
}

bool may_break_constraints(const PutEventsRequest& request, std::size_t entries_max) {
  if (!request.entries || request.entries->empty() || request.entries->size() > entries_max) return true;
  return request.endpoint_id || std::ranges::any_of(*request.entries, is_suspect);
}

std::size_t entry_size(const PutEventsEntry& entry) {
  const auto size = [](const std::optional<std::string_view>& text) { return text ? text->size() : 0; };
  std::size_t bytes =
      (entry.time_milliseconds ? kTimeBytes : 0) + size(entry.source) + size(entry.detail_type) + size(entry.detail);
  if (entry.resources)
    for (const std::string_view resource : *entry.resources) bytes += resource.size();
  return bytes;
}

}  // namespace eventbus::aws
