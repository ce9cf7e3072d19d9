#include "workers/transcription/completion.h"

#include "workers/transcription/json_text.h"
#include "workers/transcription/name_uuid.h"
#include "workers/transcription/subtitles.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cmath>

namespace eventbus::transcription {

namespace json = boost::json;

namespace {

constexpr std::size_t kMessageBytesMax = 1'000;  // an engine's last words may be long

double rounded(double seconds) { return std::round(seconds * 1'000) / 1'000; }

json::object base_detail(const Job& job, std::string_view status, TimePoint now) {
  return {{"userId", job.user_id},
          {"fileId", job.file_id},
          {"jobId", job.id},
          {"status", status},
          {"sourceAudio", json::object{{"bucket", job.audio.bucket}, {"key", job.audio.key}}},
          {"completedAt", format_iso_milliseconds(now)},
          {"deduplicationId", name_uuid("transcription-completed:" + job.id + ":" + std::string(status))}};
}

// Cut at a character's begin: an event has to be UTF-8.
std::string_view cut(std::string_view text) {
  if (text.size() <= kMessageBytesMax) return text;
  std::size_t end = kMessageBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

// What programs write need not be UTF-8; what we publish must be.
std::string readable(std::string_view text) {
  std::string message(cut(text));
  boost::system::error_code failure;
  json::parse(json::serialize(json::value(message)), failure);
  if (!failure) return message;
  for (char& c : message) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return message;
}

json::object error_object(const JobFailure& failure) {
  return {{"code", failure.code}, {"message", readable(failure.message)}, {"retryable", failure.worth_retrying}};
}

}  // namespace

json::object completed_detail(const Job& job, const JobReport& report, TimePoint now) {
  json::object detail = base_detail(job, report.failure ? "partial" : "completed", now);
  detail["transcriptLocation"] =
      json::object{{"bucket", job.json.bucket}, {"textKey", job.text.key}, {"jsonKey", job.json.key}};
  if (job.srt && !subtitles(report.transcript).empty())
    detail["transcriptLocation"].as_object()["srtKey"] = job.srt->key;
  json::object metadata{{"language", report.language},
                        {"duration", rounded(report.audio_seconds)},
                        {"wordCount", report.transcript.word_count()},
                        {"model", report.model},
                        {"processingTime", rounded(report.processing_seconds)},
                        {"timestamps", report.transcript.timed()}};
  if (const auto confidence = report.transcript.confidence()) metadata["confidence"] = *confidence;
  detail["transcriptMetadata"] = std::move(metadata);
  if (report.failure) detail["error"] = error_object(*report.failure);
  return detail;
}

json::object failed_detail(const Job& job, const JobFailure& failure, TimePoint now) {
  json::object detail = base_detail(job, "failed", now);
  detail["error"] = error_object(failure);
  return detail;
}

Location failure_place(const Job& job) {
  constexpr std::string_view kJson = ".json";
  const std::string& key = job.json.key;
  const std::size_t stem = key.ends_with(kJson) ? key.size() - kJson.size() : key.size();
  return job.json.with_key(key.substr(0, stem) + ".failed.json");
}

std::string failure_record(const Job& job, const JobFailure& failure, const std::string& worker_id, TimePoint now) {
  json::object document = job.members;
  document["failed_at"] = format_iso_milliseconds(now);
  document["worker_id"] = worker_id;
  document["error"] = error_object(failure);
  return json_text(document) + "\n";
}

std::string json_transcript(const Job& job, const JobReport& report, const std::string& worker_id, TimePoint now) {
  json::object document = job.members;
  document["actual_transcription_time_seconds"] = rounded(report.processing_seconds);
  document["processed_at"] = format_iso_milliseconds(now);
  document["worker_id"] = worker_id;
  if (report.failure) document["error"] = error_object(*report.failure);
  json::object transcript = to_whisper_json(report.transcript);
  transcript["language"] = report.language;
  document["transcript"] = std::move(transcript);
  return json_text(document) + "\n";
}

std::string text_transcript(const Transcript& transcript) {
  std::string text;
  for (const Segment& segment : transcript.segments) {
    if (!segment.text.empty()) text += segment.text + "\n";
  }
  return text;
}

}  // namespace eventbus::transcription
