#pragma once

#include "base/clock.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace eventbus::transcription {

// What a worker counts. Safe to call from any thread.
class WorkerMetrics {
 public:
  WorkerMetrics();

  // How a job, or one attempt at it, ended.
  enum class End { kCompleted, kPartial, kFailed, kRetried, kReturned, kLost };
  void ended(End end);
  void running(int change);
  void slots(std::size_t gpu, std::size_t cpu);
  // Audio, and the time an engine took for it.
  void heard(bool gpu, double audio_seconds, double engine_seconds);
  void gpu_gave_up();
  void receive_failed();
  // How many messages of the dead-letter queue are no jobs, by the last look there.
  void unreadable_dead_letters(std::size_t count);
  // How long the message received last had been in the queue; nothing when the queue turned out to be empty.
  void queue_age(Duration age);

  // As Prometheus reads it.
  std::string text() const;

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>&jobs_, &audio_seconds_, &engine_seconds_;
  prometheus::Family<prometheus::Gauge>& slots_;
  prometheus::Gauge &running_, &queue_age_, &unreadable_dead_letters_, &speed_gpu_, &speed_cpu_;
  prometheus::Counter &gpu_fallbacks_, &receive_failures_;
};

}  // namespace eventbus::transcription
