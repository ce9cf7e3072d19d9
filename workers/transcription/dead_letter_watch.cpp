#include "workers/transcription/dead_letter_watch.h"

#include "base/log_value.h"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <utility>

namespace eventbus::transcription {

namespace {

// A cancellation that comes meanwhile does not end what is waited for.
auto from_now_on_uninterrupted() { return asio::this_coro::reset_cancellation_state(asio::disable_cancellation()); }
auto interruptible_again() { return asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation()); }

}  // namespace

struct DeadLetterWatch::Look {
  TimePoint end;
  std::set<std::string> settled;
  std::size_t count = 0;
  std::size_t unreadable = 0;
  bool whole = true;  // all of them were looked at, and none has to be looked at again
};

asio::awaitable<void> DeadLetterWatch::run() {
  while (!stopping_) {
    const auto looked = co_await look();
    if (stopping_) co_return;
    if (!looked && !std::exchange(warned_, true))
      parts_.log.warn("The dead-letter queue cannot be looked at; jobs that died with a worker may be missed. what={}",
                      log_value(looked.error().message));
    if (looked && std::exchange(warned_, false)) parts_.log.info("The dead-letter queue can be looked at again.");
    co_await parts_.clock.sleep_until(parts_.clock.now() + options_.pace);
  }
}

asio::awaitable<Result<void>> DeadLetterWatch::look() {
  CO_TRY(const bool worth, co_await worth_a_look());
  if (!worth) co_return Result<void>();
  Look look;
  look.end = parts_.clock.now() + kLongestLook;
  co_await receive_all(look);
  co_await from_now_on_uninterrupted();
  co_await give_back();
  co_await interruptible_again();
  settled_ = std::move(look.settled);
  parts_.metrics.unreadable_dead_letters(look.unreadable);
  seen_.reset();
  if (look.whole) seen_ = look.count;
  seen_at_ = parts_.clock.now();
  co_return Result<void>();
}

asio::awaitable<void> DeadLetterWatch::give_back() {
  for (const std::string& handle : std::exchange(held_, {})) {
    const auto given = co_await letters_->change_visibility(handle, Duration(0));
    if (!given && given.error().code == ErrorCode::kUnavailable) co_return;  // they come back by themselves
  }
}

asio::awaitable<Result<bool>> DeadLetterWatch::worth_a_look() {
  CO_TRY(const QueueFacts jobs, co_await parts_.jobs.facts());
  if (jobs.dead_letters_arn.empty()) co_return false;
  if (letters_arn_ != jobs.dead_letters_arn) {
    letters_ = parts_.open(jobs.dead_letters_arn);
    letters_arn_ = jobs.dead_letters_arn;
    seen_.reset();
  }
  jobs_arn_ = jobs.arn;
  CO_TRY(const QueueFacts letters, co_await letters_->facts());
  if (!letters.dead_letters_arn.empty()) co_return invalid(letters_arn_ + " has a dead-letter queue of its own");
  if (letters.waiting == 0) {
    parts_.metrics.unreadable_dead_letters(0);
    co_return false;
  }
  co_return seen_ != letters.waiting || parts_.clock.now() - *seen_at_ >= kLongestTrust;
}

asio::awaitable<void> DeadLetterWatch::receive_all(Look& look) {
  look.whole = true;
  while (parts_.clock.now() < look.end && !stopping_) {
    // AWS: a poll that does not wait may miss messages; then their number is not the one we have seen, and the next
    // look comes. One that waits may be ended by request_stop() when it has just been given one.
    auto received = co_await letters_->receive(kHeld, Duration(0));
    if (!received) break;
    if (!*received) co_return;
    ++look.count;
    co_await from_now_on_uninterrupted();
    co_await tell_of(look, **std::move(received));
    co_await interruptible_again();
  }
  look.whole = false;
}

asio::awaitable<void> DeadLetterWatch::tell_of(Look& look, QueueMessage message) {
  held_.push_back(message.receipt_handle);
  if (message.source_arn != jobs_arn_) {
    look.settled.insert(message.id);
    co_return;
  }
  const auto job = parse_job(message.body, options_.places);
  if (!job) note_unreadable(look, message, job.error());
  if (!job || settled_.contains(message.id) || parts_.told.contains(message.id)) {
    look.settled.insert(message.id);
    co_return;
  }
  auto found = co_await parts_.records.find(*job);
  if (!found) {
    look.whole = false;
    parts_.log.warn("What is known of a dead letter cannot be read; it is looked at again. job={} what={}", job->id,
                    log_value(found.error().message));
    co_return;
  }
  bool settled = true;
  if (found->kind == JobRecords::Found::kReport) {
    const auto end = found->report.failure ? WorkerMetrics::End::kPartial : WorkerMetrics::End::kCompleted;
    settled = co_await publish(completed_detail(*job, found->report, parts_.clock.now()), *job, end);
    if (settled && co_await letters_->remove(message.receipt_handle)) {
      held_.pop_back();
      --look.count;
    }
  } else if (found->kind == JobRecords::Found::kNothing) {
    const JobFailure failure = passing(kWorkerDied, "the worker died with the last try that the queue allows");
    settled = co_await publish(failed_detail(*job, failure, parts_.clock.now()), *job, WorkerMetrics::End::kFailed);
    if (settled) {
      const auto noted = co_await parts_.records.store_failure(*job, failure);
      if (!noted)
        parts_.log.warn("A failure could not be noted; a worker that starts later may publish it again. job={} what={}",
                        job->id, log_value(noted.error().message));
    }
  }
  if (settled)
    look.settled.insert(message.id);
  else
    look.whole = false;
}

// Whether its failure was published when it was received last cannot be seen: it has no place for a record. So there
// is no second event, which would name neither user nor audio; people are told.
void DeadLetterWatch::note_unreadable(Look& look, const QueueMessage& message, const Error& why) {
  ++look.unreadable;
  if (settled_.contains(message.id) || parts_.told.contains(message.id)) return;
  parts_.log.warn("A dead letter is no job. message_id={} bytes={} what={}", message.id, message.body.size(),
                  log_value(why.message));
}

asio::awaitable<bool> DeadLetterWatch::publish(boost::json::object detail, const Job& job, WorkerMetrics::End end) {
  const std::string status(detail["status"].as_string());
  const auto published = co_await parts_.publisher.publish(std::move(detail));
  if (!published) {
    parts_.log.warn("The event of a dead letter was not accepted; it is tried again. job={} what={}", job.id,
                    log_value(published.error().message));
    co_return false;
  }
  parts_.log.info("Event published of a job that died with its worker. job={} status={} published={}", job.id, status,
                  *published);
  parts_.metrics.ended(end);
  co_return true;
}

}  // namespace eventbus::transcription
