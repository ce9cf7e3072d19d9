#pragma once

#include "bus/delivery_target.h"
#include "bus/queue_messages.h"
#include "bus/replay_record.h"
#include "storage/queue_store.h"
#include "tests/simulation/archive_auditor.h"
#include "tests/simulation/history.h"
#include "tests/simulation/lane_auditor.h"
#include "tests/simulation/queue_auditor.h"
#include "tests/simulation/rule_book.h"
#include "tests/simulation/schedule_book.h"
#include "tests/simulation/specs.h"
#include "tests/simulation/web_auditor.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace eventbus::simulation {

bool is_letter(const LeasedMessage& message);

// Watches everything that clients are told and that targets and consumers see, and holds it against an independent,
// simple idea of what a bus is. It never looks into the bus. What a client was told in so many words counts; what was
// under way when an error of the disk or a crash came may have happened or not, but only as a whole.
class Auditor {
 public:
  Auditor(const SimulationClock& clock, Trace& trace)
      : history(clock, trace), queues(history), lanes(history), archives(history, rules), web(history) {}

  History history;
  RuleBook rules;
  QueueAuditor queues;
  LaneAuditor lanes;
  ArchiveAuditor archives;
  ScheduleBook schedules;
  WebAuditor web;

  using Outcome = QueueAuditor::Outcome;

  // ---- PutEvents (auditor_events.cpp)

  using PublishId = std::size_t;
  PublishId publish_begins(std::vector<EventSpec> events);
  void publish_ends(PublishId publish, Outcome outcome);

  // ---- SendMessage and SendMessageBatch (auditor_sends.cpp)

  struct Send {
    std::string token, queue, group, deduplication_id;
    Duration delay{0};
  };
  using SendId = std::size_t;
  SendId send_begins(const Send& send, QueueId queue);
  void send_ends(SendId send, Outcome outcome, const SentMessage& sent);

  // ---- replays (auditor_replays.cpp)

  void replay_begins(ReplaySpec replay);
  void replay_refused(const std::string& name);  // it never was
  void replay_acknowledged(const std::string& name);
  // It is over: as the daemon says, so many events were replayed.
  void replay_ends(const std::string& name, ReplayState state, std::uint64_t replayed);
  // The daemon knows nothing of it.
  void replay_is_missing(const std::string& name);
  std::vector<std::string> replays_under_way() const;
  // The archive may have been missing since the replay began.
  bool replay_may_fail(const std::string& name) const;

  // ---- schedules (auditor_schedules.cpp)

  // It is gone, as it was to be after its last time.
  void schedule_completed(const std::string& name, const ScheduleSpec& spec);

  // ---- targets and consumers

  using AttemptId = LaneAuditor::AttemptId;
  AttemptId attempt_begins(const DeliveryAttempt& attempt);
  void attempt_ends(AttemptId attempt, const AttemptOutcome& outcome);
  void attempt_given_up(AttemptId attempt, bool done_all_the_same);
  bool is_under_way(AttemptId attempt) const { return attempts_.contains(attempt); }

  struct ReceivedBatch {
    std::string queue;
    QueueId id = 0;
    Tick began = 0;
    Duration visibility{0};
  };
  void received(const ReceivedBatch& batch, const ReceivedMessages& messages);
  // What a log group holds, from its first entry to its last.
  void log_read(const std::string& group, const std::vector<std::string>& messages);
  // DeadLetters::redrive of one function's letters in one queue.
  void letters_redriven(const std::string& queue, const std::string& function);

  // ---- the machine

  void life_begins();
  void life_ends(bool crash);
  // Called whenever nothing is left to do at a moment.
  void look();

  std::size_t under_way() const { return publishing_.size() + sending_.size() + replays_under_way().size(); }
  bool knows_event(const std::string& event) const { return event_of_.contains(event); }
  std::size_t events() const { return event_of_.size(); }
  std::size_t occurrences() const { return occurrences_; }

  void conclude(Tick drain_began);

