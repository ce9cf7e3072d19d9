#pragma once

#include "workers/transcription/event_publisher.h"
#include "workers/transcription/job_queue.h"
#include "workers/transcription/job_records.h"
#include "workers/transcription/recent_ids.h"
#include "workers/transcription/worker_metrics.h"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus::transcription {

// A worker that dies in the last receive which the queue allows leaves its job in the dead-letter queue, and nobody has
// told of it. So the workers look there: at jobs of their queue that SQS has moved and of which neither JobRecords nor
// this process knows that somebody told. Such a job is told of now – `failed`, or, where its transcript had been
// stored, what that transcript is – with the deduplication id it would have had. What has failed stays where it is;
// what was completed is deleted. Messages of the queue that are no jobs are counted, and logged once: they have no
// place for a record and nothing that an event could say, and whoever received them last has most likely published
// `InvalidJob`.
//
// Looking is receiving: it counts as a receive and hides the messages for its time, a few milliseconds each. So it
// happens only when the number of messages there has changed, and now and then; and not where it would move them on, in
// a dead-letter queue that has one of its own. One thread.
class DeadLetterWatch {
 public:
  static constexpr Duration kHeld{60'000};               // a look hides what it has seen for so long at most
  static constexpr Duration kLongestLook{40'000};        // then it goes on with the next one
  static constexpr Duration kLongestTrust{15 * 60'000};  // in a number that has not changed

  struct Options {
    JobPlaces places;
    Duration pace{60'000};
  };
  struct Parts {
    JobQueue& jobs;
    std::function<std::unique_ptr<JobQueue>(const std::string& arn)> open;
    EventPublisher& publisher;
    JobRecords& records;
    const RecentIds& told;  // message ids: this process has published their failure
    WorkerMetrics& metrics;
    Clock& clock;
    spdlog::logger& log;
  };
  DeadLetterWatch(Options options, Parts parts) : options_(std::move(options)), parts_(parts) {}

  // Looks at once, and then at its pace, until request_stop(). What it waits for then is ended by cancelling it; of a
  // message that it has begun to tell of it tells, and what it holds goes back.
  asio::awaitable<void> run();
  void request_stop() { stopping_ = true; }
  // Once. An error: it could not look.
  asio::awaitable<Result<void>> look();

 private:
  struct Look;
  asio::awaitable<Result<bool>> worth_a_look();
  asio::awaitable<void> receive_all(Look& look);
  asio::awaitable<void> give_back();
  asio::awaitable<void> tell_of(Look& look, QueueMessage message);
  void note_unreadable(Look& look, const QueueMessage& message, const Error& why);
  asio::awaitable<bool> publish(boost::json::object detail, const Job& job, WorkerMetrics::End end);

  const Options options_;
  const Parts parts_;
  std::string jobs_arn_, letters_arn_;
  std::unique_ptr<JobQueue> letters_;
  std::vector<std::string> held_;    // handles of what is to be given back
  std::set<std::string> settled_;    // message ids of the last look that need no more looking at
  std::optional<std::size_t> seen_;  // how many there were, when all were looked at
  std::optional<TimePoint> seen_at_;
  bool warned_ = false, stopping_ = false;
};

}  // namespace eventbus::transcription
