#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "bus/bus_catalog.h"
#include "bus/invocation_plan.h"
#include "bus/lane_listener.h"
#include "bus/queue_directory.h"
#include "storage/queue_browser.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eventbus {

// A dead letter of a rule's or a schedule's target, as it lies in its queue (behaviour §15).
struct DeadLetter {
  MessageKey key;
  std::string message_id;
  std::string rule_arn, schedule_arn, target_arn;  // empty: not one of EventBridge's
  std::string execution_id, scheduled_time;        // of a schedule's
  std::string error_code, error_message;
  std::string body;  // the input that the target did not get
  TimePoint sent_at;
  std::uint32_t receives = 0;
  bool in_flight = false;  // a consumer has it at the moment
};

// Which dead letters: all conditions that are given hold.
struct DeadLetterFilter {
  std::string message_id;
  std::string rule;    // or schedule: ARN or name
  std::string target;  // ARN
  std::string error_code;
};

// Looks after dead-letter queues of targets of rules and schedules: shows dead letters, sends them back to the target
// that failed, deletes them. Works through a queue in pages: each call looks at up to `count` messages behind `after`
// and tells where to go on, so that one who calls again sees every message once, in constant memory, at a pace of his
// choice.
//
// Redriving is one commit for a page: the delivery in the target's lane (or the message in its queue) and the end of
// the dead letter, so that neither is there without the other, whatever happens. The rule's event pattern is not asked
// again, and neither is its input transformer: the target gets what it should have got. Attempts and age count anew. Of
// a schedule the target, its parameters and its dead-letter queue are those it has now. A message that a consumer holds
// is left alone, and held while it is redriven. Safe to call from any thread.
class DeadLetters {
 public:
  struct Dependencies {
    const BusCatalog& catalog;
    const QueueDirectory& queues;
    Storage& storage;
    Clock& clock;
    Rng& rng;
    LaneListener* outbox = nullptr;              // told of deliveries put into lanes; may be null
    const ScheduleCatalog* schedules = nullptr;  // null, and then the next too: there are none
    InvocationPlan* invocations = nullptr;
    ScheduleLanes* schedule_lanes = nullptr;
  };
  explicit DeadLetters(Dependencies dependencies) : dependencies_(dependencies) {}

  struct Page {
    std::uint64_t after = 0;
    std::size_t count = 100;
  };
  struct Listed {
    std::vector<DeadLetter> letters;    // of those looked at, which the filter takes
    std::optional<std::uint64_t> next;  // the next page's `after`; none: this was the last
  };
  // Errors are the storage's.
  asio::awaitable<Result<Listed>> list(QueueId queue, DeadLetterFilter filter, Page page);

  struct Failure {
    std::string message_id;
    std::string reason;
  };
  struct Settled {
    std::size_t done = 0;       // redriven or deleted; in a dry run, what would be
    std::size_t in_flight = 0;  // left alone: a consumer has them
    std::vector<Failure> failures;
    std::optional<std::uint64_t> next;
  };
  asio::awaitable<Result<Settled>> redrive(QueueId queue, DeadLetterFilter filter, Page page, bool dry_run);
  asio::awaitable<Result<Settled>> purge(QueueId queue, DeadLetterFilter filter, Page page, bool dry_run);

 private:
  enum class Action { kRedrive, kPurge };

  asio::awaitable<Result<Settled>> settle(QueueId queue, DeadLetterFilter filter, Page page, bool dry_run,
                                          Action action);
  Result<NewMessage> redriven(const DeadLetter& letter, std::string trace_header, Commit& commit) const;
  Result<NewMessage> redriven_of_schedule(const DeadLetter& letter, Commit& commit) const;
  Result<CompiledTarget> failed_target(const DeadLetter& letter) const;

  Dependencies dependencies_;
};

}  // namespace eventbus
