#include "workers/transcription/worker_metrics.h"

#include <prometheus/text_serializer.h>

namespace eventbus::transcription {

namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;

std::string_view name_of(WorkerMetrics::End end) {
  switch (end) {
    case WorkerMetrics::End::kCompleted:
      return "completed";
    case WorkerMetrics::End::kPartial:
      return "partial";
    case WorkerMetrics::End::kFailed:
      return "failed";
    case WorkerMetrics::End::kRetried:
      return "retried";
    case WorkerMetrics::End::kReturned:
      return "returned";
    case WorkerMetrics::End::kLost:
      return "lost";
  }
  return "";
}

std::string device(bool gpu) { return gpu ? "gpu" : "cpu"; }

prometheus::Family<prometheus::Gauge>& speed_family(prometheus::Registry& registry) {
  return BuildGauge()
      .Name("transcription_audio_seconds_per_second")
      .Help("Seconds of audio that the engine heard in a second, of the last job.")
      .Register(registry);
}

}  // namespace

WorkerMetrics::WorkerMetrics()
    : jobs_(
          BuildCounter()
              .Name("transcription_jobs_total")
              .Help(
                  "Jobs by how they ended: completed, partial and failed have published their event; retried, returned "
                  "and lost are attempts whose message is received again.")
              .Register(registry_)),
      audio_seconds_(BuildCounter()
                         .Name("transcription_audio_seconds_total")
                         .Help("Seconds of audio that engines have heard.")
                         .Register(registry_)),
      engine_seconds_(BuildCounter()
                          .Name("transcription_engine_seconds_total")
                          .Help("Seconds that engines took for it.")
                          .Register(registry_)),
      slots_(BuildGauge()
                 .Name("transcription_slots")
                 .Help("Jobs that can run at a time, by what they run on.")
                 .Register(registry_)),
      running_(BuildGauge().Name("transcription_jobs_running").Help("Jobs that run now.").Register(registry_).Add({})),
      queue_age_(BuildGauge()
                     .Name("transcription_queue_age_seconds")
                     .Help("How long the job received last had waited in the queue; 0 when the queue was found empty.")
                     .Register(registry_)
                     .Add({})),
      unreadable_dead_letters_(
          BuildGauge()
              .Name("transcription_dead_letters_unreadable")
              .Help("Messages of the worker's queue in the dead-letter queue that are no jobs, by the last look there.")
              .Register(registry_)
              .Add({})),
      speed_gpu_(speed_family(registry_).Add({{"device", "gpu"}})),
      speed_cpu_(speed_family(registry_).Add({{"device", "cpu"}})),
      gpu_fallbacks_(BuildCounter()
                         .Name("transcription_gpu_fallbacks_total")
                         .Help("Jobs that went on on the CPU after the GPU had failed them.")
                         .Register(registry_)
                         .Add({})),
      receive_failures_(BuildCounter()
                            .Name("transcription_receive_failures_total")
                            .Help("Receives that the queue did not answer, or refused.")
                            .Register(registry_)
                            .Add({})) {
  for (const End end : {End::kCompleted, End::kPartial, End::kFailed, End::kRetried, End::kReturned, End::kLost})
    jobs_.Add({{"status", std::string(name_of(end))}});
}

void WorkerMetrics::ended(End end) { jobs_.Add({{"status", std::string(name_of(end))}}).Increment(); }
void WorkerMetrics::running(int change) { running_.Increment(change); }

void WorkerMetrics::slots(std::size_t gpu, std::size_t cpu) {
  slots_.Add({{"device", "gpu"}}).Set(static_cast<double>(gpu));
  slots_.Add({{"device", "cpu"}}).Set(static_cast<double>(cpu));
}

void WorkerMetrics::heard(bool gpu, double audio_seconds, double engine_seconds) {
  audio_seconds_.Add({{"device", device(gpu)}}).Increment(audio_seconds);
  engine_seconds_.Add({{"device", device(gpu)}}).Increment(engine_seconds);
  if (engine_seconds > 0) (gpu ? speed_gpu_ : speed_cpu_).Set(audio_seconds / engine_seconds);
}

void WorkerMetrics::gpu_gave_up() { gpu_fallbacks_.Increment(); }
void WorkerMetrics::receive_failed() { receive_failures_.Increment(); }
void WorkerMetrics::unreadable_dead_letters(std::size_t count) {
  unreadable_dead_letters_.Set(static_cast<double>(count));
}
void WorkerMetrics::queue_age(Duration age) { queue_age_.Set(static_cast<double>(age.count()) / 1'000); }

std::string WorkerMetrics::text() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

}  // namespace eventbus::transcription
