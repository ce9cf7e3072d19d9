#include "daemon/timeline_json.h"

#include <boost/json/array.hpp>

#include <string_view>
#include <utility>

namespace eventbus {
namespace {

namespace json = boost::json;

std::string_view name_of(AttemptOutcome::Kind outcome) {
  switch (outcome) {
    case AttemptOutcome::kDelivered:
      return "delivered";
    case AttemptOutcome::kRetry:
      return "retry";
    case AttemptOutcome::kFailed:
      return "failed";
  }
  return "";
}

std::string_view name_of(EventTimeline::Delivery::State state) {
  switch (state) {
    case EventTimeline::Delivery::kWaiting:
      return "waiting";
    case EventTimeline::Delivery::kDelivered:
      return "delivered";
    case EventTimeline::Delivery::kFailed:
      return "failed";
  }
  return "";
}

json::object attempt_json(const EventTimeline::Attempt& attempt) {
  json::object described = {{"number", attempt.number},
                            {"ended_at", format_iso_milliseconds(attempt.ended_at)},
                            {"outcome", name_of(attempt.outcome)}};
  if (!attempt.code.empty()) described["code"] = attempt.code;
  if (!attempt.message.empty()) described["message"] = attempt.message;
  if (attempt.http_status) described["http_status"] = *attempt.http_status;
  return described;
}

json::object delivery_json(const EventTimeline::Delivery& delivery) {
  json::object described = {{"rule", delivery.rule_arn},
                            {"target", delivery.target_arn},
                            {"state", name_of(delivery.state)},
                            {"attempts_made", delivery.attempts_made}};
  json::array attempts;
  for (const EventTimeline::Attempt& attempt : delivery.attempts) attempts.push_back(attempt_json(attempt));
  described["attempts"] = std::move(attempts);
  if (delivery.ended_at) described["ended_at"] = format_iso_milliseconds(*delivery.ended_at);
  if (delivery.state == EventTimeline::Delivery::kFailed) {
    described["code"] = delivery.code;
    described["message"] = delivery.message;
    if (delivery.dead_letter_arn)
      described["dead_letter"] = {{"queue", *delivery.dead_letter_arn}, {"kept", delivery.dead_letter_kept}};
  }
  return described;
}

}  // namespace

json::object timeline_json(const EventTimeline& timeline) {
  json::object described = {
      {"event_id", timeline.event_id},   {"account", timeline.scope.account},
      {"region", timeline.scope.region}, {"bus", timeline.bus},
      {"forwarded", timeline.forwarded}, {"received_at", format_iso_milliseconds(timeline.received_at)}};
  json::array rules;
  for (const std::string& rule : timeline.rules) rules.emplace_back(rule);
  described["rules"] = std::move(rules);
  json::array deliveries;
  for (const EventTimeline::Delivery& delivery : timeline.deliveries) deliveries.push_back(delivery_json(delivery));
  described["deliveries"] = std::move(deliveries);
  return described;
}

}  // namespace eventbus
