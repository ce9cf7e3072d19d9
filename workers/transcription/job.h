#pragma once

#include "base/result.h"
#include "workers/transcription/location.h"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace eventbus::transcription {

// One audio file to be transcribed, whichever way it was asked for.
struct Job {
  std::string id;        // a UUID: what the completed event calls jobId
  std::string user_id;   // of letters, digits and '-'
  std::string file_id;   // a UUID
  std::string event_id;  // of the event it came as; else empty
  Location audio;
  // Where the transcripts go: the JSON, and the text and, where they are wanted, the subtitles beside it.
  Location json, text;
  std::optional<Location> srt;
  std::string format;              // "m4a", as far as the job says so or its name does; else empty
  std::optional<double> duration;  // seconds, as announced
  boost::json::object members;     // of the job, as its sender wrote them: they begin the JSON transcript
};

// How the worker's settings bear on jobs.
struct JobPlaces {
  // "s3://bucket/prefix/" or "file:///folder/": transcripts go there, under the audio's key, and not beside it.
  std::optional<Location> output;
  bool subtitles = true;
};

// Both shapes that arrive on the queue:
//   a job    {"job_id"*, "s3_input_path"*, "s3_output_path"*, "user_id", "file_id", …}: the JSON transcript goes to
//            s3_output_path itself; ids that are no UUIDs become name-based ones
//   an event the whole envelope of `Audio Uploaded`: the job's id is the event's, transcripts are the audio's key with
//            ".json", ".txt" and ".srt" behind it
// kInvalid: neither, or something required is missing or impossible.
Result<Job> parse_job(std::string_view body, const JobPlaces& places);

// What can be said of a message that is no job, so that even then there is an event: ids derived from the message's.
Job unreadable_job(std::string_view message_id);

}  // namespace eventbus::transcription
