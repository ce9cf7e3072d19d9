// What events lead to, and what is seen of it.

#include "bus/message_attributes.h"
#include "bus/receipt_handle.h"
#include "tests/simulation/auditor.h"

#include <algorithm>
#include <optional>

namespace eventbus::simulation {

namespace {

std::string letter_token(const std::string& token, const std::string& arn) {
  return "letter of " + token + " to " + arn;
}
std::string whole_token(const std::string& event) { return "whole " + event; }
// A FIFO queue may have the same input once in each of several groups; the target's group may just be changing.
std::string token_in_queue(const std::string& token, const QueueSpec& queue, const std::string& group) {
  return queue.fifo ? token + " in group " + group : token;
}

std::string user_attribute(const MessageAttributes& attributes, const std::string& name) {
  const auto found = attributes.user.find(name);
  return found == attributes.user.end() ? std::string() : found->second.value;
}

}  // namespace

bool is_letter(const LeasedMessage& message) {
  const MessageAttributes attributes = MessageAttributes::decode(message.attributes);
  return attributes.user.contains("RULE_ARN") || attributes.user.contains("SCHEDULE_ARN");
}

// ---- publishing

Auditor::PublishId Auditor::publish_begins(std::vector<EventSpec> events) {
  const PublishId id = publishes_.size();
  for (std::size_t i = 0; i < events.size(); ++i) event_of_[events[i].identity()] = {id, i};
  Publish publish;
  publish.events = std::move(events);
  publish.window = {history.tick(), kNever, history.now(), history.now()};
  publishes_.push_back(std::move(publish));
  publishing_.insert(id);
  return id;
}

void Auditor::publish_ends(PublishId id, Outcome outcome) {
  Publish& publish = publishes_[id];
  publishing_.erase(id);
  publish.planned_until = history.tick();
  // What failed in doubt may happen as late as when the disk recovers.
  publish.window.until = outcome == Outcome::kDoubtful && !publish.seen ? kNever : publish.planned_until;
  publish.window.earliest = history.earliest_since(publish.window.from, publish.window.earliest);
  publish.window.latest = history.latest_since(publish.window.from);
  publish.fate = outcome == Outcome::kDone      ? Publish::kAccepted
                 : outcome == Outcome::kRefused ? Publish::kRefused
                                                : Publish::kDoubtful;
  if (publish.fate == Publish::kRefused) {
    if (publish.seen) history.fail("a publication that was refused has been seen");
    return;
  }
  learn(id, publish.fate == Publish::kAccepted || publish.seen);
}

void Auditor::learn(PublishId id, bool must) {
  Publish& publish = publishes_[id];
  for (const EventSpec& event : publish.events) learn(publish, event, must);
}

void Auditor::learn(const Publish& publish, const EventSpec& event, bool must) {
  const Tick until = publish.fate == Publish::kUnderWay ? history.tick() : publish.planned_until;
  Window window = publish.window;
  window.latest = std::max(window.latest, history.now());
  if (publish.fate != Publish::kUnderWay) window = publish.window;
  Puts puts;
  std::map<std::pair<std::string, std::string>, LaneAuditor::Sent> sent;
  std::map<std::string, LogCount> logged;
  std::map<std::string, ArchiveAuditor::Put> archived;
  std::map<std::string, std::set<std::string>> groups_of_whole;  // by queue

  for (const Expected& expected : rules.expect(event, window.from, until)) {
    const TargetSpec& spec = expected.specs.front();
    const unsigned sure = must && expected.must ? 1 : 0;
    const std::string token = token_of(event, expected.rule, expected.target);
    if (spec.is_attempted()) {
      LaneAuditor::Sent& each = sent[{token, spec.name}];
      each.token = token;
      each.must += sure;
      each.may += 1;
      each.window = window;
      each.specs.insert(each.specs.end(), expected.specs.begin(), expected.specs.end());
    } else if (spec.kind == TargetSpec::kLogGroup) {
      logged[spec.name].must += sure;
      logged[spec.name].may += 1;
    } else if (spec.kind == TargetSpec::kArchive) {
      ArchiveAuditor::Put& put = archived[spec.name];
      put.must += sure;
      put.may += 1;
    } else if (spec.kind == TargetSpec::kBus) {
      if (expected.hops_used_up) learn_letter(token, expected, sure > 0, window, puts);
    } else {
      const bool may_miss = queues.may_miss(spec.name, window.from, until);
      const bool may_exist = queues.may_exist(spec.name, window.from, until);
      if (may_miss) learn_letter(token, expected, sure > 0 && !may_exist, window, puts);
      if (!may_exist) continue;
      const QueueSpec& queue = queues.queue(spec.name).spec;
      const std::string group = spec.group_by_key ? event.key : "group";
      const std::string put_token =
          token_in_queue(spec.transformed ? token : whole_token(event.identity()), queue, group);
      QueueAuditor::Put& put = puts[{put_token, spec.name}];
      put.token = put_token;
      put.queue = spec.name;
      put.group = group;
      if (!spec.transformed && queue.fifo && !queue.per_group) groups_of_whole[spec.name].insert(group);
      put.must += may_miss ? 0 : sure;
      put.may += 1;
      // The same input twice within five minutes is one message of a FIFO queue.
      if (queue.fifo) put.must = std::min(put.must, 1U);
      put.window = window;
      put.delay = std::chrono::seconds(queue.delay);
    }
  }
  for (auto& [key, put] : puts) {
    // Of the same input for several groups the queue takes one, if groups do not count.
    const auto groups = groups_of_whole.find(put.queue);
    const bool whole = groups != groups_of_whole.end() && put.token.starts_with("whole ");
    if (whole && groups->second.size() > 1) put.must = 0;
    queues.put(put);
  }
  for (const auto& [key, each] : sent) lanes.sent(each);
  for (auto& [archive, put] : archived) {
    put.archive = archive;
    put.event = event.identity();
    put.time = event.time;
    put.window = window;
    archives.put(put);
  }
  for (const auto& [group, count] : logged) log_counts_[{group, event.identity()}] = count;
}

// A failure that is known at once: the dead letter is in the same commit.
void Auditor::learn_letter(const std::string& token, const Expected& expected, bool must, const Window& window,
                           Puts& puts) {
  for (const TargetSpec& spec : expected.specs) {
    if (spec.dead_letter_queue.empty()) continue;
    QueueAuditor::Put& put = puts[{letter_token(token, spec.arn()), spec.dead_letter_queue}];
    put.token = letter_token(token, spec.arn());
    put.queue = spec.dead_letter_queue;
    put.may += 1;
    const bool surely_there = !queues.may_miss(put.queue, window.from, window.until);
    put.must += must && expected.specs.size() == 1 && surely_there ? 1 : 0;
    put.window = window;
  }
}

// ---- what is seen

// Something of the event is there. False: it should not be.
bool Auditor::meet(const std::string& event) {
  if (!event_of_.contains(event)) meet_replayed(event);
  const auto found = event_of_.find(event);
  if (found == event_of_.end()) {
    history.fail("event " + event + " was never published");
    return false;
  }
  Publish& publish = publishes_[found->second.first];
  if (publish.fate == Publish::kRefused) {
    history.fail("event " + event + " was refused, and is seen");
    return false;
  }
  const bool first = !std::exchange(publish.seen, true);
  // It was accepted, whatever the client was told: all of it.
  const bool was_doubtful = first && publish.fate == Publish::kDoubtful;
  if (was_doubtful) publish.window.until = history.tick();
  if (publish.fate == Publish::kUnderWay || was_doubtful)
    learn(found->second.first, publish.fate == Publish::kDoubtful);
  return true;
}

Auditor::AttemptId Auditor::attempt_begins(const DeliveryAttempt& attempt) {
  const Delivery& delivery = attempt.delivery;
  const std::string function = attempted_name_in(delivery.target_arn);
  std::string token = token_in(delivery.input);
  history.trace().note("attempt " + std::to_string(attempt.number) + " at " + function + ": " + delivery.rule_arn +
                       " " + delivery.target_id + " " + (token.empty() ? delivery.input : token));
  if (token.starts_with('@')) {
    if (!meet_occurrence(token)) return 0;
    if (delivery.scheduled_at) check_fired_at(token, delivery.accepted_at);  // those of rules may have been sent back
  } else {
    const std::optional<std::string> event = event_key_in(delivery.input);
    if (!event) {
      history.fail("an attempt at " + function + " with an input that nobody made: " + delivery.input);
      return 0;
    }
    if (!meet(*event)) return 0;
    const std::string expected = token_of(event_of(*event), rule_name_in(delivery.rule_arn), delivery.target_id);
    if (!token.empty() && token != expected)
      history.fail("an attempt at " + function + " for " + expected + " has the input of " + token);
    token = expected;
  }
  const AttemptId id = lanes.begins(token, function, attempt.number);
  attempts_.insert(id);
  return id;
}

void Auditor::attempt_ends(AttemptId attempt, const AttemptOutcome& outcome) {
  if (attempts_.erase(attempt) == 0) return;  // the daemon it came from is gone
  history.trace().note("attempt ends: " + std::to_string(attempt) + " " +
                       (outcome.kind == AttemptOutcome::kDelivered ? "delivered" : std::string(outcome.failure.code)));
  lanes.ends(attempt, outcome);
}

void Auditor::attempt_given_up(AttemptId attempt, bool done_all_the_same) {
  if (attempts_.erase(attempt) == 0) return;
  lanes.given_up(attempt, done_all_the_same);
}

const EventSpec& Auditor::event_of(const std::string& event) const {
  const auto& [publish, index] = event_of_.at(event);
  return publishes_[publish].events[index];
}

const Expected* Auditor::expected_of(const std::string& event, const std::string& rule, const std::string& arn,
                                     std::vector<Expected>& all) {
  const auto& [publish_id, index] = event_of_.at(event);
  const Publish& publish = publishes_[publish_id];
  const Tick until = publish.fate == Publish::kUnderWay ? history.tick() : publish.planned_until;
  all = rules.expect(publish.events[index], publish.window.from, until);
  const auto found = std::ranges::find_if(
      all, [&](const Expected& expected) { return expected.rule == rule && expected.specs.front().arn() == arn; });
  return found == all.end() ? nullptr : &*found;
}

// A dead letter of a rule's target: its token says which; the lanes learn of it.
void Auditor::read_letter(const ReceivedBatch& batch, const LeasedMessage& message, QueueAuditor::Received& received) {
  const MessageAttributes attributes = MessageAttributes::decode(message.attributes);
  const std::string rule = rule_name_in(user_attribute(attributes, "RULE_ARN"));
  const std::string arn = user_attribute(attributes, "TARGET_ARN");
  std::string token = token_in(message.body);
  bool is_attempted = true;
  if (token.starts_with('@')) {
    if (!meet_occurrence(token)) return;
  } else {
    const std::optional<std::string> event = event_key_in(message.body);
    if (!event || !meet(*event)) return history.fail("a dead letter of nothing: " + message.body);
    std::vector<Expected> all;
    const Expected* expected = expected_of(*event, rule, arn, all);
    if (expected == nullptr) return history.fail("a dead letter that no rule led to: " + message.body + " to " + arn);
    token = token_of(event_of(*event), rule, expected->target);
    is_attempted = expected->specs.front().is_attempted();
  }
  received.token = letter_token(token, arn);
  if (!is_attempted) return;  // put by learn_letter
  const std::string function = attempted_name_in(arn);
  LaneAuditor::Letter letter;
  letter.message_id = received.id;
  letter.condition = user_attribute(attributes, "EXHAUSTED_RETRY_CONDITION");
  letter.retries = user_attribute(attributes, "RETRY_ATTEMPTS");
  if (!queues.knows(received.token, batch.queue)) {
    QueueAuditor::Put put;
    put.token = received.token;
    put.queue = batch.queue;
    put.may = lanes.letters_max(token, function);
    put.window = {0, history.tick(), TimePoint::min(), history.now()};
    put.window.earliest = message.sent_at;
    queues.put(put);
  } else {
    queues.allow(received.token, batch.queue, lanes.letters_max(token, function));
  }
  lanes.dead_letter(token, function, letter);
}

std::string Auditor::identify(const ReceivedBatch& batch, const LeasedMessage& message) {
  const std::string token = token_in(message.body);
  if (token.starts_with('@')) return meet_occurrence(token) ? token : std::string();
  if (!token.empty() && token.find('/') == std::string::npos) return token;  // a client's
  const std::optional<std::string> event = event_key_in(message.body);
  if (!event) {
    history.fail("queue " + batch.queue + " gave what nobody put in: " + message.body);
    return {};
  }
  if (!meet(*event)) return {};
  return token_in_queue(token.empty() ? whole_token(*event) : token, queues.queue(batch.queue).spec, message.group);
}

void Auditor::received(const ReceivedBatch& batch, const ReceivedMessages& messages) {
  std::vector<QueueAuditor::Received> received;
  for (const LeasedMessage& message : messages.messages) {
    QueueAuditor::Received each;
    each.id = message.id;
    each.group = message.group;
    each.receipt = encode_receipt_handle({message.lease, messages.received_at});
    if (is_letter(message)) {
      read_letter(batch, message, each);
    } else {
      each.token = identify(batch, message);
      if (each.token.starts_with('@')) check_fired_at(each.token, message.sent_at);
    }
    history.trace().note("received from " + batch.queue + ": " + each.token + " message " + each.id + " attempt " +
                         std::to_string(message.lease.attempt));
    if (history.failed()) return;
    received.push_back(std::move(each));
  }
  queues.received(batch.queue, batch.id, batch.began, messages.received_at, batch.visibility, received);
}

void Auditor::log_read(const std::string& group, const std::vector<std::string>& messages) {
  std::map<std::string, unsigned> counts;
  for (const std::string& message : messages) {
    const std::optional<std::string> event = event_key_in(message);
    if (!event) return history.fail("log group " + group + " holds what nobody sent: " + message);
    if (!meet(*event)) return;
    ++counts[*event];
  }
  for (const auto& [event, count] : counts) {
    const auto expected = log_counts_.find({group, event});
    const unsigned may = expected == log_counts_.end() ? 0 : expected->second.may;
    if (count > may)
      return history.fail("log group " + group + " holds event " + event + " " + std::to_string(count) +
                          " times, instead of " + std::to_string(may));
  }
  for (const auto& [key, expected] : log_counts_) {
    if (key.first != group) continue;
    const auto found = counts.find(key.second);
    const unsigned count = found == counts.end() ? 0 : found->second;
    if (count < expected.must)
      return history.fail("event " + key.second + " is not in log group " + group + " (" + std::to_string(count) +
                          " of " + std::to_string(expected.must) + ")");
  }
}

void Auditor::letters_redriven(const std::string& queue, const std::string& function) {
  queues.may_be_gone(queue);
  const TargetSpec spec = attempted_target(function);
  for (const std::string& token : lanes.redriven(queue, function))
    queues.allow(letter_token(token, spec.arn()), queue, lanes.letters_max(token, function));
}

// ---- the machine

void Auditor::life_begins() { history.life_begins(); }

void Auditor::life_ends(bool crash) {
  while (!publishing_.empty()) publish_ends(*publishing_.begin(), Outcome::kDoubtful);
  while (!sending_.empty()) send_ends(*sending_.begin(), Outcome::kDoubtful, {});
  while (!attempts_.empty()) attempt_given_up(*attempts_.begin(), false);
  history.life_ends(crash);
}

void Auditor::look() {
  history.look();
  look_at_schedules();
}

void Auditor::conclude(Tick drain_began) {
  if (!history.failed()) queues.conclude(drain_began);
  if (!history.failed()) lanes.conclude(queues);
  if (!history.failed()) conclude_schedules();
}

}  // namespace eventbus::simulation
