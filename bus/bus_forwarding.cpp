#include "bus/bus_forwarding.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace eventbus {

namespace {

// AWS's words (behaviour §12).
constexpr std::string_view kSecondHopWithinRegion = "THIRD_ACCOUNT_HOP_DETECTED",
                           kSecondHopBetweenRegions = "THIRD_REGION_HOP_DETECTED";

DeliveryFailure second_hop_within_region(const Event& event) {
  return {kSecondHopWithinRegion,
          "Event ingestion rejected for event " + event.id +
              " because an event can be sent to an event bus target only once. This event was previously delivered to "
              "an event bus target."};
}

DeliveryFailure second_hop_between_regions() { return {kSecondHopBetweenRegions, "Unknown exception."}; }

// Replaces the text between the first `before` and the next quote. Inside a JSON string every quote has a backslash
// before it, so that `,"time":"` can stand in no value that comes before the member.
void replace_text_member(std::string& envelope, std::string_view before, std::string_view value) {
  const std::size_t begin = envelope.find(before);
  if (begin == std::string::npos) return;
  const std::size_t value_begin = begin + before.size();
  const std::size_t end = envelope.find('"', value_begin);
  if (end == std::string::npos) return;
  envelope.replace(value_begin, end - value_begin, value);
}

}  // namespace

Result<Event, DeliveryFailure> forwarded_event(const Event& event, const Scope& from, const Scope& to, TimePoint now,
                                               Rng& rng) {
  const bool within_region = from.region == to.region;
  if (within_region && event.hops.within_region) return second_hop_within_region(event);
  if (!within_region && event.hops.between_regions) return second_hop_between_regions();

  Event forwarded = event;
  forwarded.accepted_at = now;
  (within_region ? forwarded.hops.within_region : forwarded.hops.between_regions) = true;
  if (!within_region) {
    forwarded.id = rng.uuid();
    forwarded.time = std::chrono::floor<std::chrono::seconds>(now);
    replace_text_member(forwarded.json, ",\"id\":\"", forwarded.id);
    replace_text_member(forwarded.json, ",\"time\":\"", format_iso_seconds(forwarded.time));
  }
  make_readable_behind(forwarded.json);
  return forwarded;
}

bool is_hop_limit(const DeliveryFailure& failure) {
  return failure.code == kSecondHopWithinRegion || failure.code == kSecondHopBetweenRegions;
}

DeliveryFailure no_cross_account_permissions() {
  return {"NO_PERMISSIONS", "Lack of permissions to invoke cross account target."};
}

}  // namespace eventbus
