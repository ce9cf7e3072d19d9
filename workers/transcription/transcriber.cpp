#include "workers/transcription/transcriber.h"

#include "base/log_value.h"
#include "base/stopwatch.h"
#include "workers/transcription/subtitles.h"

#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <array>
#include <utility>

namespace eventbus::transcription {

namespace {

// What a file is called decides how converters read it, so it is called nothing else.
constexpr std::array<std::string_view, 13> kAudioExtensions = {"wav",  "mp3", "m4a",  "flac", "ogg", "oga", "opus",
                                                               "webm", "aac", "aiff", "mp4",  "amr", "caf"};

std::string audio_name(const Job& job) {
  for (const std::string& candidate : {job.format, job.audio.extension()}) {
    if (std::ranges::find(kAudioExtensions, candidate) != kAudioExtensions.end()) return "audio." + candidate;
  }
  return "audio.wav";
}

double seconds_of(const Stopwatch& watch) { return static_cast<double>(watch.elapsed().count()) / 1e6; }

}  // namespace

asio::awaitable<JobResult<JobReport>> Transcriber::transcribe(const Job& job, Slot slot, bool last_try) {
  spdlog::logger& log = parts_.log;
  auto folder = parts_.scratch.make_job();
  if (!folder) co_return passing(kEngineFailed, folder.error().message);

  // Fetch.
  const Stopwatch whole;
  const std::string path = folder->path() + "/" + audio_name(job);
  CO_TRY(const std::uint64_t bytes, co_await parts_.places.fetch(job.audio, path));
  log.info("Audio fetched. job={} from={} bytes={}", job.id, log_value(job.audio.to_string()), bytes);

  // Convert.
  CO_TRY(PreparedAudio audio, co_await parts_.converter.prepare(path, folder->path()));
  const double announced = job.duration.value_or(0);
  log.info("Audio prepared. job={} seconds={:.1f} converter={}", job.id, audio.seconds.value_or(announced),
           parts_.converter.name());

  // Run the engine.
  const Stopwatch watch;
  const std::optional<double> known_seconds = audio.seconds;
  CO_TRY(Heard heard, co_await listen(job, slot, std::move(audio), folder->path()));
  const double engine_seconds = seconds_of(watch);
  if (heard.failure && heard.failure->worth_retrying && !last_try) co_return *std::move(heard.failure);
  JobReport report;
  report.transcript = std::move(heard.transcript);
  report.failure = std::move(heard.failure);
  report.used_gpu = heard.used_gpu;
  report.model = parts_.engine.model_of(report.transcript);
  report.language = language_of(report.transcript);
  const double end = report.transcript.end();
  report.audio_seconds = known_seconds.value_or(end > 0 ? end : announced);
  report.processing_seconds = engine_seconds;
  parts_.metrics.heard(report.used_gpu, report.audio_seconds, engine_seconds);
  log.info("Speech transcribed. job={} engine={} device={} words={} seconds={:.2f}", job.id, parts_.engine.name(),
           report.used_gpu ? "gpu" : "cpu", report.transcript.word_count(), engine_seconds);

  // Store.
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
    co_return passing(kWorkerStops, "the worker stops");
  CO_TRY_VOID(co_await store(job, report));
  log.info("Transcript stored. job={} json={} text={} seconds={:.2f}", job.id, log_value(job.json.url),
           log_value(job.text.url), seconds_of(whole));
  co_return report;
}

asio::awaitable<JobResult<Transcriber::Heard>> Transcriber::listen(const Job& job, Slot slot, PreparedAudio audio,
                                                                   std::string folder) {
  EngineTask task{std::move(audio.path), std::move(folder), options_.language,
                  slot.gpu.has_value() && parts_.engine.uses_gpu()};
  for (;;) {
    auto outcome = co_await run_engine(task, slot);
    if (!outcome) co_return passing(kEngineFailed, outcome.error().message);
    if (task.gpu && blames_gpu(*outcome)) {
      parts_.log.warn("The GPU failed; the CPU takes over. job={} gpu={} what={}", job.id, *slot.gpu,
                      log_value(outcome->describe()));
      parts_.metrics.gpu_gave_up();
      task.gpu = false;
      continue;
    }
    co_return judge(task, *outcome);
  }
}

asio::awaitable<Result<ChildOutcome>> Transcriber::run_engine(EngineTask task, Slot slot) {
  ChildCommand child;
  child.arguments = parts_.engine.command(task);
  child.search_path = options_.search_path;
  child.directory = task.folder;
  if (parts_.engine.uses_gpu())
    child.environment.emplace_back("CUDA_VISIBLE_DEVICES", task.gpu ? std::to_string(*slot.gpu) : "");
  child.deadline = parts_.clock.now() + options_.engine_timeout;
  child.memory_bytes_max = options_.engine_memory_max;
  child.file_bytes_max = options_.file_bytes_max;
  co_return co_await run_child(std::move(child), parts_.clock);
}

JobResult<Transcriber::Heard> Transcriber::judge(const EngineTask& task, const ChildOutcome& outcome) const {
  if (outcome.end == ChildOutcome::kStopped) return passing(kWorkerStops, "the worker stops");
  const std::string what = std::string(parts_.engine.name()) + ": " + outcome.describe();
  auto read = parts_.engine.read(task, outcome);
  if (outcome.succeeded()) {
    if (!read) return hopeless(kEngineFailed, std::string(parts_.engine.name()) + ": " + read.error().message);
    Heard heard{*std::move(read), task.gpu, {}};
    if (heard.transcript.partial)
      heard.failure = hopeless(kEngineFailed, std::string(parts_.engine.name()) + ": it did not come to the end");
    return heard;
  }
  // Another try would take as long again.
  const bool timed_out = outcome.end == ChildOutcome::kTimedOut;
  JobFailure failure = timed_out ? hopeless(kEngineTimeout, what) : passing(kEngineFailed, what);
  if (!read || read->segments.empty()) return failure;
  return Heard{*std::move(read), task.gpu, std::move(failure)};
}

asio::awaitable<JobResult<void>> Transcriber::store(const Job& job, const JobReport& report) {
  // The JSON last: who finds it finds all of them.
  CO_TRY_VOID(co_await parts_.places.store(job.text, "text/plain; charset=utf-8", text_transcript(report.transcript)));
  if (std::string cues = subtitles(report.transcript); job.srt && !cues.empty())
    CO_TRY_VOID(co_await parts_.places.store(*job.srt, "application/x-subrip", std::move(cues)));
  std::string document = json_transcript(job, report, options_.worker_id, parts_.clock.now());
  co_return co_await parts_.places.store(job.json, "application/json", std::move(document));
}

std::string Transcriber::language_of(const Transcript& transcript) const {
  if (!transcript.language.empty()) return transcript.language;
  const std::string asked = two_letter_language(options_.language);
  return asked.empty() ? "en" : asked;
}

}  // namespace eventbus::transcription
