#include "workers/transcription/job_records.h"

#include "workers/transcription/json_text.h"

#include <boost/json/parse.hpp>

#include <utility>

namespace eventbus::transcription {

namespace json = boost::json;

namespace {

constexpr std::uint64_t kDocumentBytesMax = 64ULL << 20;

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found && found->is_string() ? std::string(found->get_string()) : "";
}

double number_of(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found && found->is_number() ? found->to_number<double>() : 0;
}

// "job_id" as a transcript or a record has it: the sender's, or the job's where the sender had none of that name.
std::string name_of(const Job& job) {
  return json_text(job.members.contains("job_id") ? job.members.at("job_id") : json::value(job.id));
}

std::optional<JobFailure> failure_of(const json::object& document) {
  const json::value* const error = document.if_contains("error");
  if (!error || !error->is_object()) return std::nullopt;
  const json::value* const retryable = error->get_object().if_contains("retryable");
  return JobFailure{text_of(error->get_object(), "code"), text_of(error->get_object(), "message"),
                    retryable && retryable->is_bool() && retryable->get_bool()};
}

}  // namespace

asio::awaitable<JobResult<void>> JobRecords::store_failure(const Job& job, const JobFailure& failure) {
  co_return co_await places_.store(failure_place(job), "application/json",
                                   failure_record(job, failure, worker_id_, clock_.now()));
}

asio::awaitable<JobResult<std::optional<json::object>>> JobRecords::document_at(Location at, std::string job_name) {
  std::optional<json::object> none;
  auto body = co_await places_.read(std::move(at), kDocumentBytesMax);
  if (!body) {
    // AWS: who may not list a bucket is told 403 of an object that is not there.
    if (body.error().code == kAudioNotFound || body.error().code == kAccessDenied) co_return none;
    co_return body.error();
  }
  boost::system::error_code failure;
  json::value parsed = json::parse(*body, failure);
  if (failure || !parsed.is_object()) co_return none;
  json::object& document = parsed.get_object();
  const json::value* const job_id = document.if_contains("job_id");
  if (!job_id || json_text(*job_id) != job_name) co_return none;  // another job's, of the same audio
  co_return std::optional<json::object>(std::move(document));
}

asio::awaitable<JobResult<JobRecords::Found>> JobRecords::find(const Job& job) {
  Found found;
  if (!places_.may_name(job.json)) {
    found.kind = Found::kNoPlace;
    co_return found;
  }
  CO_TRY(const std::optional<json::object> record, co_await document_at(failure_place(job), name_of(job)));
  if (record) found.kind = Found::kFailure;
  CO_TRY(const std::optional<json::object> document, co_await document_at(job.json, name_of(job)));
  if (!document || !document->contains("transcript")) co_return found;
  // A failed job that was redriven and went well has both. Times of this format are in the order of their letters.
  if (record && text_of(*document, "processed_at") <= text_of(*record, "failed_at")) co_return found;
  auto transcript = parse_whisper_json(document->at("transcript"));
  if (!transcript) co_return found;
  found.kind = Found::kReport;
  found.report.transcript = *std::move(transcript);
  found.report.language = found.report.transcript.language;
  found.report.model = engine_.model_of(found.report.transcript);
  const double end = found.report.transcript.end();
  found.report.audio_seconds = end > 0 ? end : job.duration.value_or(0);
  found.report.processing_seconds = number_of(*document, "actual_transcription_time_seconds");
  found.report.failure = failure_of(*document);
  co_return found;
}

}  // namespace eventbus::transcription
