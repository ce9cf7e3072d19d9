#pragma once

#include "base/clock.h"
#include "workers/transcription/failure.h"
#include "workers/transcription/job.h"
#include "workers/transcription/transcript.h"

#include <boost/json/object.hpp>

#include <optional>
#include <string>

namespace eventbus::transcription {

// What has become of a job.
struct JobReport {
  Transcript transcript;
  std::string model;
  std::string language;  // two letters
  double audio_seconds = 0;
  double processing_seconds = 0;
  bool used_gpu = false;
  std::optional<JobFailure> failure;  // of a partial one: why it is no more than that
};

// The detail of `Transcription Completed`, as schemas/transcription-completed.v1.json has it, and `deduplicationId`,
// derived from the job and its status: an event that is published twice (after a crash) has the same one.
boost::json::object completed_detail(const Job& job, const JobReport& report, TimePoint now);
boost::json::object failed_detail(const Job& job, const JobFailure& failure, TimePoint now);

// Where a failure is noted once it was published, and what is noted: `….failed.json` beside where the transcript would
// be, with the job's own members, failed_at, worker_id, error.
Location failure_place(const Job& job);
std::string failure_record(const Job& job, const JobFailure& failure, const std::string& worker_id, TimePoint now);

// The JSON transcript: the job's own members, actual_transcription_time_seconds, processed_at, worker_id, transcript.
std::string json_transcript(const Job& job, const JobReport& report, const std::string& worker_id, TimePoint now);
// One segment a line.
std::string text_transcript(const Transcript& transcript);

}  // namespace eventbus::transcription
