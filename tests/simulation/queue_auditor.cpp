#include "tests/simulation/queue_auditor.h"

#include <algorithm>

namespace eventbus::simulation {

namespace {

Duration seconds(std::int64_t count) { return std::chrono::seconds(count); }

}  // namespace

void QueueAuditor::add(QueueSpec spec) {
  const std::string name = spec.name;
  queues_.emplace(name, Queue{std::move(spec)});
}

bool QueueAuditor::may_miss(const std::string& name, Tick from, Tick until) const {
  return std::ranges::any_of(queues_.at(name).id.possible(from, until), [](const QueueId* id) { return *id == 0; });
}

bool QueueAuditor::may_exist(const std::string& name, Tick from, Tick until) const {
  return std::ranges::any_of(queues_.at(name).id.possible(from, until), [](const QueueId* id) { return *id != 0; });
}

// ---- where messages may go by themselves

bool QueueAuditor::moves(const std::string& from, const std::string& to) const {
  std::set<std::string> reached = {from};
  for (bool more = true; more;) {
    more = false;
    for (const auto& [name, queue] : queues_) {
      if (!reached.contains(name)) continue;
      if (!queue.spec.dead_letter_queue.empty()) more = reached.insert(queue.spec.dead_letter_queue).second || more;
      for (const std::string& next : queue.moved_to) more = reached.insert(next).second || more;
    }
  }
  return from != to && reached.contains(to);
}

bool QueueAuditor::movable(const std::string& name) const {
  const Queue& queue = queues_.at(name);
  return !queue.spec.dead_letter_queue.empty() || !queue.moved_to.empty();
}

bool QueueAuditor::expired_surely(const Item& item) const {
  return history_.now() >= item.put.window.latest + seconds(queues_.at(item.put.queue).spec.retention);
}

bool QueueAuditor::expired_maybe(const Item& item) const { return may_have_expired(item.put.queue, item.put.window); }

bool QueueAuditor::may_have_expired(const std::string& name, const Window& put) const {
  return history_.latest_since(put.from) >= put.earliest + seconds(queues_.at(name).spec.retention);
}

// ---- putting in

QueueAuditor::Item* QueueAuditor::find(const std::string& queue, const std::string& token) {
  const auto found = items_.find({queue, token});
  return found == items_.end() ? nullptr : &found->second;
}

void QueueAuditor::put(const Put& put) {
  const auto [entry, inserted] = items_.try_emplace({put.queue, put.token});
  Item& item = entry->second;
  if (item.put.incarnation != put.incarnation) item = Item{};
  if (item.emptied_out && put.window.until > *item.emptied_out) item.emptied_out = std::nullopt;  // put again since
  item.put = put;
  if (put.window.from <= queues_.at(put.queue).last_unsteady) item.waived = true;
  if (inserted && queues_.at(put.queue).spec.fifo) groups_[{put.queue, put.group}].push_back(entry->first);
  if (item.ids.size() > item.put.may)
    history_.fail("queue " + put.queue + " gave " + std::to_string(item.ids.size()) + " messages for " + put.token +
                  ", of which there can be " + std::to_string(put.may));
}

bool QueueAuditor::knows(const std::string& token, const std::string& queue) const {
  return items_.contains({queue, token});
}

bool QueueAuditor::is_required(const std::string& token, const std::string& queue) const {
  const auto found = items_.find({queue, token});
  return found != items_.end() && found->second.put.must > 0;
}

void QueueAuditor::allow(const std::string& token, const std::string& queue, unsigned may) {
  if (Item* item = find(queue, token)) item->put.may = std::max(item->put.may, may);
}

std::size_t QueueAuditor::seen(const std::string& token, const std::string& queue) const {
  const auto found = items_.find({queue, token});
  return found == items_.end() ? 0 : found->second.ids.size();
}

void QueueAuditor::emptied(const std::string& name, QueueId id, Tick from, Tick until, bool sure) {
  queues_.at(name).last_unsteady = until;
  for (auto& [key, item] : items_) {
    if (key.first != name || item.put.window.from > until) continue;
    item.waived = true;
    if (sure && item.put.window.until < from && !movable(name)) item.emptied_out = until;
  }
  for (auto& [message_id, message] : messages_) {
    if (message.queue != name || message.queue_id != id || message.gone) continue;
    const Item* item = find(name, message.token);
    const bool before = item && item->put.window.until < from;
    if (sure && before && !movable(name)) {
      message.gone = until;
    } else {
      doubt(message);
    }
  }
}

void QueueAuditor::doubt(Message& message) {
  message.maybe_gone = true;
  message.doubtful_in = history_.life();
}

// ---- coming out

std::string QueueAuditor::name_of(const Received& received, const std::string& queue) const {
  return received.token + " (message " + received.id + " of queue " + queue + ")";
}

// The item that a message belongs to which was not put into this queue.
QueueAuditor::Item* QueueAuditor::origin_of(const std::string& queue, const std::string& token, std::string& from) {
  for (const auto& [name, each] : queues_) {
    if (!moves(name, queue)) continue;
    if (Item* item = find(name, token)) return from = name, item;
  }
  return nullptr;
}

void QueueAuditor::received(const std::string& name, QueueId queue_id, Tick began, TimePoint at, Duration visibility,
                            const std::vector<Received>& messages) {
  Queue& queue = queues_.at(name);
  std::set<std::string> batch;
  for (const Received& received : messages) {
    if (received.token.empty()) return history_.fail("a message without a token: " + name_of(received, name));
    Item* item = find(name, received.token);
    std::string from;
    if (item == nullptr) item = origin_of(name, received.token, from);
    if (item == nullptr) return history_.fail("nobody put this into the queue: " + name_of(received, name));

    const auto [entry, is_new] = messages_.try_emplace(received.id);
    Message& message = entry->second;
    if (is_new) {
      if (item->emptied_out && *item->emptied_out < began)
        return history_.fail("its queue was emptied, and it is back: " + name_of(received, name));
      if (item->ids.size() >= item->put.may) {
        // The same went to another queue, too, and from there it was moved here.
        std::string other_queue;
        Item* const other = from.empty() ? origin_of(name, received.token, other_queue) : nullptr;
        if (other != nullptr && replace_moved(*other, name)) {
          item = other;
          from = other_queue;
        } else {
          replace_moved(*item, name);
        }
      }
      item->ids.insert(received.id);
      if (item->ids.size() > item->put.may)
        return history_.fail("there are more of this than were accepted (" + std::to_string(item->put.may) +
                             "): " + name_of(received, name));
      message.token = received.token;
    } else {
      if (message.token != received.token)
        return history_.fail("a message has changed its contents: " + name_of(received, name));
      if (message.gone && *message.gone < began)
        return history_.fail("it was deleted, and is back: " + name_of(received, name));
      if (message.queue != name && !moves(message.queue, name))
        return history_.fail("it was in queue " + message.queue + ": " + name_of(received, name));
      if (message.queue == name && !message.gone && message.hidden_until > at && is_held(message))
        return history_.fail("somebody holds it until " + format_iso_milliseconds(message.hidden_until) + ": " +
                             name_of(received, name));
    }
    if (!movable(name) && from.empty() && expired_surely(*item) && history_.now() <= at)
      return history_.fail("it has expired: " + name_of(received, name));
    if (is_new && from.empty() && at < item->put.window.earliest + item->put.delay &&
        history_.latest_since(item->put.window.from) < item->put.window.earliest + item->put.delay)
      return history_.fail("its delay is not over: " + name_of(received, name));
    if (queue.spec.fifo && queue.spec.dead_letter_queue.empty()) {
      check_order(queue, queue_id, received, batch);
      if (history_.failed()) return;
    }
    if (message.doubtful_in != history_.life()) message.maybe_gone = false;
    message.queue = name;
    message.queue_id = queue_id;
    message.group = received.group;
    message.last_received = history_.tick();
    message.receipt = received.receipt;
    message.hidden_until = at + visibility;
    message.life = history_.life();
    message.epoch = history_.epoch();
    batch.insert(received.token);
  }
}

// A move task makes a new message of an old one: one that was where such a task takes messages from.
bool QueueAuditor::replace_moved(Item& item, const std::string& name) {
  for (const std::string& id : item.ids) {
    Message& old = messages_.at(id);
    const bool moved = std::ranges::any_of(queues_, [&](const auto& entry) {
      const auto& [source, queue] = entry;
      return queue.moved_to.contains(name) && (old.queue == source || moves(old.queue, source) || old.queue == name);
    });
    if (old.gone || !moved) continue;
    old.gone = history_.tick();
    item.ids.erase(id);
    return true;
  }
  return false;
}

bool QueueAuditor::is_held(const Message& message) const {
  return history_.remembers(message.life, message.epoch) &&
         history_.latest_since(message.last_received) < message.hidden_until;
}

bool QueueAuditor::surely_before(const Item& a, const Item& b) {
  if (a.put.sequence && b.put.sequence) return *a.put.sequence < *b.put.sequence;
  return a.put.window.until < b.put.window.from;
}

// Whatever of the group came before must be gone, or have come with this.
void QueueAuditor::check_order(const Queue& queue, QueueId id, const Received& received,
                               const std::set<std::string>& batch) {
  const Item* item = find(queue.spec.name, received.token);
  if (item == nullptr) return;
  for (const Key& key : groups_[{queue.spec.name, item->put.group}]) {
    const Item& other = items_.at(key);
    if (key.second == received.token || batch.contains(key.second)) continue;
    bool held = false, alive = false;
    for (const std::string& other_id : other.ids) {
      const Message& message = messages_.at(other_id);
      if (message.gone || message.maybe_gone || message.queue_id != id || message.queue != queue.spec.name) continue;
      alive = true;
      held = held || is_held(message);
    }
    if (held) return history_.fail("its group is locked by " + key.second + ": " + name_of(received, queue.spec.name));
    if (!surely_before(other, *item) || other.waived || expired_maybe(other)) continue;
    if (alive || (other.ids.size() < other.put.must && !queues_.at(queue.spec.name).moved_to.size()))
      return history_.fail("it has overtaken " + key.second + " of its group: " + name_of(received, queue.spec.name));
  }
}

void QueueAuditor::deletion_begins(const std::string& id) {
  const auto found = messages_.find(id);
  if (found != messages_.end() && !found->second.gone) doubt(found->second);
}

void QueueAuditor::deleted(const std::string& name, const std::string& id, const std::string& receipt, Outcome outcome,
                           Tick began) {
  const auto found = messages_.find(id);
  if (found == messages_.end() || outcome == Outcome::kRefused) return;
  Message& message = found->second;
  if (message.gone) return;
  // It is gone for sure if this receipt still held the message; else somebody may have received it meanwhile.
  const bool held = message.receipt == receipt && message.queue == name && is_held(message);
  if (outcome == Outcome::kDone && held && message.last_received < began) {
    message.gone = history_.tick();
  } else {
    doubt(message);
  }
}

void QueueAuditor::visibility_changed(const std::string& name, const std::string& id, const std::string& receipt,
                                      TimePoint until, Outcome outcome) {
  const auto found = messages_.find(id);
  if (found == messages_.end() || outcome == Outcome::kRefused) return;
  Message& message = found->second;
  const bool held = message.receipt == receipt && message.queue == name && is_held(message);
  message.hidden_until = held ? until : TimePoint::min();
}

void QueueAuditor::may_be_gone(const std::string& name) {
  for (auto& [id, message] : messages_)
    if (message.queue == name && !message.gone) doubt(message);
}

// ---- sums

void QueueAuditor::counted(const std::string& name, std::uint64_t total) {
  const Queue& queue = queues_.at(name);
  if (movable(name) || queue.spec.is_dead_letter_queue || queue.spec.takes_letters || !queue.id.settled() ||
      queue.id.latest() == 0 || queue.spec.takes_ticks ||
      std::ranges::any_of(queues_, [&](const auto& entry) { return moves(entry.first, name); }))
    return;
  std::uint64_t least = 0, most = 0;
  for (auto item = items_.lower_bound({name, ""}); item != items_.end() && item->first.first == name; ++item) {
    std::uint64_t gone = 0, maybe_gone = 0;
    for (const std::string& id : item->second.ids) {
      const Message& message = messages_.at(id);
      if (message.gone) ++gone;
      if (message.maybe_gone) ++maybe_gone;
    }
    if (!expired_surely(item->second))
      most += item->second.put.may - std::min<std::uint64_t>(gone, item->second.put.may);
    const std::uint64_t not_there = gone + maybe_gone;
    if (!item->second.waived && !expired_maybe(item->second) && item->second.put.must > not_there)
      least += item->second.put.must - not_there;
  }
  if (total < least || total > most)
    history_.fail("queue " + name + " says it holds " + std::to_string(total) + " messages; there are " +
                  std::to_string(least) + " to " + std::to_string(most));
}

void QueueAuditor::conclude(Tick drain_began) {
  for (const auto& [key, item] : items_) {
    if (item.waived || expired_maybe(item)) continue;
    if (item.ids.size() < item.put.must)
      return history_.fail("accepted and never seen: " + key.second + " of queue " + key.first + " (" +
                           std::to_string(item.ids.size()) + " of " + std::to_string(item.put.must) + ")");
    // A move task makes a new message of an old one.
    std::size_t moved = movable(key.first) ? item.ids.size() - item.put.must : 0;
    for (const std::string& id : item.ids) {
      const Message& message = messages_.at(id);
      if (message.gone || message.maybe_gone || message.last_received >= drain_began) continue;
      if (moved-- == 0)
        return history_.fail("received once, never deleted, and gone: " + key.second + " (message " + id +
                             " of queue " + message.queue + ")");
    }
  }
}

}  // namespace eventbus::simulation
