#pragma once

#include "base/clock.h"
#include "workers/transcription/completion.h"
#include "workers/transcription/converter.h"
#include "workers/transcription/engine.h"
#include "workers/transcription/failure.h"
#include "workers/transcription/job.h"
#include "workers/transcription/object_places.h"
#include "workers/transcription/scratch_folder.h"
#include "workers/transcription/worker_metrics.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace spdlog {
class logger;
}

namespace eventbus::transcription {

// One of the jobs that run at a time, and what it runs on.
struct Slot {
  std::size_t number = 0;
  std::optional<std::size_t> gpu;  // the number of the GPU that is this slot's alone
};

// From a job to its stored transcripts: fetch → convert → run the engine → store. One thread.
class Transcriber {
 public:
  struct Options {
    std::string language = "auto";
    std::string search_path;
    std::string worker_id;
    Duration engine_timeout{0};
    std::uint64_t engine_memory_max = 0;
    std::uint64_t file_bytes_max = 0;
  };
  struct Parts {
    ObjectPlaces& places;
    Converter& converter;
    Engine& engine;
    ScratchFolder& scratch;
    WorkerMetrics& metrics;
    Clock& clock;
    spdlog::logger& log;
  };
  Transcriber(Options options, Parts parts) : options_(std::move(options)), parts_(parts) {}

  // Ends early as kWorkerStops when the calling coroutine is cancelled. What is only a part of a transcript counts when
  // trying again would give no more, or when there is no other try.
  asio::awaitable<JobResult<JobReport>> transcribe(const Job& job, Slot slot, bool last_try);

 private:
  struct Heard {
    Transcript transcript;
    bool used_gpu = false;
    std::optional<JobFailure> failure;  // it is only a part
  };
  asio::awaitable<JobResult<Heard>> listen(const Job& job, Slot slot, PreparedAudio audio, std::string folder);
  asio::awaitable<Result<ChildOutcome>> run_engine(EngineTask task, Slot slot);
  JobResult<Heard> judge(const EngineTask& task, const ChildOutcome& outcome) const;
  asio::awaitable<JobResult<void>> store(const Job& job, const JobReport& report);
  std::string language_of(const Transcript& transcript) const;

  const Options options_;
  const Parts parts_;
};

}  // namespace eventbus::transcription
