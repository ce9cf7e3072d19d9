// What clients send to queues, and which of it are duplicates.

#include "tests/simulation/auditor.h"

#include <algorithm>

namespace eventbus::simulation {

namespace {

// Beyond everything that happens, and what is added to them is still a time.
constexpr TimePoint kEndOfTime{Duration(std::int64_t{1} << 60)}, kBeginningOfTime{Duration(-(std::int64_t{1} << 60))};

// AWS: the deduplication interval.
constexpr Duration kWindow = std::chrono::minutes(5);

}  // namespace

Auditor::SendId Auditor::send_begins(const Send& send, QueueId queue) {
  const SendId id = sends_.size();
  Sending sending;
  sending.send = send;
  sending.queue = queue;
  sending.window = {history.tick(), kNever, history.now(), history.now()};
  sends_.push_back(std::move(sending));
  sending_.insert(id);
  sends_of_[{send.queue, send.token}].push_back(id);
  weigh(send.token, send.queue);
  return id;
}

void Auditor::send_ends(SendId id, Outcome outcome, const SentMessage& sent) {
  sending_.erase(id);
  Sending& sending = sends_[id];
  sending.window.until = history.tick();
  sending.window.earliest = history.earliest_since(sending.window.from, sending.window.earliest);
  sending.window.latest = history.latest_since(sending.window.from);
  sending.sent = sent;
  sending.fate = outcome == Outcome::kDone      ? Sending::kDone
                 : outcome == Outcome::kRefused ? Sending::kRefused
                                                : Sending::kDoubtful;
  const QueueSpec& spec = queues.queue(sending.send.queue).spec;
  if (spec.fifo && outcome == Outcome::kDone) {
    std::set<std::string> accepted;  // a duplicate accepts nothing, and begins no interval
    for (SendId earlier = 0; earlier < sends_.size(); ++earlier) {
      const Sending& other = sends_[earlier];
      if (other.fate == Sending::kDone && !accepted.insert(other.sent.id).second) continue;
      if (earlier == id || other.fate != Sending::kDone || other.queue != sending.queue ||
          !same_name(other, sending, spec))
        continue;
      const bool duplicate = other.sent.id == sent.id;
      const std::string what =
          "a message of queue " + spec.name + " with deduplication id " + sending.send.deduplication_id;
      if (duplicate && surely_apart(other, sending))
        return history.fail(what + " is dropped as a duplicate of one sent more than five minutes earlier");
      if (!duplicate && surely_duplicate(other, sending))
        return history.fail(what + " is taken a second time within five minutes");
    }
  }
  weigh(sending.send.token, sending.send.queue);
}

bool Auditor::same_name(const Sending& a, const Sending& b, const QueueSpec& spec) {
  return a.queue == b.queue && a.send.deduplication_id == b.send.deduplication_id &&
         (!spec.per_group || a.send.group == b.send.group);
}

// Whichever was first: it was accepted less than five minutes before the other, by every clock there was.
bool Auditor::surely_duplicate(const Sending& a, const Sending& b) const {
  const bool a_first = a.window.until < b.window.from;
  const Sending& first = a_first ? a : b;
  const Sending& second = a_first ? b : a;
  if (second.fate == Sending::kUnderWay || first.fate == Sending::kUnderWay) return false;
  return std::max(second.window.latest, history.latest_since(first.window.from)) < first.window.earliest + kWindow ||
         (history.jumps() == 0 && second.window.latest < first.window.earliest + kWindow);
}

bool Auditor::surely_apart(const Sending& a, const Sending& b) const {
  const bool a_first = a.window.until < b.window.from;
  const Sending& first = a_first ? a : b;
  const Sending& second = a_first ? b : a;
  return second.window.earliest > first.window.latest + kWindow;
}

// How many messages there are of a token, by all that was said about its sends.
void Auditor::weigh(const std::string& token, const std::string& queue) {
  const QueueSpec& spec = queues.queue(queue).spec;
  QueueAuditor::Put put;
  put.token = token;
  put.queue = queue;
  put.window = {kNever, 0, kEndOfTime, kBeginningOfTime};
  const std::vector<SendId>& sends = sends_of_.at({queue, token});
  put.incarnation = sends_[sends.back()].queue;
  std::set<std::string> ids;
  std::vector<const Sending*> counted;
  for (const SendId id : sends) {
    const Sending& each = sends_[id];
    if (each.fate == Sending::kRefused || each.queue != put.incarnation) continue;
    put.group = each.send.group;
    put.delay = each.send.delay;
    put.window.from = std::min(put.window.from, each.window.from);
    put.window.until = std::max(put.window.until, each.window.until);
    put.window.earliest = std::min(put.window.earliest, each.window.earliest);
    put.window.latest =
        std::max(put.window.latest,
                 std::max(each.window.latest, each.fate == Sending::kUnderWay ? history.now() : each.window.latest));
    if (each.fate == Sending::kDone) {
      if (ids.insert(each.sent.id).second) counted.push_back(&each);
      put.sequence = each.sent.sequence;
    }
  }
  put.must = put.may = static_cast<unsigned>(ids.size());
  if (ids.size() != 1) put.sequence = std::nullopt;
  for (const SendId id : sends) {
    const Sending& each = sends_[id];
    if (each.fate == Sending::kDone || each.fate == Sending::kRefused || each.queue != put.incarnation) continue;
    const bool same = spec.fifo && std::ranges::any_of(counted, [&](const Sending* other) {
                        return same_name(*other, each, spec) && surely_duplicate(*other, each);
                      });
    if (same) continue;
    ++put.may;
    put.sequence = std::nullopt;
    counted.push_back(&each);
  }
  queues.put(put);
}

}  // namespace eventbus::simulation
