#include "bus/rule_scheduler.h"

#include "base/lenient_sleep.h"
#include "base/log_value.h"
#include "bus/cron_calendar.h"
#include "bus/default_bus.h"
#include "bus/schedule_expression.h"

#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <array>
#include <utility>

namespace eventbus {

namespace {

constexpr Duration kWindow = std::chrono::minutes(1), kLeniency = std::chrono::hours(1);
constexpr Duration kTryAgainAfter = std::chrono::seconds(2);

// The first occurrence from `from` on.
std::optional<TimePoint> first_due(const ScheduledRule& scheduled, TimePoint from) {
  const auto expression = ScheduleExpression::parse(scheduled.expression);
  if (!expression) return std::nullopt;
  if (const ScheduleExpression::Rate* rate = expression->rate()) {
    // AWS: the first comes one whole interval after the rule was made.
    auto passed = std::max<Duration::rep>((from - scheduled.scheduled_from) / rate->interval, 1);
    if (scheduled.scheduled_from + passed * rate->interval < from) ++passed;
    return scheduled.scheduled_from + passed * rate->interval;
  }
  return CronCalendar(*expression->cron())
      .next(std::chrono::ceil<std::chrono::minutes>(from) - std::chrono::minutes(1));
}

// The occurrences of one schedule from `from` on and before `to`.
std::vector<TimePoint> due_between(const ScheduledRule& scheduled, TimePoint from, TimePoint to) {
  std::vector<TimePoint> due;
  const auto expression = ScheduleExpression::parse(scheduled.expression);
  if (!expression) return due;
  if (const ScheduleExpression::Rate* rate = expression->rate()) {
    const Duration interval = rate->interval;
    // AWS: the first comes one whole interval after the rule was made.
    const auto passed = std::max<Duration::rep>((from - scheduled.scheduled_from) / interval, 1);
    for (TimePoint next = scheduled.scheduled_from + passed * interval; next < to; next += interval)
      if (next >= from) due.push_back(next);
    return due;
  }
  const CronCalendar calendar(*expression->cron());
  for (auto next = calendar.next(std::chrono::ceil<std::chrono::minutes>(from) - std::chrono::minutes(1));
       next && *next < to; next = calendar.next(*next))
    due.push_back(*next);
  return due;
}

Event scheduled_event(const ScheduledRule& scheduled, TimePoint due, TimePoint now, std::string id) {
  Event event;
  event.id = std::move(id);
  event.source = "aws.events";
  event.detail_type = "Scheduled Event";
  event.origin = scheduled.scope;
  event.time = std::chrono::floor<std::chrono::seconds>(due);
  event.accepted_at = now;
  const std::array<std::string_view, 1> resources = {scheduled.rule->arn};
  event.json = make_envelope(event, resources, "{}").value();
  return event;
}

}  // namespace

asio::awaitable<bool> RuleScheduler::sleep_until(TimePoint when, Duration leniency) {
  co_await sleep_between(dependencies_.clock, when, when + leniency);
  co_return (co_await asio::this_coro::cancellation_state).cancelled() == asio::cancellation_type::none;
}

asio::awaitable<void> RuleScheduler::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  TimePoint from = dependencies_.clock.now() + Duration(1);
  if (const std::size_t rules = dependencies_.schedules.scheduled_rules().size(); rules > 0)
    dependencies_.log.info("Scheduled rules fire from now on; what was due before is not made up for. rules={}", rules);
  for (;;) {
    const TimePoint to = std::chrono::floor<std::chrono::minutes>(std::max(from, dependencies_.clock.now())) + kWindow;
    for (Occurrence& occurrence : occurrences(from, to)) insert(std::move(occurrence));
    bool set_back = false;
    while (!set_back && !waiting_.empty() && waiting_.front().try_at < to) {
      if (!co_await sleep_until(waiting_.front().try_at)) co_return;
      set_back = dependencies_.clock.now() < waiting_.front().due;
      if (!set_back) co_await fire_first();
    }
    if (set_back) waiting_.clear();
    // Until the next window, or, where time is moved, until the first in which something is due.
    TimePoint now = dependencies_.clock.now(), latest = to;
    while (!set_back && now < to) {
      latest = next_due(to, to + kLeniency);
      if (!waiting_.empty()) latest = std::min(latest, waiting_.front().try_at);
      if (!co_await sleep_until(to, latest - to)) co_return;
      set_back = dependencies_.clock.now() < now;
      now = dependencies_.clock.now();
    }
    from = to;
    if (set_back) {
      dependencies_.log.warn("Time was set back; scheduled rules fire from there on. to={}", format_iso_seconds(now));
      from = now + Duration(1);
      waiting_.clear();
    } else if (now > latest && is_too_late(from + kWindow)) {
      dependencies_.log.warn("Time has jumped; what was scheduled between is not made up for. from={} to={}",
                             format_iso_seconds(from), format_iso_seconds(now));
      from = now;
    }
  }
}

// Behind those that are to be tried at the same moment.
void RuleScheduler::insert(Occurrence occurrence) {
  const auto place = std::ranges::upper_bound(waiting_, occurrence.try_at, {}, &Occurrence::try_at);
  waiting_.insert(place, std::move(occurrence));
}

TimePoint RuleScheduler::next_due(TimePoint from, TimePoint to) const {
  TimePoint earliest = to;
  for (const ScheduledRule& scheduled : dependencies_.schedules.scheduled_rules())
    earliest = std::min(earliest, first_due(scheduled, from).value_or(to));
  return earliest;
}

std::vector<RuleScheduler::Occurrence> RuleScheduler::occurrences(TimePoint from, TimePoint to) const {
  std::vector<Occurrence> all;
  for (const ScheduledRule& scheduled : dependencies_.schedules.scheduled_rules())
    for (const TimePoint due : due_between(scheduled, from, to)) all.push_back({due, scheduled, due});
  std::ranges::stable_sort(all, {}, &Occurrence::due);
  return all;
}

asio::awaitable<void> RuleScheduler::fire_first() {
  Occurrence occurrence = std::move(waiting_.front());
  waiting_.pop_front();
  // As the rule is now: its targets may be others than a minute ago.
  const std::optional<ScheduledRule> current =
      dependencies_.schedules.scheduled_rule(occurrence.scheduled.scope, occurrence.scheduled.rule->name);
  if (!current || !current->same_schedule(occurrence.scheduled)) co_return;

  if (!occurrence.refusal.empty() && is_too_late(occurrence.due)) {
    dependencies_.log.error("a scheduled rule could not be fired rule={} due={} reason={}", current->rule->arn,
                            format_iso_seconds(occurrence.due), log_value(occurrence.refusal));
    co_return;
  }
  if (occurrence.id.empty()) {
    occurrence.id = dependencies_.rng.uuid();
    occurrence.accepted_at = dependencies_.clock.now();
  }
  std::vector<Publisher::Addressed> events(1);
  events[0].scope = current->scope;
  events[0].bus = kDefaultBus;
  events[0].scheduled = current->rule;
  events[0].event = scheduled_event(*current, occurrence.due, occurrence.accepted_at, occurrence.id);
  const Result<void> published = co_await dependencies_.publisher.publish(std::move(events));
  if (published) co_return;
  occurrence.refusal = published.error().message;
  occurrence.try_at = dependencies_.clock.now() + kTryAgainAfter;
  insert(std::move(occurrence));
}

}  // namespace eventbus
