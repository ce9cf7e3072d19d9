#pragma once

#include "base/clock.h"
#include "base/rng.h"
#include "net/deadline.h"
#include "workers/transcription/cancellable_run.h"
#include "workers/transcription/event_publisher.h"
#include "workers/transcription/job_queue.h"
#include "workers/transcription/job_records.h"
#include "workers/transcription/recent_ids.h"
#include "workers/transcription/transcriber.h"
#include "workers/transcription/visibility_heartbeat.h"
#include "workers/transcription/worker_metrics.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus::transcription {

// The job loop: each slot polls the queue for one message at a time and sees it through –
//   transcribe → publish `Transcription Completed` → delete the message.
// The message stays ours meanwhile (VisibilityHeartbeat). The event is published before the message is deleted, so a
// crash in between repeats it, and loses none. What fails goes back to the queue; the last receive that the queue's
// redrive policy allows publishes `failed` and notes that it did (JobRecords), for whoever finds the message in the
// dead-letter queue (DeadLetterWatch). One thread.
class Worker {
 public:
  struct Options {
    std::vector<Slot> slots;
    JobPlaces places;
    Duration visibility{120'000};
    Duration wait{20'000};          // of a long poll
    Duration retry_delay{10'000};   // of the first retry; doubled for each further one
    std::size_t receives_max = 5;   // of queues without a redrive policy
    Duration idle_stop{0};          // 0 = never
    Duration stop_timeout{20'000};  // for jobs under way, before they are given back
  };
  struct Parts {
    JobQueue& queue;
    EventPublisher& publisher;
    Transcriber& transcriber;
    JobRecords& records;
    WorkerMetrics& metrics;
    Clock& clock;
    Rng& rng;
    spdlog::logger& log;
  };
  Worker(Options options, Parts parts);

  // Until it is told to stop, or has had nothing to do for idle_stop.
  asio::awaitable<void> run();
  // Takes no more jobs; those under way have stop_timeout to finish, then their messages go back to the queue. Within
  // run()'s executor.
  void request_stop();
  // The last receive got an answer.
  bool healthy() const { return healthy_; }
  // Message ids whose `failed` this process has published.
  const RecentIds& told() const { return told_; }

 private:
  // What a slot is doing.
  struct Post {
    Slot slot;
    CancellableRun receive, work;
  };
  struct Attempt;

  asio::awaitable<void> serve(Post& post);
  // Polls until there is one, or until it is cancelled.
  asio::awaitable<void> receive(std::optional<QueueMessage>& message);
  asio::awaitable<void> handle(Post& post, QueueMessage message);
  asio::awaitable<void> work(Post& post, Attempt& attempt);
  asio::awaitable<void> transcribe(Post& post, Attempt& attempt);
  asio::awaitable<void> settle(Post& post, Attempt& attempt);
  asio::awaitable<void> settle_failure(Post& post, Attempt& attempt, JobFailure failure);
  asio::awaitable<bool> publish(Post& post, Attempt& attempt, boost::json::object detail);
  asio::awaitable<void> note_failure(const Attempt& attempt, const JobFailure& failure);
  asio::awaitable<void> remove(Attempt& attempt);
  asio::awaitable<void> give_back(Attempt& attempt, Duration delay);
  asio::awaitable<void> refresh_facts();
  asio::awaitable<void> stop_if_idle();
  Duration retry_delay(std::size_t receive_count);
  bool is_last_try(const QueueMessage& message) const;

  const Options options_;
  const Parts parts_;
  std::list<Post> posts_;
  std::size_t serving_ = 0;
  std::unique_ptr<asio::steady_timer> changed_;           // never expires: cancelled when a slot has ended
  std::map<std::string, std::shared_ptr<Lease>> leases_;  // by message id: what runs here
  RecentIds finished_;                                    // message ids that only have to be deleted
  RecentIds told_;
  QueueFacts facts_;
  std::optional<TimePoint> facts_at_;
  TimePoint busy_at_;
  bool stopping_ = false, giving_up_ = false;
  bool healthy_ = true;
  std::unique_ptr<net::Deadline> stop_deadline_;
};

}  // namespace eventbus::transcription
