#include "bus/rule_scheduler.h"

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

constexpr Duration kWindow = std::chrono::minutes(1);
constexpr Duration kTryAgainAfter{500};

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

asio::awaitable<bool> RuleScheduler::sleep_until(TimePoint when) {
  co_await dependencies_.clock.sleep_until(when);
  co_return (co_await asio::this_coro::cancellation_state).cancelled() == asio::cancellation_type::none;
}

asio::awaitable<void> RuleScheduler::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  TimePoint from = dependencies_.clock.now() + Duration(1);
  if (const std::size_t rules = dependencies_.schedules.scheduled_rules().size(); rules > 0)
    dependencies_.log.info("Scheduled rules fire from now on; what was due before is not made up for. rules={}", rules);
  for (;;) {
    const TimePoint to = std::chrono::floor<std::chrono::minutes>(from) + kWindow;
    bool set_back = false;
    for (Occurrence& occurrence : occurrences(from, to)) {
      if (!co_await sleep_until(occurrence.due)) co_return;
      set_back = dependencies_.clock.now() < occurrence.due;
      if (set_back) break;
      co_await fire(std::move(occurrence));
    }
    if (!set_back && !co_await sleep_until(to)) co_return;
    from = to;
    const TimePoint now = dependencies_.clock.now();
    if (now < to) {
      dependencies_.log.warn("Time was set back; scheduled rules fire from there on. to={}", format_iso_seconds(now));
      from = now + Duration(1);
    } else if (is_too_late(from + kWindow)) {
      dependencies_.log.warn("Time has jumped; what was scheduled between is not made up for. from={} to={}",
                             format_iso_seconds(from), format_iso_seconds(now));
      from = now;
    }
  }
}

std::vector<RuleScheduler::Occurrence> RuleScheduler::occurrences(TimePoint from, TimePoint to) const {
  std::vector<Occurrence> all;
  for (const ScheduledRule& scheduled : dependencies_.schedules.scheduled_rules())
    for (const TimePoint due : due_between(scheduled, from, to)) all.push_back({due, scheduled});
  std::ranges::stable_sort(all, {}, &Occurrence::due);
  return all;
}

asio::awaitable<void> RuleScheduler::fire(Occurrence occurrence) {
  // As the rule is now: its targets may be others than a minute ago.
  const std::optional<ScheduledRule> current =
      dependencies_.schedules.scheduled_rule(occurrence.scheduled.scope, occurrence.scheduled.rule->name);
  if (!current || !current->same_schedule(occurrence.scheduled)) co_return;

  const std::string id = dependencies_.rng.uuid();
  const TimePoint accepted_at = dependencies_.clock.now();
  for (;;) {
    std::vector<Publisher::Addressed> events(1);
    events[0].scope = current->scope;
    events[0].bus = kDefaultBus;
    events[0].scheduled = current->rule;
    events[0].event = scheduled_event(*current, occurrence.due, accepted_at, id);
    const Result<void> published = co_await dependencies_.publisher.publish(std::move(events));
    if (published) co_return;
    if (is_too_late(occurrence.due) || !co_await sleep_until(dependencies_.clock.now() + kTryAgainAfter)) {
      dependencies_.log.error("a scheduled rule could not be fired rule={} due={} reason={}", current->rule->arn,
                              format_iso_seconds(occurrence.due), log_value(published.error().message));
      co_return;
    }
  }
}

}  // namespace eventbus
