#pragma once

#include "bus/delivery_target.h"
#include "tests/simulation/history.h"
#include "tests/simulation/queue_auditor.h"
#include "tests/simulation/specs.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace eventbus::simulation {

// The auditor's idea of deliveries that are attempts: what each target was asked for, when, and what became of it.
// Holds: nothing is attempted that no rule sent; not again once it has succeeded, but for a crash that forgot; not two
// attempts at once; not before its time; not more often and not later than the policy says; and in the end it has
// succeeded, or is a dead letter, or was dropped as it may be.
class LaneAuditor {
 public:
  explicit LaneAuditor(History& history) : history_(history) {}

  struct Sent {
    std::string token;
    std::vector<TargetSpec> specs;  // of the targets that it may have been sent to, all of one ARN
    unsigned must = 0, may = 0;
    Window window;  // of the acceptance
  };
  // Once for each token and function; a second call corrects the first.
  void sent(const Sent& sent);
  bool knows(const std::string& token, const std::string& function) const;
  // It was sent for sure; or it may have been sent so often, by now.
  void require(const std::string& token, const std::string& function);
  void allow(const std::string& token, const std::string& function, unsigned may);
  // A target's policy counts for what waits already.
  void policy_changes(const std::string& rule, const std::string& target, const TargetSpec& spec);
  // Dead letters of this function in this queue may have been sent back to it: which they may be.
  std::vector<std::string> redriven(const std::string& queue, const std::string& function);
  // How many dead letters there may be of it, in all.
  unsigned letters_max(const std::string& token, const std::string& function) const;
  // While a target is hidden what waits for it does not age, and attempts may be missing.
  void target_is_hidden(const std::string& function, Duration for_so_long);

  using AttemptId = std::uint64_t;
  AttemptId begins(const std::string& token, const std::string& function, std::uint32_t number);
  void ends(AttemptId attempt, const AttemptOutcome& outcome);
  // Nobody waits for its answer any more: it came too late, or the daemon has ended.
  void given_up(AttemptId attempt, bool done_all_the_same);

  struct Letter {
    std::string message_id, condition, retries;
    bool is_new = false;
  };
  // A dead letter of it has been seen.
  void dead_letter(const std::string& token, const std::string& function, const Letter& letter);

  std::size_t attempts() const { return attempts_.size(); }

  void conclude(const QueueAuditor& queues);

 private:
  struct Attempt {
    Tick began = 0, ended = 0;  // 0: under way
    TimePoint at, end_at;
    std::uint64_t life = 0, epoch = 0;
    enum { kUnderWay, kDelivered, kRetry, kFailed, kGivenUp } result = kUnderWay;
    Duration retry_after{0};
  };
  struct Delivery {
    Sent sent;
    std::vector<TargetSpec> policies;  // that it was given later
    std::vector<AttemptId> attempts;
    unsigned redrives = 0;
    bool hidden = false;
    std::set<std::string> letters;  // MessageIds
    std::uint64_t crashes_at_first = 0;
  };
  using Key = std::pair<std::string, std::string>;  // token, function

  struct Change {  // of a target's policy
    std::string way;
    TimePoint at;
    TargetSpec spec;
  };

  static bool goes_this_way(const std::string& token, const std::string& way);
  static std::vector<TargetSpec> policies_of(const Delivery& delivery);
  void check_again(const Delivery& delivery, const Attempt& last, const std::string& name);
  void check_policy(const Delivery& delivery, std::uint32_t number, const std::string& name);
  bool may_be_dropped(const Delivery& delivery, const QueueAuditor& queues) const;

  History& history_;
  std::map<Key, Delivery> deliveries_;
  std::map<std::string, Duration> hidden_until_;  // functions
  std::map<AttemptId, Attempt> attempts_;
  std::map<AttemptId, Key> of_attempt_;
  std::vector<Change> changes_;
  AttemptId last_ = 0;
};

}  // namespace eventbus::simulation
