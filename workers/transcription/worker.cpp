#include "workers/transcription/worker.h"

#include "base/log_value.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace eventbus::transcription {

namespace {

constexpr Duration kFirstPause{500}, kLongestPause{30'000};  // after receives and publishes that failed
constexpr Duration kLongestRetryDelay{15 * 60'000};
constexpr Duration kFactsAge{60'000};
constexpr int kRemoveAttempts = 5;

}  // namespace

// One message in work.
struct Worker::Attempt {
  QueueMessage message;
  std::shared_ptr<Lease> lease;
  Job job;
  bool last_try = false;
  std::optional<JobResult<JobReport>> result;
  VisibilityHeartbeat* heartbeat = nullptr;

  // Before the last word on the message: an extension must not come after it.
  asio::awaitable<void> end_heartbeat() {
    if (heartbeat) co_await heartbeat->stop();
  }
};

Worker::Worker(Options options, Parts parts) : options_(std::move(options)), parts_(parts) {
  for (const Slot& slot : options_.slots) posts_.emplace_back().slot = slot;
}

asio::awaitable<void> Worker::run() {
  const auto executor = co_await asio::this_coro::executor;
  changed_ = std::make_unique<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
  busy_at_ = parts_.clock.now();
  serving_ = posts_.size();
  for (Post& post : posts_) {
    asio::co_spawn(executor, serve(post), [this](const std::exception_ptr& failure) {
      --serving_;
      changed_->cancel();
      if (failure) std::rethrow_exception(failure);
    });
  }
  while (serving_ > 0) {
    co_await changed_->async_wait(asio::as_tuple(asio::use_awaitable));
    if (stopping_ && !stop_deadline_ && serving_ > 0)
      stop_deadline_ =
          std::make_unique<net::Deadline>(executor, parts_.clock, parts_.clock.now() + options_.stop_timeout, [this] {
            giving_up_ = true;
            for (Post& post : posts_) post.work.cancel();
          });
  }
  if (stop_deadline_) stop_deadline_->stop();
}

void Worker::request_stop() {
  if (std::exchange(stopping_, true)) return;
  for (Post& post : posts_) post.receive.cancel();
  if (changed_) changed_->cancel();
}

asio::awaitable<void> Worker::serve(Post& post) {
  while (!stopping_) {
    std::optional<QueueMessage> message;
    co_await post.receive.run(receive(message));
    if (message) co_await handle(post, *std::move(message));
  }
}

asio::awaitable<void> Worker::receive(std::optional<QueueMessage>& message) {
  Duration pause = kFirstPause;
  Duration wait = options_.wait;
  if (options_.idle_stop > Duration(0)) wait = std::min(wait, options_.idle_stop);
  while (!stopping_) {
    auto received = co_await parts_.queue.receive(options_.visibility, wait);
    if (received) {
      if (!healthy_) parts_.log.info("The queue answers again.");
      healthy_ = true;
      pause = kFirstPause;
      message = *std::move(received);
      if (message) co_return;
      parts_.metrics.queue_age(Duration(0));
      co_await stop_if_idle();
      continue;
    }
    if (stopping_) co_return;
    if (healthy_)
      parts_.log.warn("The queue does not answer; it is asked again and again. what={}",
                      log_value(received.error().message));
    healthy_ = false;
    parts_.metrics.receive_failed();
    const auto jitter = static_cast<std::int64_t>(parts_.rng.next_u64() % static_cast<std::uint64_t>(pause.count()));
    co_await parts_.clock.sleep_until(parts_.clock.now() + pause / 2 + Duration(jitter) / 2);
    pause = std::min(pause * 2, kLongestPause);
  }
}

asio::awaitable<void> Worker::stop_if_idle() {
  if (options_.idle_stop <= Duration(0) || !leases_.empty()) co_return;
  if (parts_.clock.now() - busy_at_ < options_.idle_stop) co_return;
  const auto facts = co_await parts_.queue.facts();
  if (!facts || facts->waiting > 0 || !leases_.empty() || stopping_) co_return;
  parts_.log.info("Nothing to do: stopping. idle_seconds={}", (parts_.clock.now() - busy_at_).count() / 1'000);
  request_stop();
}

asio::awaitable<void> Worker::handle(Post& post, QueueMessage message) {
  busy_at_ = parts_.clock.now();
  if (message.sent_at) parts_.metrics.queue_age(std::max(Duration(0), busy_at_ - *message.sent_at));
  // The same message once more while we work on it: its visibility had run out before we could extend it. The newer
  // handle is the one that counts.
  if (const auto running = leases_.find(message.id); running != leases_.end()) {
    parts_.log.info("A message came again while its job runs. message_id={}", message.id);
    running->second->receipt_handle = message.receipt_handle;
    co_return;
  }
  Attempt attempt;
  attempt.lease = std::make_shared<Lease>(Lease{message.receipt_handle, false});
  attempt.message = std::move(message);
  // Its event is out, only the deletion had failed.
  if (finished_.contains(attempt.message.id)) co_return co_await remove(attempt);
  leases_[attempt.message.id] = attempt.lease;
  parts_.metrics.running(1);
  co_await work(post, attempt);
  parts_.metrics.running(-1);
  leases_.erase(attempt.message.id);
  busy_at_ = parts_.clock.now();
}

asio::awaitable<void> Worker::work(Post& post, Attempt& attempt) {
  post.work = CancellableRun();
  if (giving_up_) post.work.cancel();
  VisibilityHeartbeat heartbeat(parts_.queue, parts_.clock, attempt.lease, options_.visibility, [&] {
    parts_.log.warn("The message is not ours any more: its job is abandoned. message_id={} job={}", attempt.message.id,
                    attempt.job.id);
    post.work.cancel();
  });
  attempt.heartbeat = &heartbeat;
  heartbeat.start(co_await asio::this_coro::executor);
  co_await post.work.run(transcribe(post, attempt));
  co_await settle(post, attempt);
  co_await heartbeat.stop();
}

asio::awaitable<void> Worker::transcribe(Post& post, Attempt& attempt) {
  co_await refresh_facts();
  attempt.last_try = is_last_try(attempt.message);
  auto job = parse_job(attempt.message.body, options_.places);
  if (!job) {
    attempt.job = unreadable_job(attempt.message.id);
    attempt.result = hopeless(kInvalidJob, job.error().message);
    co_return;
  }
  attempt.job = *std::move(job);
  parts_.log.info("Job received. job={} event={} message_id={} audio={} receive={}", attempt.job.id,
                  attempt.job.event_id.empty() ? "-" : attempt.job.event_id, attempt.message.id,
                  log_value(attempt.job.audio.to_string()), attempt.message.receive_count);
  attempt.result = co_await parts_.transcriber.transcribe(attempt.job, post.slot, attempt.last_try);
}

asio::awaitable<void> Worker::settle(Post& post, Attempt& attempt) {
  if (attempt.lease->lost) {
    parts_.metrics.ended(WorkerMetrics::End::kLost);
    co_return;
  }
  if (!*attempt.result) co_return co_await settle_failure(post, attempt, std::move(attempt.result->error()));
  const JobReport& report = **attempt.result;
  if (!co_await publish(post, attempt, completed_detail(attempt.job, report, parts_.clock.now()))) co_return;
  parts_.metrics.ended(report.failure ? WorkerMetrics::End::kPartial : WorkerMetrics::End::kCompleted);
  finished_.add(attempt.message.id);
  co_await remove(attempt);
}

asio::awaitable<void> Worker::settle_failure(Post& post, Attempt& attempt, JobFailure failure) {
  if (failure.code == kWorkerStops || giving_up_) {
    parts_.log.info("Job given back. job={} message_id={}", attempt.job.id, attempt.message.id);
    parts_.metrics.ended(WorkerMetrics::End::kReturned);
    co_return co_await give_back(attempt, Duration(0));
  }
  parts_.log.warn("Job failed. job={} message_id={} receive={} last={} code={} what={}", attempt.job.id,
                  attempt.message.id, attempt.message.receive_count, attempt.last_try, failure.code,
                  log_value(failure.message));
  if (!attempt.last_try) {
    parts_.metrics.ended(WorkerMetrics::End::kRetried);
    co_return co_await give_back(attempt,
                                 failure.worth_retrying ? retry_delay(attempt.message.receive_count) : Duration(0));
  }
  if (!co_await publish(post, attempt, failed_detail(attempt.job, failure, parts_.clock.now()))) co_return;
  parts_.metrics.ended(WorkerMetrics::End::kFailed);
  // With a redrive policy the next receive moves it to the dead-letter queue; without one it would come back for ever.
  if (!facts_.receives_max) co_return co_await remove(attempt);
  co_await note_failure(attempt, failure);
  co_await give_back(attempt, Duration(0));
}

asio::awaitable<void> Worker::note_failure(const Attempt& attempt, const JobFailure& failure) {
  told_.add(attempt.message.id);
  if (failure.code == kInvalidJob) co_return;  // it has no place
  const auto noted = co_await parts_.records.store_failure(attempt.job, failure);
  if (!noted)
    parts_.log.warn("The failure could not be noted; another worker may publish it once more. job={} what={}",
                    attempt.job.id, log_value(noted.error().message));
}

// The work is done, so it is tried for as long as the message is ours. false: it is not, or we have to stop.
asio::awaitable<bool> Worker::publish(Post& post, Attempt& attempt, boost::json::object detail) {
  Duration pause = kFirstPause;
  while (!attempt.lease->lost) {
    auto published = co_await parts_.publisher.publish(detail);
    if (published) {
      parts_.log.info("Event published. job={} status={} published={}", attempt.job.id,
                      std::string_view(detail["status"].as_string()), *published);
      co_return true;
    }
    parts_.log.warn("The event was not accepted; it is tried again. job={} what={}", attempt.job.id,
                    log_value(published.error().message));
    if (giving_up_) {
      parts_.metrics.ended(WorkerMetrics::End::kReturned);
      co_await give_back(attempt, Duration(0));
      co_return false;
    }
    CancellableRun& sleep = post.work = CancellableRun();
    co_await sleep.run(parts_.clock.sleep_until(parts_.clock.now() + pause));
    pause = std::min(pause * 2, kLongestPause);
  }
  parts_.metrics.ended(WorkerMetrics::End::kLost);
  co_return false;
}

asio::awaitable<void> Worker::remove(Attempt& attempt) {
  co_await attempt.end_heartbeat();
  for (int number = 1;; ++number) {
    const auto removed = co_await parts_.queue.remove(attempt.lease->receipt_handle);
    if (removed) co_return;
    if (number == kRemoveAttempts || removed.error().code != ErrorCode::kUnavailable || giving_up_) {
      // It comes again; this process knows that its event is out.
      parts_.log.warn("The message could not be deleted. message_id={} what={}", attempt.message.id,
                      log_value(removed.error().message));
      co_return;
    }
    co_await parts_.clock.sleep_until(parts_.clock.now() + kFirstPause * number);
  }
}

asio::awaitable<void> Worker::give_back(Attempt& attempt, Duration delay) {
  co_await attempt.end_heartbeat();
  const auto given = co_await parts_.queue.change_visibility(attempt.lease->receipt_handle, delay);
  // Then it comes back by itself, when its visibility ends.
  if (!given)
    parts_.log.warn("The message could not be given back. message_id={} what={}", attempt.message.id,
                    log_value(given.error().message));
}

asio::awaitable<void> Worker::refresh_facts() {
  const TimePoint now = parts_.clock.now();
  if (facts_at_ && now - *facts_at_ < kFactsAge) co_return;
  auto facts = co_await parts_.queue.facts();
  if (!facts) co_return;
  facts_ = *facts;
  facts_at_ = now;
}

bool Worker::is_last_try(const QueueMessage& message) const {
  if (!facts_at_) return false;  // nobody could say yet
  return message.receive_count >= facts_.receives_max.value_or(options_.receives_max);
}

Duration Worker::retry_delay(std::size_t receive_count) {
  const std::size_t doublings = std::min<std::size_t>(receive_count - std::min<std::size_t>(receive_count, 1), 10);
  const Duration delay = std::min(Duration(options_.retry_delay * (std::int64_t{1} << doublings)), kLongestRetryDelay);
  // Up to a fifth sooner, so that what failed together does not come back together.
  const auto jitter = parts_.rng.next_u64() % static_cast<std::uint64_t>(delay.count() / 5 + 1);
  return delay - Duration(static_cast<std::int64_t>(jitter));
}

}  // namespace eventbus::transcription