 private:
  struct Publish {
    std::vector<EventSpec> events;
    Window window;
    Tick planned_until = kNever;  // by then it was said which rules it matches
    enum { kUnderWay, kAccepted, kRefused, kDoubtful } fate = kUnderWay;
    bool seen = false;  // something of it
  };
  struct Sending {
    Send send;
    QueueId queue = 0;
    Window window;
    enum { kUnderWay, kDone, kRefused, kDoubtful } fate = kUnderWay;
    SentMessage sent;
  };
  struct LogCount {
    unsigned must = 0, may = 0;
  };
  // What must come of a schedule, if nothing comes between: `rule` is a rule, or a schedule of Scheduler's.
  struct Due {
    std::string rule;
    std::variant<RuleSpec, ScheduleSpec> spec;
    TimePoint at;
    Duration passed{0}, confirmed_at{0};
    Tick tick = 0;
  };

  // auditor_events.cpp
  void learn(PublishId publish, bool must);
  void learn(const Publish& publish, const EventSpec& event, bool must);
  using Puts = std::map<std::pair<std::string, std::string>, QueueAuditor::Put>;  // by token and queue
  void learn_letter(const std::string& token, const Expected& expected, bool must, const Window& window, Puts& puts);
  bool meet(const std::string& event);
  const EventSpec& event_of(const std::string& event) const;
  bool meet_occurrence(const std::string& token);
  void read_letter(const ReceivedBatch& batch, const LeasedMessage& message, QueueAuditor::Received& received);
  const Expected* expected_of(const std::string& event, const std::string& rule, const std::string& arn,
                              std::vector<Expected>& all);
  std::string identify(const ReceivedBatch& batch, const LeasedMessage& message);

  // auditor_replays.cpp
  struct Replay {
    ReplaySpec spec;
    Window window;
    Tick acknowledged = kNever;
    bool over = false;
    std::vector<PublishId> events;
  };
  void meet_replayed(const std::string& event);
  void add_replayed(Replay& replay, const std::string& original);

  // auditor_sends.cpp
  void weigh(const std::string& token, const std::string& queue);
  bool surely_duplicate(const Sending& first, const Sending& second) const;
  bool surely_apart(const Sending& first, const Sending& second) const;
  static bool same_name(const Sending& a, const Sending& b, const QueueSpec& spec);

  // auditor_schedules.cpp
  void look_at_schedules();
  void look_at_minute(TimePoint minute);
  void confirm(const Due& due);
  void confirm_rule(const Due& due, const RuleSpec& spec);
  void confirm_schedule(const Due& due, const ScheduleSpec& spec);
  struct Occurrence {
    TimePoint at;
    std::string way, target;  // a rule, or schedule_way()
  };
  static std::optional<Occurrence> occurrence_in(std::string_view token);
  std::vector<TargetSpec> targets_of_rule(const Occurrence& occurrence) const;
  std::vector<TargetSpec> targets_of_schedule(const Occurrence& occurrence) const;
  // It was fired at this moment: not before its time, and not when it was too late.
  void check_fired_at(const std::string& token, TimePoint fired_at);
  void expect_occurrence(const std::string& token, const std::vector<TargetSpec>& specs, TimePoint at, bool must,
                         unsigned extra);
  void conclude_schedules();

  std::vector<Publish> publishes_;
  std::set<PublishId> publishing_;
  std::map<std::string, std::pair<PublishId, std::size_t>> event_of_;  // by EventSpec::identity()
  std::map<std::string, Replay> replays_;
  std::vector<Sending> sends_;
  std::set<SendId> sending_;
  std::map<std::pair<std::string, std::string>, std::vector<SendId>> sends_of_;  // of a queue and a token
  std::map<std::pair<std::string, std::string>, LogCount> log_counts_;           // of a group and an event
  std::set<AttemptId> attempts_;                                                 // under way
  std::vector<Due> due_;
  TimePoint schedules_seen_ = TimePoint::min();
  std::size_t occurrences_ = 0;
  std::map<std::pair<std::string, TimePoint>, std::set<std::string>> fired_;  // targets, of schedules' occurrences
  std::set<std::pair<std::string, TimePoint>> must_have_fired_;
};

}  // namespace eventbus::simulation
