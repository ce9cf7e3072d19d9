#include "tests/simulation/schedule_book.h"

#include <charconv>

namespace eventbus::simulation {

namespace {

constexpr Duration kIndiaIsAhead = std::chrono::minutes(330);

// Of "cron(0/N * * * ? *)", on clocks that are so far ahead.
bool cron_names(TimePoint at, std::int64_t step, Duration ahead) {
  const TimePoint shown = at + ahead;
  const auto of_day = std::chrono::hh_mm_ss(shown - std::chrono::floor<std::chrono::days>(shown));
  return of_day.minutes().count() % step == 0 && of_day.seconds().count() == 0 && of_day.subseconds().count() == 0;
}

}  // namespace

// ---- a schedule

bool ScheduleSpec::names(TimePoint second) const {
  const Duration step = std::chrono::minutes(minutes);
  if (kind == kAt) return second == at;
  if ((start && second < *start) || (end && second > *end)) return false;
  if (kind == kCron) return cron_names(second, minutes, in_india ? kIndiaIsAhead : Duration(0));
  return start ? (second - *start) % step == Duration(0) : cadence.names(second, step, 0);
}

std::vector<TimePoint> ScheduleSpec::certain(TimePoint from, TimePoint to) const {
  const Duration step = std::chrono::minutes(minutes);
  std::vector<TimePoint> found;
  if (kind == kRate && !start) {
    found = cadence.certain(from, to, step, 0);
    std::erase_if(found, [&](TimePoint when) { return end && when + std::chrono::seconds(1) > *end; });
  }
  if (kind == kAt || start || kind == kCron)
    for (TimePoint second = std::chrono::ceil<std::chrono::seconds>(from); second < to;
         second += std::chrono::seconds(1))
      if (names(second)) found.push_back(second);
  return found;
}

bool ScheduleSpec::may_be_complete(TimePoint by) const {
  if (!exists || !enabled || !delete_after) return false;
  if (kind == kAt) return at <= by;
  // Its last time may be a step before its end.
  return end && *end <= by + std::chrono::minutes(60);
}

ScheduleSettings ScheduleSpec::settings(const std::string& name) const {
  ScheduleSettings settings;
  const TimePoint shown = at + (in_india ? kIndiaIsAhead : Duration(0));
  const std::string steps = std::to_string(minutes);
  if (kind == kAt) settings.expression = "at(" + format_iso_seconds(shown).substr(0, 19) + ")";
  if (kind == kRate) settings.expression = "rate(" + steps + (minutes == 1 ? " minute)" : " minutes)");
  if (kind == kCron) settings.expression = "cron(0/" + steps + " * * * ? *)";
  if (in_india) settings.time_zone = "Asia/Kolkata";
  settings.start = start;
  settings.end = end;
  settings.enabled = enabled;
  settings.delete_after_completion = delete_after;
  if (window_minutes > 0) settings.window = {true, window_minutes};

  Target& made = settings.target;
  made.id = kScheduleTargetId;
  made.arn = target.arn();
  made.role_arn = "arn:aws:iam::000000000000:role/scheduler";
  made.input.input = "{\"token\":\"@<aws.scheduler.scheduled-time>/" + schedule_way(name, epoch) + "/" + target.name +
                     "\",\"run\":\"<aws.scheduler.execution-id>\"}";
  if (target.kind == TargetSpec::kBus) {
    boost::json::object& block = made.parameters["EventBridgeParameters"].emplace_object();
    block["DetailType"] = "Tick";
    block["Source"] = kScheduledSource;
  }
  if (!target.dead_letter_queue.empty())
    made.dead_letter = DeadLetterConfig{TargetSpec{.kind = TargetSpec::kQueue, .name = target.dead_letter_queue}.arn()};
  if (target.retries || target.age_seconds) made.retry = RetryPolicy{target.retries, target.age_seconds};
  return settings;
}

// ---- names

ScheduleKey schedule_key(const std::string& name) { return {{kHome, "default"}, name}; }

std::string schedule_way(const std::string& name, std::uint64_t epoch) { return name + "~" + std::to_string(epoch); }

std::optional<ScheduleWay> parse_schedule_way(std::string_view text) {
  const std::size_t tilde = text.find('~');
  if (tilde == std::string_view::npos) return std::nullopt;
  ScheduleWay way{std::string(text.substr(0, tilde))};
  std::from_chars(text.data() + tilde + 1, text.data() + text.size(), way.epoch);
  return way;
}

}  // namespace eventbus::simulation
