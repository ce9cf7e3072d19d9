#include "bus/dead_letters.h"

#include "bus/arn.h"
#include "bus/delivery.h"
#include "bus/event.h"
#include "bus/iso_time.h"
#include "bus/json_text.h"
#include "bus/message_attributes.h"
#include "bus/queue_message.h"

#include <utility>

namespace eventbus {
namespace {

// As long as a commit may take.
constexpr Duration kHold = std::chrono::seconds(30);

std::string user_attribute(const MessageAttributes& attributes, const std::string& name) {
  const auto found = attributes.user.find(name);
  return found == attributes.user.end() ? std::string() : found->second.value;
}

DeadLetter letter_of(BrowsedMessage message, const MessageAttributes& attributes) {
  DeadLetter letter;
  letter.key = message.key;
  letter.message_id = std::move(message.id);
  letter.rule_arn = user_attribute(attributes, "RULE_ARN");
  letter.schedule_arn = user_attribute(attributes, "SCHEDULE_ARN");
  letter.target_arn = user_attribute(attributes, "TARGET_ARN");
  letter.execution_id = user_attribute(attributes, "EXECUTION_ID");
  letter.scheduled_time = user_attribute(attributes, "SCHEDULED_TIME");
  letter.error_code = user_attribute(attributes, "ERROR_CODE");
  letter.error_message = user_attribute(attributes, "ERROR_MESSAGE");
  letter.body = std::move(message.body);
  letter.sent_at = message.sent_at;
  letter.receives = message.attempts;
  letter.in_flight = message.in_flight;
  return letter;
}

std::string_view name_in(std::string_view arn) { return arn.substr(arn.rfind('/') + 1); }

bool takes(const DeadLetterFilter& filter, const DeadLetter& letter) {
  const auto is = [](const std::string& wanted, std::string_view value) { return wanted.empty() || wanted == value; };
  const std::string& source = letter.rule_arn.empty() ? letter.schedule_arn : letter.rule_arn;
  const bool rule = is(filter.rule, source) || (!source.empty() && filter.rule == name_in(source));
  return rule && is(filter.message_id, letter.message_id) && is(filter.target, letter.target_arn) &&
         is(filter.error_code, letter.error_code);
}

// rule/NAME on the default bus, rule/BUS/NAME elsewhere; a bus's name may hold '/'.
std::optional<RuleKey> rule_of(std::string_view arn_text) {
  constexpr std::string_view kRule = "rule/";
  const std::optional<Arn> arn = Arn::parse(arn_text);
  if (!arn || arn->service != "events" || !arn->resource.starts_with(kRule)) return std::nullopt;
  const std::string_view path = std::string_view(arn->resource).substr(kRule.size());
  const std::size_t slash = path.rfind('/');
  const std::string bus(slash == std::string_view::npos ? "default" : path.substr(0, slash));
  return RuleKey{{arn->scope(), bus}, std::string(name_in(path))};
}

// schedule/GROUP/NAME.
std::optional<ScheduleKey> schedule_of(std::string_view arn_text) {
  constexpr std::string_view kSchedule = "schedule/";
  const std::optional<Arn> arn = Arn::parse(arn_text);
  if (!arn || arn->service != "scheduler" || !arn->resource.starts_with(kSchedule)) return std::nullopt;
  const std::string_view path = std::string_view(arn->resource).substr(kSchedule.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return ScheduleKey{{arn->scope(), std::string(path.substr(0, slash))}, std::string(path.substr(slash + 1))};
}

// Of an envelope.
std::string event_id_of(std::string_view body) {
  std::string id;
  if (!is_json(body) || json_kind(body) != JsonKind::kObject) return id;
  for_each_member(body, [&](std::string_view key, std::string_view value) {
    if (key == "id" && json_kind(value) == JsonKind::kString) id = unescaped(value.substr(1, value.size() - 2));
  });
  return id;
}

}  // namespace

asio::awaitable<Result<DeadLetters::Listed>> DeadLetters::list(QueueId queue, DeadLetterFilter filter, Page page) {
  QueueBrowser* const browser = QueueBrowser::of(dependencies_.storage.queues());
  if (browser == nullptr) co_return invalid("this storage cannot look into queues");
  CO_TRY(std::vector<BrowsedMessage> messages, co_await browser->browse(queue, page.after, page.count));
  Listed listed;
  if (!messages.empty()) listed.next = messages.back().key.sequence;
  for (BrowsedMessage& message : messages) {
    const MessageAttributes attributes = MessageAttributes::decode(message.attributes);
    DeadLetter letter = letter_of(std::move(message), attributes);
    if (takes(filter, letter)) listed.letters.push_back(std::move(letter));
  }
  co_return listed;
}

asio::awaitable<Result<DeadLetters::Settled>> DeadLetters::redrive(QueueId queue, DeadLetterFilter filter, Page page,
                                                                   bool dry_run) {
  return settle(queue, std::move(filter), page, dry_run, Action::kRedrive);
}

asio::awaitable<Result<DeadLetters::Settled>> DeadLetters::purge(QueueId queue, DeadLetterFilter filter, Page page,
                                                                 bool dry_run) {
  return settle(queue, std::move(filter), page, dry_run, Action::kPurge);
}

asio::awaitable<Result<DeadLetters::Settled>> DeadLetters::settle(QueueId queue, DeadLetterFilter filter, Page page,
                                                                  bool dry_run, Action action) {
  QueueBrowser* const browser = QueueBrowser::of(dependencies_.storage.queues());
  if (browser == nullptr) co_return invalid("this storage cannot look into queues");
  CO_TRY(std::vector<BrowsedMessage> messages, co_await browser->browse(queue, page.after, page.count));
  Settled settled;
  if (!messages.empty()) settled.next = messages.back().key.sequence;
  Commit commit;
  std::vector<Lease> held;
  std::vector<QueueId> lanes, schedule_lanes;
  for (BrowsedMessage& message : messages) {
    const MessageAttributes attributes = MessageAttributes::decode(message.attributes);
    const DeadLetter letter = letter_of(std::move(message), attributes);
    if (!takes(filter, letter)) continue;
    std::optional<NewMessage> again;
    if (action == Action::kRedrive) {
      Result<NewMessage> made = redriven(letter, attributes.trace_header, commit);
      if (made && dependencies_.schedule_lanes && dependencies_.schedule_lanes->lane(made->queue))
        schedule_lanes.push_back(made->queue);
      if (!made) {
        settled.failures.push_back({letter.message_id, std::move(made).error().message});
        continue;
      }
      again = std::move(*made);
    }
    std::optional<Lease> lease;
    if (!dry_run) lease = browser->lease_message(letter.key, dependencies_.clock.now() + kHold);
    if (dry_run ? letter.in_flight : !lease) {
      ++settled.in_flight;
      continue;
    }
    ++settled.done;
    if (dry_run) continue;
    held.push_back(*lease);
    commit.acks.push_back(letter.key);
    if (!again) continue;
    if (dependencies_.catalog.lane(again->queue)) lanes.push_back(again->queue);
    commit.messages.push_back(std::move(*again));
  }
  if (dry_run) commit = {};  // lanes that deliveries would have needed
  const Result<CommitReceipt> receipt = co_await dependencies_.storage.commit(std::move(commit));
  if (dependencies_.schedule_lanes && dry_run) dependencies_.schedule_lanes->withdraw(schedule_lanes);
  if (dependencies_.schedule_lanes && !dry_run)
    dependencies_.schedule_lanes->settle(schedule_lanes, receipt.has_value());
  lanes.insert(lanes.end(), schedule_lanes.begin(), schedule_lanes.end());
  if (receipt && !dry_run && dependencies_.outbox && !lanes.empty()) dependencies_.outbox->arrived(lanes);
  if (receipt) co_return settled;
  for (const Lease& lease : held) dependencies_.storage.queues().extend(lease, dependencies_.clock.now());
  co_return receipt.error();
}

// What goes to the target that failed.
Result<NewMessage> DeadLetters::redriven(const DeadLetter& letter, std::string trace_header, Commit& commit) const {
  if (!letter.schedule_arn.empty()) return redriven_of_schedule(letter, commit);
  TRY(const CompiledTarget target, failed_target(letter));
  const TimePoint now = dependencies_.clock.now();
  if (target.kind == CompiledTarget::kQueue) {
    const auto queue = target.other_region ? nullptr : dependencies_.queues.find(target.local_scope, target.local_name);
    if (!queue) return not_found("the queue " + target.arn + " does not exist");
    // The event is not at hand where the input is something else: a message group that is read from it is read from the
    // input.
    Event event;
    event.trace_header = std::move(trace_header);
    event.json = letter.body;
    auto message = make_queue_message(*queue, target, event, letter.body, now, dependencies_.rng);
    if (!message) return invalid(std::move(message).error().message);
    return std::move(*message);
  }
  Delivery delivery;
  delivery.event_id = event_id_of(letter.body);
  delivery.rule_arn = letter.rule_arn;
  delivery.target_id = target.id;
  delivery.target_arn = target.arn;
  delivery.dead_letter_arn = target.dead_letter_arn;
  delivery.accepted_at = now;
  delivery.trace_header = std::move(trace_header);
  delivery.input = letter.body;
  NewMessage message;
  message.queue = target.lane;
  message.id = dependencies_.rng.uuid();
  message.body = delivery.encode();
  message.sent_at = now;
  message.visible_at = now;
  return message;
}

Result<NewMessage> DeadLetters::redriven_of_schedule(const DeadLetter& letter, Commit& commit) const {
  const std::optional<ScheduleKey> key = schedule_of(letter.schedule_arn);
  if (!key || !dependencies_.schedules) return invalid(letter.schedule_arn + " is not a schedule");
  const Result<ScheduleCatalog::Schedule> schedule = dependencies_.schedules->schedule(*key);
  if (!schedule) return not_found("schedule " + key->name + " does not exist any more");
  const Target& target = (*schedule)->record.settings.target;
  if (target.arn != letter.target_arn)
    return not_found("schedule " + key->name + " has no target " + letter.target_arn + " any more");
  Delivery invocation;
  invocation.event_id = letter.execution_id;
  invocation.rule_arn = letter.schedule_arn;
  invocation.target_id = target.id;
  invocation.target_arn = target.arn;
  if (target.dead_letter) invocation.dead_letter_arn = target.dead_letter->arn;
  invocation.accepted_at = dependencies_.clock.now();
  invocation.scheduled_at = parse_iso_time(letter.scheduled_time).value_or(invocation.accepted_at);
  invocation.input = letter.body;
  auto message = dependencies_.invocations->message(**schedule, std::move(invocation), commit);
  if (!message) return invalid(std::move(message).error().message);
  return std::move(*message);
}

Result<CompiledTarget> DeadLetters::failed_target(const DeadLetter& letter) const {
  if (letter.rule_arn.empty() || letter.target_arn.empty()) {
    return invalid(
        "it has no RULE_ARN and TARGET_ARN: it is no dead letter of a rule's target, nor has it a SCHEDULE_ARN");
  }
  const std::optional<RuleKey> key = rule_of(letter.rule_arn);
  if (!key) return invalid(letter.rule_arn + " is not a rule");
  const auto rule = dependencies_.catalog.rule(*key);
  if (!rule) return not_found(rule.error().message);
  for (const CompiledTarget& target : (*rule)->compiled->targets) {
    if (target.arn == letter.target_arn) return target;
  }
  return not_found("rule " + key->name + " has no target " + letter.target_arn + " any more");
}

}  // namespace eventbus
