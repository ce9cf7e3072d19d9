#pragma once

#include "base/clock.h"
#include "bus/bus_log.h"
#include "bus/reset.h"
#include "bus/scope.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace eventbus {

// What became of one event on one bus, as far as it is known.
struct EventTimeline {
  struct Attempt {
    std::uint32_t number = 0;  // 1 for the first
    TimePoint ended_at;
    AttemptOutcome::Kind outcome = AttemptOutcome::kDelivered;
    std::string code, message;  // of one that was no success
    std::optional<unsigned> http_status;
  };
  // What one rule has for one target.
  struct Delivery {
    enum State { kWaiting, kDelivered, kFailed };
    std::string invocation_id, rule_arn, target_arn;
    State state = kWaiting;
    std::uint32_t attempts_made = 0;
    std::vector<Attempt> attempts;  // the last ones
    std::optional<TimePoint> ended_at;
    std::string code, message;  // of kFailed
    std::optional<std::string> dead_letter_arn;
    bool dead_letter_kept = false;
  };

  Scope scope;  // of the bus
  std::string bus, event_id;
  bool forwarded = false;  // by a rule of another bus
  TimePoint received_at;
  std::shared_ptr<const std::string> event;  // the envelope, readable behind as Event::json
  std::vector<std::string> rules;            // ARNs of those that matched
  std::vector<Delivery> deliveries;
};

// The last events and what became of them, for tests that wait for it (daemon/wait_command.h). A ring: the oldest give
// way to new ones, by number and by size. Safe to call from any thread.
class EventTimelines final : public BusLog::Observer {
 public:
  static constexpr std::size_t kAttemptsKept = 200;  // of one delivery

  EventTimelines(std::size_t events_max, std::size_t bytes_max) : events_max_(events_max), bytes_max_(bytes_max) {}

  void arrived(const BusLog::Arrival& arrival, const std::vector<BusLog::Match>& matches, TimePoint now) override;
  void attempt_ended(const BusLog::Invocation& invocation, const AttemptOutcome& outcome, TimePoint now) override;
  void succeeded(const BusLog::Invocation& invocation, TimePoint now) override;
  void failed(const BusLog::Invocation& invocation, const DeliveryFailure& failure, bool dead_letter_kept,
              TimePoint now) override;

  // Events are numbered as they come, from 1; an event on two buses has two numbers.
  struct Bounds {
    std::uint64_t oldest = 1, newest = 0;
  };
  Bounds bounds() const;
  // Calls `visit` for those that are kept of the numbers from `from` on, in order, with the ring locked: to be quick.
  void visit(std::uint64_t from, const std::function<void(std::uint64_t number, const EventTimeline&)>& visit) const;
  // The same for one of them; nothing when it is not kept (any more).
  void look_at(std::uint64_t number, const std::function<void(const EventTimeline&)>& look) const;

  // Called with the ring locked whenever something has changed, until it goes out of scope. To be quick, and not to
  // call us.
  class Listener {
   public:
    Listener(EventTimelines& timelines, std::function<void()> changed);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

   private:
    EventTimelines& timelines_;
    std::uint64_t id_;
  };

  // Forgets events of these buses; their numbers are not given again. How many that were.
  std::size_t forget(const ResetScope& scope);

 private:
  // What a delivery did, and whose it is.
  struct Step {
    std::string invocation_id, rule_arn, target_arn;
    std::optional<std::string> dead_letter_arn;
    std::function<void(EventTimeline::Delivery&)> take;
  };
  struct Kept {
    std::string key;
    std::optional<EventTimeline> timeline;  // nothing: forgotten
  };
  static constexpr std::size_t kEarlyMax = 1'000;

  static std::string key_of(const Scope& scope, std::string_view bus, std::string_view event_id, TimePoint accepted_at);
  void take_step(const BusLog::Invocation& invocation, std::function<void(EventTimeline::Delivery&)> take);
  static void apply(EventTimeline& timeline, const Step& step);
  // With mutex_ held:
  EventTimeline* find(const std::string& key);
  EventTimeline& add(const std::string& key, const BusLog::Arrival& arrival, TimePoint now);
  void keep_for_later(const std::string& key, Step step);
  void forget_oldest();
  void tell() const;

  const std::size_t events_max_, bytes_max_;
  mutable std::mutex mutex_;
  std::deque<Kept> kept_;  // the first has the number first_
  std::uint64_t first_ = 1;
  std::size_t bytes_ = 0;  // of the events in kept_
  std::unordered_map<std::string, std::uint64_t> numbers_;
  // A delivery may begin before whoever accepted its event comes to tell us of it: steps of events that we do not know,
  // yet or any more.
  std::unordered_multimap<std::string, Step> early_;
  std::deque<std::string> early_order_;
  std::uint64_t last_listener_ = 0;
  std::map<std::uint64_t, std::function<void()>> listeners_;
};

}  // namespace eventbus
