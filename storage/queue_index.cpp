#include "storage/queue_index.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

namespace eventbus {

namespace {

std::int64_t count(TimePoint when) { return when.time_since_epoch().count(); }
TimePoint time(std::int64_t when) { return TimePoint(Duration(when)); }

}  // namespace

bool QueueIndex::ByDue::before(Slot a, Slot b) const {
  const Entry &left = (*entries)[a], &right = (*entries)[b];
  return std::tie(left.due, left.sequence) < std::tie(right.due, right.sequence);
}

bool QueueIndex::ByAge::before(Slot a, Slot b) const {
  const Entry &left = (*entries)[a], &right = (*entries)[b];
  return std::tie(left.sent_at, left.sequence) < std::tie(right.sent_at, right.sequence);
}

bool QueueIndex::ByGroupDue::before(Slot a, Slot b) const {
  const Group &left = (*groups)[a], &right = (*groups)[b];
  return std::tie(left.due, left.sequence) < std::tie(right.due, right.sequence);
}

std::size_t QueueIndex::SequenceHash::operator()(std::uint64_t sequence) const {
  // Sequences are consecutive numbers: spread them over all bits (the finaliser of splitmix64).
  sequence = (sequence ^ (sequence >> 30)) * 0xbf58476d1ce4e5b9;
  sequence = (sequence ^ (sequence >> 27)) * 0x94d049bb133111eb;
  return sequence ^ (sequence >> 31);
}

QueueIndex::QueueIndex(bool fifo)
    : fifo_(fifo),
      by_sequence_(0, SequenceHash{&entries_}, SequenceEqual{&entries_}),
      ready_(ByDue{&entries_}),
      timed_(ByDue{&entries_}),
      ages_(ByAge{&entries_}),
      ready_groups_(ByGroupDue{&groups_}) {}

QueueIndex::~QueueIndex() = default;

// ---- messages come and go

void QueueIndex::insert(const IndexedMessage& message) {
  const Slot slot = allocate();
  Entry& entry = entries_[slot];
  entry.sequence = message.sequence;
  entry.sent_at = count(message.sent_at);
  entry.due = count(message.visible_at);
  entry.first_leased_at = count(message.first_leased_at);
  entry.attempt = message.attempt;
  entry.bytes = message.bytes;
  by_sequence_.insert(slot);
  ages_.insert(slot);
  bytes_ += entry.bytes;
  if (fifo_) append_to_group(slot, message.group);
  // Everything starts as waiting for its due time; the next advance finds it ready if it is.
  enter_state(slot, entry.attempt == 0 ? State::kDelayed : State::kInFlight);
  if (fifo_) refresh_group(entry.group);
}

bool QueueIndex::erase(std::uint64_t sequence) {
  const Slot slot = find_slot(sequence);
  if (slot == kNoSlot) return false;
  by_sequence_.erase(slot);
  Entry& entry = entries_[slot];
  if (entry.state != State::kExpired) {
    leave_state(slot);
    ages_.erase(slot);
    bytes_ -= entry.bytes;
    if (fifo_) remove_from_group(slot);
  }
  release(slot);
  return true;
}

void QueueIndex::clear() {
  by_sequence_.clear();
  by_sequence_.rehash(0);  // gives the memory back, as the assignments below do
  ready_.clear();
  timed_.clear();
  ages_.clear();
  ready_groups_.clear();
  expired_ = std::deque<std::uint64_t>();
  entries_ = Entries();
  free_ = std::vector<Slot>();
  groups_ = std::deque<Group>();
  free_groups_ = std::vector<Slot>();
  group_slots_ = decltype(group_slots_)();
  visible_ = in_flight_ = delayed_ = bytes_ = 0;
}

bool QueueIndex::contains(std::uint64_t sequence) const { return find_slot(sequence) != kNoSlot; }

std::optional<IndexedMessage> QueueIndex::find(std::uint64_t sequence) const {
  const Slot slot = find_slot(sequence);
  if (slot == kNoSlot) return std::nullopt;
  return describe(entries_[slot]);
}

IndexedMessage QueueIndex::describe(const Entry& entry) const {
  IndexedMessage message;
  message.sequence = entry.sequence;
  message.sent_at = time(entry.sent_at);
  message.visible_at = time(entry.due);
  message.first_leased_at = time(entry.first_leased_at);
  message.attempt = entry.attempt;
  message.bytes = entry.bytes;
  if (entry.group != kNoSlot) message.group = groups_[entry.group].name;
  return message;
}

Slot QueueIndex::find_slot(std::uint64_t sequence) const {
  const auto found = by_sequence_.find(sequence);
  return found == by_sequence_.end() ? kNoSlot : *found;
}

Slot QueueIndex::allocate() {
  if (free_.empty()) {
    const Slot first = static_cast<Slot>(entries_.chunks.size() * kChunk);
    entries_.chunks.push_back(std::make_unique<std::array<Entry, kChunk>>());
    for (Slot i = kChunk; i > 0; --i) free_.push_back(first + i - 1);
  }
  const Slot slot = free_.back();
  free_.pop_back();
  return slot;
}

void QueueIndex::release(Slot slot) {
  entries_[slot] = Entry{};
  free_.push_back(slot);
  // An empty queue gives its memory back, so that a burst does not stay for ever.
  if (by_sequence_.empty() && entries_.chunks.size() > 1) clear();
}

// ---- states

void QueueIndex::leave_state(Slot slot) {
  Entry& entry = entries_[slot];
  switch (std::exchange(entry.state, State::kFree)) {
    case State::kReady:
      --visible_;
      if (!fifo_) ready_.erase(slot);
      break;
    case State::kDelayed:
      --delayed_;
      timed_.erase(slot);
      break;
    case State::kInFlight:
      --in_flight_;
      timed_.erase(slot);
      if (fifo_) --groups_[entry.group].in_flight;
      break;
    case State::kExpired:
    case State::kFree:
      break;
  }
}

void QueueIndex::enter_state(Slot slot, State state) {
  Entry& entry = entries_[slot];
  entry.state = state;
  switch (state) {
    case State::kReady:
      ++visible_;
      if (!fifo_) ready_.insert(slot);
      break;
    case State::kDelayed:
      ++delayed_;
      timed_.insert(slot);
      break;
    case State::kInFlight:
      ++in_flight_;
      timed_.insert(slot);
      if (fifo_) ++groups_[entry.group].in_flight;
      break;
    case State::kExpired:
    case State::kFree:
      break;
  }
}

void QueueIndex::set_state(Slot slot, State state, std::int64_t due) {
  leave_state(slot);
  entries_[slot].due = due;
  enter_state(slot, state);
  if (fifo_) refresh_group(entries_[slot].group);
}

void QueueIndex::advance(TimePoint now) {
  const std::int64_t at = count(now);
  for (Slot slot = timed_.front(); slot != kNoSlot && entries_[slot].due <= at; slot = timed_.front())
    set_state(slot, State::kReady, entries_[slot].due);
  if (retention_ <= Duration(0)) return;
  const std::int64_t horizon = at - retention_.count();
  for (Slot slot = ages_.front(); slot != kNoSlot && entries_[slot].sent_at <= horizon; slot = ages_.front()) {
    leave_state(slot);
    ages_.erase(slot);
    bytes_ -= entries_[slot].bytes;
    if (fifo_) remove_from_group(slot);
    enter_state(slot, State::kExpired);
    expired_.push_back(entries_[slot].sequence);
  }
}

// ---- leases

std::vector<QueueIndex::Leased> QueueIndex::lease(TimePoint now, TimePoint until, std::size_t limit) {
  advance(now);
  std::vector<Leased> leased;
  leased.reserve(std::min(limit, leasable()));
  if (fifo_) {
    lease_groups(count(now), count(until), limit, leased);
  } else {
    while (leased.size() < limit && !ready_.empty()) start_lease(ready_.front(), count(now), count(until), leased);
  }
  return leased;
}

std::optional<QueueIndex::Leased> QueueIndex::lease_one(std::uint64_t sequence, TimePoint now, TimePoint until) {
  advance(now);
  const Slot slot = find_slot(sequence);
  if (fifo_ || slot == kNoSlot || entries_[slot].state != State::kReady) return std::nullopt;
  std::vector<Leased> leased;
  start_lease(slot, count(now), count(until), leased);
  return leased.front();
}

void QueueIndex::start_lease(Slot slot, std::int64_t now, std::int64_t until, std::vector<Leased>& leased) {
  Entry& entry = entries_[slot];
  if (++entry.attempt == 1) entry.first_leased_at = now;
  leased.push_back({entry.sequence, entry.attempt, time(entry.sent_at), time(entry.first_leased_at), time(entry.due)});
  set_state(slot, State::kInFlight, until);
}

void QueueIndex::lease_groups(std::int64_t now, std::int64_t until, std::size_t limit, std::vector<Leased>& leased) {
  while (leased.size() < limit && !ready_groups_.empty()) {
    // The first lease locks the group and takes it off ready_groups_.
    Slot slot = groups_[ready_groups_.front()].head;
    while (slot != kNoSlot && leased.size() < limit && entries_[slot].state == State::kReady) {
      start_lease(slot, now, until, leased);
      slot = entries_[slot].group_next;
    }
  }
}

void QueueIndex::undo_lease(const Leased& leased) {
  const Slot slot = find_slot(leased.sequence);
  if (slot == kNoSlot) return;
  Entry& entry = entries_[slot];
  if (entry.attempt != leased.attempt || entry.state == State::kExpired) return;
  --entry.attempt;
  set_state(slot, State::kReady, count(leased.was_due));
}

LeaseState QueueIndex::state(std::uint64_t sequence, std::uint32_t attempt, TimePoint now) const {
  const Slot slot = find_slot(sequence);
  if (slot == kNoSlot || entries_[slot].state == State::kExpired) return LeaseState::kGone;
  const Entry& entry = entries_[slot];
  if (entry.attempt > attempt) return LeaseState::kSuperseded;
  // Fewer attempts than the lease says: a crash has forgotten the lease, nobody else had the message since.
  if (entry.attempt < attempt || entry.state != State::kInFlight || entry.due <= count(now))
    return LeaseState::kExpired;
  return LeaseState::kHeld;
}

LeaseState QueueIndex::extend(std::uint64_t sequence, std::uint32_t attempt, TimePoint until, TimePoint now) {
  advance(now);
  const LeaseState before = state(sequence, attempt, now);
  if (before != LeaseState::kHeld) return before;
  const Slot slot = find_slot(sequence);
  if (until > now) {
    set_state(slot, State::kInFlight, count(until));
  } else {
    set_state(slot, State::kReady, count(now));
  }
  return before;
}

bool QueueIndex::give_back(std::uint64_t sequence, std::uint32_t attempt, TimePoint now) {
  if (extend(sequence, attempt, now, now) != LeaseState::kHeld) return false;
  --entries_[find_slot(sequence)].attempt;
  return true;
}

// ---- FIFO groups

Slot QueueIndex::group_named(std::string_view name) {
  const auto found = group_slots_.find(name);
  if (found != group_slots_.end()) return found->second;
  Slot slot;
  if (free_groups_.empty()) {
    slot = static_cast<Slot>(groups_.size());
    groups_.emplace_back();
  } else {
    slot = free_groups_.back();
    free_groups_.pop_back();
  }
  groups_[slot].name = name;
  group_slots_.emplace(std::string(name), slot);
  return slot;
}

void QueueIndex::append_to_group(Slot slot, std::string_view name) {
  Entry& entry = entries_[slot];
  entry.group = group_named(name);
  Group& group = groups_[entry.group];
  entry.group_previous = group.tail;
  (group.tail == kNoSlot ? group.head : entries_[group.tail].group_next) = slot;
  group.tail = slot;
}

void QueueIndex::remove_from_group(Slot slot) {
  Entry& entry = entries_[slot];
  const Slot group_slot = std::exchange(entry.group, kNoSlot);
  Group& group = groups_[group_slot];
  (entry.group_previous == kNoSlot ? group.head : entries_[entry.group_previous].group_next) = entry.group_next;
  (entry.group_next == kNoSlot ? group.tail : entries_[entry.group_next].group_previous) = entry.group_previous;
  entry.group_previous = entry.group_next = kNoSlot;
  refresh_group(group_slot);
  if (group.head != kNoSlot) return;
  group_slots_.erase(group.name);
  group = Group{};
  free_groups_.push_back(group_slot);
}

// Puts the group where it belongs: on ready_groups_ if it is not locked and its first message is ready.
void QueueIndex::refresh_group(Slot slot) {
  Group& group = groups_[slot];
  const Entry* head = group.head == kNoSlot ? nullptr : &entries_[group.head];
  const bool ready = head && group.in_flight == 0 && head->state == State::kReady;
  if (group.listed && ready && group.due == head->due && group.sequence == head->sequence) return;
  if (std::exchange(group.listed, ready)) ready_groups_.erase(slot);
  if (!ready) return;
  group.due = head->due;
  group.sequence = head->sequence;
  ready_groups_.insert(slot);
}

// ---- what can be asked

std::optional<TimePoint> QueueIndex::next_due() const {
  const Slot slot = timed_.front();
  if (slot == kNoSlot) return std::nullopt;
  return time(entries_[slot].due);
}

QueueDepth QueueIndex::depth() const {
  QueueDepth depth;
  depth.visible = visible_;
  depth.in_flight = in_flight_;
  depth.delayed = delayed_;
  depth.bytes = bytes_;
  if (const Slot oldest = ages_.front(); oldest != kNoSlot) depth.oldest_sent_at = time(entries_[oldest].sent_at);
  return depth;
}

std::vector<std::uint64_t> QueueIndex::expired(std::size_t limit) {
  // Erased from the front, mostly in this order: nothing is looked at again and again.
  while (!expired_.empty() && !contains(expired_.front())) expired_.pop_front();
  std::vector<std::uint64_t> found;
  for (auto sequence = expired_.begin(); sequence != expired_.end() && found.size() < limit; ++sequence)
    if (contains(*sequence)) found.push_back(*sequence);
  return found;
}

std::vector<std::uint64_t> QueueIndex::sequences() const {
  std::vector<std::uint64_t> all;
  all.reserve(by_sequence_.size());
  for (const Slot slot : by_sequence_) all.push_back(entries_[slot].sequence);
  return all;
}

}  // namespace eventbus
