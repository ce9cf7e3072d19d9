#pragma once

#include "workers/transcription/job_queue.h"

#include <functional>
#include <memory>
#include <string>

namespace eventbus::transcription {

// Our hold on a message. The handle changes when the same message reaches us again.
struct Lease {
  std::string receipt_handle;
  bool lost = false;
};

// Keeps a message ours while its job runs: extends its visibility each third of it, and tries again sooner after a
// failure. It is lost when the queue says that it is not ours, and also when no extension came through for a whole
// visibility timeout, or none is possible any more (AWS: 12 hours from the receive): somebody else may have it then.
// One thread.
class VisibilityHeartbeat {
 public:
  static constexpr Duration kLongestHold{12 * 3'600'000};

  // `lost` is called once, at most, and not after stop().
  VisibilityHeartbeat(JobQueue& queue, Clock& clock, std::shared_ptr<Lease> lease, Duration visibility,
                      std::function<void()> lost);
  ~VisibilityHeartbeat();
  VisibilityHeartbeat(const VisibilityHeartbeat&) = delete;
  VisibilityHeartbeat& operator=(const VisibilityHeartbeat&) = delete;

  void start(const asio::any_io_executor& executor);
  // When it returns no call of ours is under way: the message can be deleted.
  asio::awaitable<void> stop();

 private:
  struct State;
  static asio::awaitable<void> beat(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace eventbus::transcription
