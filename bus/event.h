#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/hops.h"
#include "bus/scope.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// An accepted event: what a PutEvents entry became. `json` is the envelope as targets receive it, compact, in AWS's
// field order, with the bytes of `detail` as the client sent them less white space; behind it stand 64 readable bytes.
struct Event {
  std::string id;
  std::string source, detail_type;
  Scope origin;              // the envelope's account and region
  TimePoint time;            // the envelope's `time`, whole seconds
  TimePoint accepted_at;     // retries and retention count from here
  std::string trace_header;  // X-Ray header that travels beside the event; empty = none
  Hops hops;                 // how it came to its bus; of what PutEvents brings, none
  std::string json;
};

// AWS: JSON nests up to 1,000 levels (PutEvents); the envelope around the detail is one of them.
inline constexpr std::size_t kDetailDepthMax = 999;

// The envelope of behaviour §5 around `detail`, from the other members of `event`: what goes into `Event::json`. The
// detail must be a JSON object (valid UTF-8; surrounding white space is dropped), else nullopt. Moving the string keeps
// its readable bytes, copying it may not.
std::optional<std::string> make_envelope(const Event& event, std::span<const std::string_view> resources,
                                         std::string_view detail);

// Gives a copy of `Event::json` the readable bytes that copying loses.
void make_readable_behind(std::string& json);

// The event of an envelope that make_envelope made, from its text alone; its hops, trace header and acceptance are not
// in it. kInternal when the text is no such envelope.
Result<Event> event_of_envelope(std::string json);

// The event that a replay makes of an archived envelope: another id and `replay-name` in AWS's place (before
// `resources`), every other byte as it was archived. It begins anew: without hops and trace header, accepted now
// (behaviour §12, §14, §16). kInternal when the text is no envelope.
Result<Event> replayed_event(std::string_view archived, std::string id, std::string_view replay, TimePoint now);

}  // namespace eventbus
