#include "workers/transcription/converter.h"

#include "workers/transcription/child_process.h"
#include "workers/transcription/wave_file.h"

#include <filesystem>
#include <utility>

namespace eventbus::transcription {

namespace {

ConverterChoice choose(const Converter::Options& options) {
  if (options.choice != ConverterChoice::kAuto) return options.choice;
  if (find_program("ffmpeg", options.search_path)) return ConverterChoice::kFfmpeg;
  if (find_program("sox", options.search_path)) return ConverterChoice::kSox;
  return ConverterChoice::kNone;
}

PreparedAudio described(std::string path) {
  const auto wave = read_wave_format(path);
  PreparedAudio audio{std::move(path), {}};
  if (wave) audio.seconds = wave->seconds();
  return audio;
}

}  // namespace

Converter::Converter(Options options, Clock& clock)
    : options_(std::move(options)), found_(choose(options_)), clock_(clock) {}

std::string_view Converter::name() const {
  switch (found_) {
    case ConverterChoice::kFfmpeg:
      return "ffmpeg";
    case ConverterChoice::kSox:
      return "sox";
    default:
      return "none";
  }
}

std::vector<std::string> Converter::command(const std::string& from, const std::string& to) const {
  if (found_ == ConverterChoice::kSox) return {"sox", "-V1", from, "-r", "16000", "-c", "1", "-b", "16", to};
  // A file is what somebody uploaded: playlists and the like, which name other files and URLs, are not among the
  // formats, and nothing but files is opened.
  return {"ffmpeg",
          "-nostdin",
          "-hide_banner",
          "-loglevel",
          "error",
          "-protocol_whitelist",
          "file",
          "-format_whitelist",
          "wav,w64,mp3,flac,ogg,mov,mp4,m4a,matroska,webm,aac,aiff,caf,amr",
          "-i",
          "file:" + from,
          "-map",
          "0:a:0",
          "-ac",
          "1",
          "-ar",
          "16000",
          "-c:a",
          "pcm_s16le",
          "-f",
          "wav",
          "file:" + to};
}

asio::awaitable<JobResult<PreparedAudio>> Converter::prepare(std::string audio, std::string folder) {
  std::error_code failure;
  if (std::filesystem::file_size(audio, failure) == 0) co_return hopeless(kUnsupportedAudio, "the audio is empty");
  const auto wave = read_wave_format(audio);
  if ((wave && wave->plain_speech()) || found_ == ConverterChoice::kNone) co_return described(std::move(audio));
  ChildCommand child;
  const std::string converted = folder + "/speech.wav";
  child.arguments = command(audio, converted);
  child.search_path = options_.search_path;
  child.directory = folder;
  child.deadline = clock_.now() + options_.timeout;
  child.file_bytes_max = options_.file_bytes_max;
  auto outcome = co_await run_child(std::move(child), clock_);
  if (!outcome) co_return passing(kConversionFailed, outcome.error().message);
  if (outcome->end == ChildOutcome::kStopped) co_return passing(kWorkerStops, "the worker stops");
  if (outcome->end == ChildOutcome::kTimedOut)
    co_return hopeless(kConversionFailed, std::string(name()) + ": " + outcome->describe());
  if (!outcome->succeeded()) co_return hopeless(kUnsupportedAudio, std::string(name()) + ": " + outcome->describe());
  std::filesystem::remove(audio, failure);  // it may be large, and is not needed any more
  co_return described(converted);
}

}  // namespace eventbus::transcription
