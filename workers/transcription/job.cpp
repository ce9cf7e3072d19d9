#include "workers/transcription/job.h"

#include "workers/transcription/name_uuid.h"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace eventbus::transcription {

namespace json = boost::json;

namespace {

constexpr std::string_view kUnknown = "unknown";

// A member that is a text; empty if there is none. Numbers count as the text they are: some senders do not quote ids.
std::string text_of(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  if (!found) return "";
  if (found->is_string()) return std::string(found->get_string());
  if (found->is_int64()) return std::to_string(found->get_int64());
  return "";
}

Result<std::string> required_text(const json::object& object, std::string_view name) {
  std::string text = text_of(object, name);
  if (text.empty()) return invalid("the job has no \"" + std::string(name) + "\"");
  return text;
}

Result<const json::object*> required_object(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  if (!found || !found->is_object()) return invalid("the event has no object \"" + std::string(name) + "\"");
  return &found->get_object();
}

std::optional<double> number_of(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  if (!found || !found->is_number()) return std::nullopt;
  return found->to_number<double>();
}

// The contract: ^[a-zA-Z0-9-]+$
std::string user_of(std::string text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (text.empty() || !std::ranges::all_of(text, allowed)) return std::string(kUnknown);
  return text;
}

std::string uuid_of(std::string text, std::string_view name_instead) {
  if (is_uuid(text)) return text;
  return name_uuid(text.empty() ? name_instead : std::string_view(text));
}

// `name` with each ending.
void place_transcripts(Job& job, const Location& folder, const std::string& name, bool subtitles) {
  job.json = folder.with_key(name + ".json");
  job.text = folder.with_key(name + ".txt");
  if (subtitles) job.srt = folder.with_key(name + ".srt");
}

// `asked` is where the JSON goes, unless its key ends as that of the text or of the subtitles does; one that ends in
// '/' is a folder.
void place_transcripts_as_asked(Job& job, const Location& asked, bool subtitles) {
  for (const std::string_view extension : {".json", ".txt", ".srt"}) {
    if (asked.key.ends_with(extension))
      return place_transcripts(job, asked, asked.key.substr(0, asked.key.size() - extension.size()), subtitles);
  }
  if (asked.key.ends_with('/'))
    return place_transcripts(job, asked, asked.key + job.audio.key.substr(job.audio.key.rfind('/') + 1), subtitles);
  place_transcripts(job, asked, asked.key, subtitles);
  job.json = asked;
}

Result<void> place_beside_audio(Job& job, const JobPlaces& places) {
  Location place = job.audio;
  if (places.output) {
    const bool below = job.audio.key.starts_with('/');
    place = places.output->with_key(places.output->key + (below ? job.audio.key.substr(1) : job.audio.key));
  } else if (job.audio.scheme == Location::kHttp) {
    return invalid("audio behind a URL has no place beside it: the setting `output` must say where transcripts go");
  }
  place_transcripts(job, place, place.key, places.subtitles);
  return {};
}

Result<Job> parse_event(const json::object& envelope, const JobPlaces& places) {
  Job job;
  TRY(job.event_id, required_text(envelope, "id"));
  job.id = uuid_of(job.event_id, "");
  TRY(const json::object* detail, required_object(envelope, "detail"));
  TRY(const json::object* where, required_object(*detail, "s3Location"));
  TRY(const std::string bucket, required_text(*where, "bucket"));
  TRY(const std::string key, required_text(*where, "key"));
  if (!is_bucket_name(bucket)) return invalid("\"" + bucket + "\" is no name of a bucket");
  if (!is_object_key(key)) return invalid("\"" + key + "\" is no key of an object");
  job.audio = Location::s3(bucket, key);
  job.user_id = user_of(text_of(*detail, "userId"));
  job.file_id = uuid_of(text_of(*detail, "fileId"), job.audio.url);
  if (const json::value* metadata = detail->if_contains("metadata"); metadata && metadata->is_object()) {
    job.format = text_of(metadata->get_object(), "format");
    job.duration = number_of(metadata->get_object(), "duration");
  }
  TRY_VOID(place_beside_audio(job, places));
  job.members = {{"job_id", job.id},
                 {"s3_input_path", job.audio.url},
                 {"s3_output_path", job.json.url},
                 {"user_id", job.user_id},
                 {"file_id", job.file_id}};
  return job;
}

Result<Job> parse_plain_job(const json::object& object, const JobPlaces& places) {
  Job job;
  TRY(const std::string id, required_text(object, "job_id"));
  TRY(const std::string input, required_text(object, "s3_input_path"));
  TRY(const std::string output, required_text(object, "s3_output_path"));
  TRY(job.audio, parse_location(input));
  TRY(const Location asked, parse_location(output));
  if (asked.scheme == Location::kHttp) return invalid("s3_output_path must be s3:// or file:///");
  job.id = uuid_of(id, "");
  job.user_id = user_of(text_of(object, "user_id"));
  job.file_id = uuid_of(text_of(object, "file_id"), input);
  job.duration = number_of(object, "estimated_duration_seconds");
  job.members = object;
  place_transcripts_as_asked(job, asked, places.subtitles);
  return job;
}

}  // namespace

Result<Job> parse_job(std::string_view body, const JobPlaces& places) {
  boost::system::error_code failure;
  const json::value parsed = json::parse(body, failure);
  if (failure) return invalid("the message is not JSON: " + failure.message());
  if (!parsed.is_object()) return invalid("the message is not a JSON object");
  const json::object& object = parsed.get_object();
  const bool event = object.contains("detail") || object.contains("detail-type");
  TRY(Job job, event ? parse_event(object, places) : parse_plain_job(object, places));
  if (job.format.empty()) job.format = job.audio.extension();
  return job;
}

Job unreadable_job(std::string_view message_id) {
  Job job;
  job.id = uuid_of(std::string(message_id), "");
  job.user_id = kUnknown;
  job.file_id = name_uuid(message_id);
  job.audio = Location::s3(std::string(kUnknown), std::string(kUnknown));
  job.json = job.text = job.audio;
  return job;
}

}  // namespace eventbus::transcription
