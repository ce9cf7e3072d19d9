#pragma once

#include "bus/delivery_target.h"
#include "bus/queue_messages.h"
#include "storage/queue_store.h"
#include "tests/simulation/history.h"
#include "tests/simulation/lane_auditor.h"
#include "tests/simulation/queue_auditor.h"
#include "tests/simulation/rule_book.h"
#include "tests/simulation/specs.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::simulation {

// Watches everything that clients are told and that targets and consumers see, and holds it against an independent,
// simple idea of what a bus is. It never looks into the bus. What a client was told in so many words counts; what was
// under way when an error of the disk or a crash came may have happened or not, but only as a whole.
class Auditor {
 public:
  Auditor(const SimulationClock& clock, Trace& trace) : history(clock, trace), queues(history), lanes(history) {}

  History history;
  RuleBook rules;
  QueueAuditor queues;
  LaneAuditor lanes;

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

  // ---- targets and consumers

  using AttemptId = LaneAuditor::AttemptId;
  AttemptId attempt_begins(const DeliveryAttempt& attempt);
  void attempt_ends(AttemptId attempt, const AttemptOutcome& outcome);
  void attempt_given_up(AttemptId attempt, bool done_all_the_same);

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

  std::size_t under_way() const { return publishing_.size() + sending_.size(); }
  std::size_t events() const { return event_of_.size(); }
  std::size_t occurrences() const { return occurrences_; }

  void conclude(Tick drain_began);

 private:
  struct Publish {
    std::vector<EventSpec> events;
    Window window;
    enum { kUnderWay, kAccepted, kRefused, kDoubtful } fate = kUnderWay;
    bool seen = false;    // something of it
    Tick learned_to = 0;  // expectations are known up to here
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
  struct Due {
    std::string rule;
    RuleSpec spec;
    TimePoint at;
    Duration passed{0};
    Tick tick = 0;
  };

  // auditor_events.cpp
  void learn(PublishId publish, bool must);
  void learn(const Publish& publish, const EventSpec& event, bool must);
  using Puts = std::map<std::pair<std::string, std::string>, QueueAuditor::Put>;  // by token and queue
  void learn_letter(const std::string& token, const Expected& expected, bool must, const Window& window, Puts& puts);
  bool meet(std::uint64_t number);
  bool meet_occurrence(const std::string& token);
  void read_letter(const ReceivedBatch& batch, const LeasedMessage& message, QueueAuditor::Received& received);
  const Expected* expected_of(std::uint64_t number, const std::string& rule, const std::string& arn,
                              std::vector<Expected>& all);
  std::string identify(const ReceivedBatch& batch, const LeasedMessage& message);

  // auditor_sends.cpp
  void weigh(const std::string& token, const std::string& queue);
  bool surely_duplicate(const Sending& first, const Sending& second) const;
  bool surely_apart(const Sending& first, const Sending& second) const;
  static bool same_name(const Sending& a, const Sending& b, const QueueSpec& spec);

  // auditor_schedules.cpp
  void look_at_schedules();
  void confirm(const Due& due);
  void expect_occurrence(const std::string& token, const std::vector<TargetSpec>& specs, TimePoint at, bool must);

  std::vector<Publish> publishes_;
  std::set<PublishId> publishing_;
  std::map<std::uint64_t, std::pair<PublishId, std::size_t>> event_of_;
  std::vector<Sending> sends_;
  std::set<SendId> sending_;
  std::map<std::pair<std::string, std::string>, std::vector<SendId>> sends_of_;  // of a queue and a token
  std::map<std::pair<std::string, std::uint64_t>, LogCount> log_counts_;         // of a group and an event
  std::set<AttemptId> attempts_;                                                 // under way
  std::vector<Due> due_;
  TimePoint schedules_seen_ = TimePoint::min();
  std::size_t occurrences_ = 0;
};

}  // namespace eventbus::simulation
