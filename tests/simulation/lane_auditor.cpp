#include "tests/simulation/lane_auditor.h"

#include <algorithm>
#include <string>

namespace eventbus::simulation {

namespace {

// The daemon's default policy, as Life sets it.
constexpr std::int64_t kRetriesByDefault = 185, kAgeByDefault = 86'400;

std::int64_t retries_of(const TargetSpec& spec) { return spec.retries.value_or(kRetriesByDefault); }
Duration age_of(const TargetSpec& spec) { return std::chrono::seconds(spec.age_seconds.value_or(kAgeByDefault)); }

}  // namespace

void LaneAuditor::sent(const Sent& sent) {
  const std::string function = sent.specs.front().name;
  const auto [entry, is_new] = deliveries_.try_emplace({sent.token, function});
  Delivery& delivery = entry->second;
  delivery.sent = sent;
  // Of an occurrence nobody knows before it is seen; its target may have been changed since it came due.
  if (is_new && sent.token.starts_with('@'))
    for (const Change& change : changes_)
      if (change.spec.name == function && goes_this_way(sent.token, change.way) &&
          (change.at >= sent.window.earliest || history_.jumps() > 0))
        delivery.policies.push_back(change.spec);
  if (history_.passed() < hidden_until_[function]) delivery.hidden = true;
}

bool LaneAuditor::knows(const std::string& token, const std::string& function) const {
  return deliveries_.contains({token, function});
}

std::vector<std::string> LaneAuditor::redriven(const std::string& queue, const std::string& function) {
  std::vector<std::string> tokens;
  for (auto& [key, delivery] : deliveries_) {
    if (key.second != function) continue;
    // A crash may have forgotten that it was delivered: then it may have failed, or become too old, since.
    const Attempt* const last = delivery.attempts.empty() ? nullptr : &attempts_.at(delivery.attempts.back());
    const bool delivered = last != nullptr && last->result == Attempt::kDelivered &&
                           (last->life == history_.life() || history_.durable(last->ended, last->life));
    const bool kept_there = std::ranges::any_of(
        delivery.sent.specs, [&](const TargetSpec& spec) { return spec.dead_letter_queue == queue; });
    if (!kept_there || (delivered && delivery.letters.empty())) continue;
    delivery.redrives += delivery.sent.may;  // all there may be of it
    tokens.push_back(key.first);
  }
  return tokens;
}

unsigned LaneAuditor::letters_max(const std::string& token, const std::string& function) const {
  const auto delivery = deliveries_.find({token, function});
  if (delivery == deliveries_.end()) return 1;
  return delivery->second.sent.may + delivery->second.redrives;
}

void LaneAuditor::require(const std::string& token, const std::string& function) {
  deliveries_.at({token, function}).sent.must = 1;
}

void LaneAuditor::allow(const std::string& token, const std::string& function, unsigned may) {
  unsigned& known = deliveries_.at({token, function}).sent.may;
  known = std::max(known, may);
}

void LaneAuditor::policy_changes(const std::string& rule, const std::string& target, const TargetSpec& spec) {
  const std::string way = "/" + rule + "/" + target;
  for (auto& [key, delivery] : deliveries_)
    if (key.second == spec.name && goes_this_way(key.first, way)) delivery.policies.push_back(spec);
  changes_.push_back({way, history_.now(), spec});
}

bool LaneAuditor::goes_this_way(const std::string& token, const std::string& way) {
  const std::size_t at = token.find(way), end = at + way.size();
  return at != std::string::npos && (end == token.size() || token[end] == '.');  // behind it: the replay
}

std::vector<TargetSpec> LaneAuditor::policies_of(const Delivery& delivery) {
  std::vector<TargetSpec> all = delivery.sent.specs;
  all.insert(all.end(), delivery.policies.begin(), delivery.policies.end());
  return all;
}

void LaneAuditor::target_is_hidden(const std::string& function, Duration for_so_long) {
  constexpr Duration kUntilNoticed = std::chrono::seconds(10);
  Duration& until = hidden_until_[function];
  until = std::max(until, history_.passed() + for_so_long + kUntilNoticed);
  for (auto& [key, delivery] : deliveries_)
    if (key.second == function) delivery.hidden = true;
}

LaneAuditor::AttemptId LaneAuditor::begins(const std::string& token, const std::string& function,
                                           std::uint32_t number) {
  const std::string name = token + " to " + function + " (attempt " + std::to_string(number) + ")";
  const auto found = deliveries_.find({token, function});
  const AttemptId id = ++last_;
  Attempt attempt;
  attempt.began = history_.tick();
  attempt.at = history_.now();
  attempt.life = history_.life();
  attempt.epoch = history_.epoch();
  if (found == deliveries_.end()) {
    history_.fail("no rule sends this: " + name);
    return id;
  }
  Delivery& delivery = found->second;
  if (delivery.attempts.empty()) delivery.crashes_at_first = history_.crashes();
  // Of one that goes more than one way to the same target nobody can tell which is which.
  const bool one_of_it = delivery.sent.may == 1 && delivery.redrives == 0;
  if (one_of_it && !delivery.letters.empty()) history_.fail("it is a dead letter already: " + name);
  if (one_of_it) {
    for (const AttemptId earlier : delivery.attempts) check_again(delivery, attempts_.at(earlier), name);
    check_policy(delivery, number, name);
  }
  delivery.attempts.push_back(id);
  attempts_[id] = attempt;
  of_attempt_[id] = found->first;
  return id;
}

void LaneAuditor::check_again(const Delivery&, const Attempt& last, const std::string& name) {
  const bool same_life = last.life == history_.life();
  const bool jumped = history_.jumped_since(last.began);
  if (last.result == Attempt::kDelivered) {
    if (history_.durable(last.ended, last.life)) return history_.fail("it was delivered long ago: " + name);
    if (same_life && !jumped) return history_.fail("it has just been delivered: " + name);
    return;
  }
  if (!same_life || jumped) return;
  if (last.result == Attempt::kUnderWay) return history_.fail("another attempt is under way: " + name);
  if (last.result == Attempt::kFailed) return history_.fail("it failed for good: " + name);
  if (last.result == Attempt::kRetry && history_.now() < last.end_at + last.retry_after)
    return history_.fail("it is not due before " + format_iso_milliseconds(last.end_at + last.retry_after) + ": " +
                         name);
}

void LaneAuditor::check_policy(const Delivery& delivery, std::uint32_t number, const std::string& name) {
  std::int64_t retries = 0;
  Duration age(0);
  for (const TargetSpec& spec : policies_of(delivery)) {
    retries = std::max(retries, retries_of(spec));
    age = std::max(age, age_of(spec));
  }
  // A power cut may take back the counts that were not synced, and a crash the settlement of the last attempt; what a
  // disk does not take is counted in memory only, for as long as the daemon lives.
  const auto most = static_cast<std::size_t>(retries) + 1;
  const auto is_counted = [&](AttemptId id) {
    const Attempt& attempt = attempts_.at(id);
    return history_.remembers(attempt.life, attempt.epoch);
  };
  const auto made = static_cast<std::size_t>(std::ranges::count_if(delivery.attempts, is_counted));
  const std::size_t crashes = history_.crashes() - delivery.crashes_at_first;
  if (history_.jumps() == 0 && (made + 1 > most + (crashes > 0 ? 1 : 0) || number > most + crashes))
    return history_.fail("more attempts (" + std::to_string(made + 1) + ") than its policy allows (" +
                         std::to_string(most) + "): " + name);
  const bool too_old = history_.now() > delivery.sent.window.latest + age;
  if (too_old && !delivery.hidden && history_.jumps() == 0)
    history_.fail("it is older than its policy allows: " + name);
}

void LaneAuditor::ends(AttemptId id, const AttemptOutcome& outcome) {
  Attempt& attempt = attempts_[id];
  attempt.ended = history_.tick();
  attempt.end_at = history_.now();
  attempt.retry_after = outcome.retry_after.value_or(Duration(0));
  attempt.result = outcome.kind == AttemptOutcome::kDelivered ? Attempt::kDelivered
                   : outcome.kind == AttemptOutcome::kRetry   ? Attempt::kRetry
                                                              : Attempt::kFailed;
}

void LaneAuditor::given_up(AttemptId id, bool) {
  Attempt& attempt = attempts_[id];
  attempt.ended = history_.tick();
  attempt.end_at = history_.now();
  attempt.result = Attempt::kGivenUp;
}

void LaneAuditor::dead_letter(const std::string& token, const std::string& function, const Letter& letter) {
  const std::string name = "dead letter of " + token + " to " + function;
  const auto found = deliveries_.find({token, function});
  if (found == deliveries_.end()) return history_.fail("no rule sent what failed: " + name);
  Delivery& delivery = found->second;
  if (!delivery.letters.insert(letter.message_id).second) return;
  if (delivery.letters.size() > letters_max(token, function)) return history_.fail("there is more than one: " + name);
  if (delivery.sent.may > 1 || delivery.redrives > 0) return;

  const bool refused =
      std::ranges::any_of(delivery.attempts, [&](AttemptId id) { return attempts_.at(id).result == Attempt::kFailed; });
  if (letter.condition.empty() && !refused) return history_.fail("its target has never refused it: " + name);
  if (letter.condition == "MaximumRetryAttempts") {
    const bool as_policy = std::ranges::any_of(policies_of(delivery), [&](const TargetSpec& spec) {
      return static_cast<std::int64_t>(delivery.attempts.size()) + (history_.jumps() > 0 ? 1 : 0) > retries_of(spec);
    });
    if (!as_policy)
      return history_.fail("given up after " + std::to_string(delivery.attempts.size()) + " attempts: " + name);
  }
}

bool LaneAuditor::may_be_dropped(const Delivery& delivery, const QueueAuditor& queues) const {
  // A dead-letter queue that may have been missing takes nothing, and keeps nothing for ever. What was sent back goes
  // by the target as it was then.
  const std::vector<TargetSpec> ways = delivery.redrives > 0 ? policies_of(delivery) : delivery.sent.specs;
  const bool nowhere_to_go = std::ranges::any_of(ways, [&](const TargetSpec& spec) {
    return spec.dead_letter_queue.empty() ||
           queues.may_miss(spec.dead_letter_queue, delivery.sent.window.from, kNever) ||
           queues.may_have_expired(spec.dead_letter_queue, delivery.sent.window);
  });
  if (!nowhere_to_go) return false;
  if (std::ranges::any_of(delivery.attempts, [&](AttemptId id) { return attempts_.at(id).result == Attempt::kFailed; }))
    return true;
  return std::ranges::any_of(policies_of(delivery), [&](const TargetSpec& spec) {
    const bool used_up = static_cast<std::int64_t>(delivery.attempts.size()) > retries_of(spec) ||
                         (history_.jumps() > 0 && !delivery.attempts.empty());
    // The last wait is not begun when it would end too late.
    constexpr Duration kLongestWait = std::chrono::minutes(17);
    return used_up || history_.latest_since(delivery.sent.window.from) + kLongestWait >=
                          delivery.sent.window.earliest + age_of(spec);
  });
}

void LaneAuditor::conclude(const QueueAuditor& queues) {
  for (const auto& [key, delivery] : deliveries_) {
    const auto delivered = static_cast<std::size_t>(std::ranges::count_if(
        delivery.attempts, [&](AttemptId id) { return attempts_.at(id).result == Attempt::kDelivered; }));
    if (delivered + delivery.letters.size() >= delivery.sent.must || may_be_dropped(delivery, queues)) continue;
    return history_.fail("accepted, and neither delivered nor a dead letter: " + key.first + " to " + key.second +
                         " (" + std::to_string(delivery.attempts.size()) + " attempts)");
  }
}

}  // namespace eventbus::simulation
