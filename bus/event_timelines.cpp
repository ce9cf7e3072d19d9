#include "bus/event_timelines.h"

#include <algorithm>
#include <utility>

namespace eventbus {

std::string EventTimelines::key_of(const Scope& scope, std::string_view bus, std::string_view event_id,
                                   TimePoint accepted_at) {
  std::string key = scope.account + "/" + scope.region + "/";
  key += event_id;
  key += "/" + std::to_string(accepted_at.time_since_epoch().count()) + "/";
  key += bus;
  return key;
}

EventTimeline* EventTimelines::find(const std::string& key) {
  const auto number = numbers_.find(key);
  if (number == numbers_.end()) return nullptr;
  std::optional<EventTimeline>& timeline = kept_[number->second - first_].timeline;
  return timeline ? &*timeline : nullptr;
}

EventTimeline& EventTimelines::add(const std::string& key, const BusLog::Arrival& arrival, TimePoint now) {
  // The same event may come over two rules of another bus.
  if (EventTimeline* const known = find(key)) return *known;
  const Event& event = arrival.event;
  while (!kept_.empty() && (kept_.size() >= events_max_ || bytes_ + event.json.size() > bytes_max_)) forget_oldest();
  EventTimeline timeline;
  timeline.scope = arrival.scope;
  timeline.bus = arrival.bus;
  timeline.event_id = event.id;
  timeline.forwarded = arrival.forwarded;
  timeline.received_at = now;
  std::string json = event.json;
  make_readable_behind(json);
  timeline.event = std::make_shared<const std::string>(std::move(json));
  bytes_ += event.json.size();
  numbers_[key] = first_ + kept_.size();
  kept_.push_back({key, std::move(timeline)});
  return *kept_.back().timeline;
}

void EventTimelines::forget_oldest() {
  const Kept& oldest = kept_.front();
  if (oldest.timeline) {
    bytes_ -= oldest.timeline->event->size();
    numbers_.erase(oldest.key);
  }
  kept_.pop_front();
  ++first_;
}

void EventTimelines::tell() const {
  for (const auto& [id, changed] : listeners_) changed();
}

void EventTimelines::arrived(const BusLog::Arrival& arrival, const std::vector<BusLog::Match>& matches, TimePoint now) {
  const std::string key = key_of(arrival.scope, arrival.bus, arrival.event.id, arrival.event.accepted_at);
  std::lock_guard lock(mutex_);
  EventTimeline& timeline = add(key, arrival, now);
  for (const BusLog::Match& match : matches) {
    timeline.rules.push_back(match.rule_arn);
    for (std::size_t i = 0; i < match.target_arns.size(); ++i) {
      EventTimeline::Delivery delivery;
      delivery.invocation_id = match.invocation_ids[i];
      delivery.rule_arn = match.rule_arn;
      delivery.target_arn = match.target_arns[i];
      timeline.deliveries.push_back(std::move(delivery));
    }
  }
  const auto [begin, end] = early_.equal_range(key);
  for (auto step = begin; step != end; ++step) apply(timeline, step->second);
  early_.erase(begin, end);
  tell();
}

void EventTimelines::apply(EventTimeline& timeline, const Step& step) {
  auto delivery = std::ranges::find(timeline.deliveries, step.invocation_id, &EventTimeline::Delivery::invocation_id);
  if (delivery == timeline.deliveries.end()) {
    EventTimeline::Delivery unknown;
    unknown.invocation_id = step.invocation_id;
    unknown.rule_arn = step.rule_arn;
    unknown.target_arn = step.target_arn;
    delivery = timeline.deliveries.insert(timeline.deliveries.end(), std::move(unknown));
  }
  if (step.dead_letter_arn) delivery->dead_letter_arn = step.dead_letter_arn;
  step.take(*delivery);
}

void EventTimelines::keep_for_later(const std::string& key, Step step) {
  if (early_order_.size() >= kEarlyMax) {
    early_.erase(early_order_.front());
    early_order_.pop_front();
  }
  early_.emplace(key, std::move(step));
  early_order_.push_back(key);
}

void EventTimelines::take_step(const BusLog::Invocation& invocation,
                               std::function<void(EventTimeline::Delivery&)> take) {
  const Delivery& delivery = invocation.delivery;
  const std::string key =
      key_of(invocation.target.bus_scope, invocation.target.bus, delivery.event_id, delivery.accepted_at);
  Step step{std::string(invocation.id), delivery.rule_arn, delivery.target_arn, delivery.dead_letter_arn,
            std::move(take)};
  std::lock_guard lock(mutex_);
  if (EventTimeline* const timeline = find(key)) {
    apply(*timeline, step);
    tell();
  } else {
    keep_for_later(key, std::move(step));
  }
}

void EventTimelines::attempt_ended(const BusLog::Invocation& invocation, const AttemptOutcome& outcome, TimePoint now) {
  EventTimeline::Attempt attempt{invocation.attempt, now, outcome.kind, {}, {}, outcome.http_status};
  if (outcome.kind != AttemptOutcome::kDelivered) {
    attempt.code = outcome.failure.code;
    attempt.message = outcome.failure.message;
  }
  take_step(invocation, [attempt = std::move(attempt)](EventTimeline::Delivery& delivery) {
    ++delivery.attempts_made;
    if (delivery.attempts.size() >= kAttemptsKept) delivery.attempts.erase(delivery.attempts.begin());
    delivery.attempts.push_back(attempt);
  });
}

void EventTimelines::succeeded(const BusLog::Invocation& invocation, TimePoint now) {
  take_step(invocation, [now](EventTimeline::Delivery& delivery) {
    delivery.state = EventTimeline::Delivery::kDelivered;
    delivery.ended_at = now;
  });
}

void EventTimelines::failed(const BusLog::Invocation& invocation, const DeliveryFailure& failure, bool dead_letter_kept,
                            TimePoint now) {
  take_step(invocation, [now, code = std::string(failure.code), message = failure.message,
                         dead_letter_kept](EventTimeline::Delivery& delivery) {
    delivery.state = EventTimeline::Delivery::kFailed;
    delivery.ended_at = now;
    delivery.code = code;
    delivery.message = message;
    delivery.dead_letter_kept = dead_letter_kept;
  });
}

EventTimelines::Bounds EventTimelines::bounds() const {
  std::lock_guard lock(mutex_);
  return {first_, first_ + kept_.size() - 1};
}

void EventTimelines::visit(std::uint64_t from,
                           const std::function<void(std::uint64_t, const EventTimeline&)>& visit) const {
  std::lock_guard lock(mutex_);
  for (std::uint64_t number = std::max(from, first_); number < first_ + kept_.size(); ++number)
    if (const auto& timeline = kept_[number - first_].timeline) visit(number, *timeline);
}

void EventTimelines::look_at(std::uint64_t number, const std::function<void(const EventTimeline&)>& look) const {
  std::lock_guard lock(mutex_);
  if (number < first_ || number >= first_ + kept_.size()) return;
  if (const auto& timeline = kept_[number - first_].timeline) look(*timeline);
}

std::size_t EventTimelines::forget(const ResetScope& scope) {
  std::lock_guard lock(mutex_);
  std::size_t forgotten = 0;
  for (Kept& kept : kept_) {
    if (!kept.timeline || !scope.covers(kept.timeline->scope)) continue;
    bytes_ -= kept.timeline->event->size();
    numbers_.erase(kept.key);
    kept.timeline.reset();
    ++forgotten;
  }
  return forgotten;
}

EventTimelines::Listener::Listener(EventTimelines& timelines, std::function<void()> changed) : timelines_(timelines) {
  std::lock_guard lock(timelines_.mutex_);
  id_ = ++timelines_.last_listener_;
  timelines_.listeners_.emplace(id_, std::move(changed));
}

EventTimelines::Listener::~Listener() {
  std::lock_guard lock(timelines_.mutex_);
  timelines_.listeners_.erase(id_);
}

}  // namespace eventbus
