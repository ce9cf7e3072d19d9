#include "workers/transcription/settings.h"

#include "workers/transcription/location.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace eventbus::transcription {

// Found by the parsers of choices (daemon/setting_value.h) by their argument.
std::span<const Choice<EngineKind>> choices(EngineKind) {
  static constexpr std::array kChoices = {Choice<EngineKind>{"pocketsphinx", EngineKind::kPocketsphinx},
                                          Choice<EngineKind>{"whisper-cpp", EngineKind::kWhisperCpp},
                                          Choice<EngineKind>{"whisper-json", EngineKind::kWhisperJson},
                                          Choice<EngineKind>{"command", EngineKind::kCommand}};
  return kChoices;
}
std::span<const Choice<DeviceChoice>> choices(DeviceChoice) {
  static constexpr std::array kChoices = {Choice<DeviceChoice>{"auto", DeviceChoice::kAuto},
                                          Choice<DeviceChoice>{"gpu", DeviceChoice::kGpu},
                                          Choice<DeviceChoice>{"cpu", DeviceChoice::kCpu}};
  return kChoices;
}
std::span<const Choice<ConverterChoice>> choices(ConverterChoice) {
  static constexpr std::array kChoices = {Choice<ConverterChoice>{"auto", ConverterChoice::kAuto},
                                          Choice<ConverterChoice>{"ffmpeg", ConverterChoice::kFfmpeg},
                                          Choice<ConverterChoice>{"sox", ConverterChoice::kSox},
                                          Choice<ConverterChoice>{"none", ConverterChoice::kNone}};
  return kChoices;
}

namespace {

using Row = Setting;
using enum SettingSection;

constexpr std::uint64_t kSecond = 1'000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
constexpr std::uint64_t kMiB = 1ULL << 20, kTiB = 1ULL << 40;

bool is_language(std::string_view value) {
  return value == "auto" ||
         (value.size() == 2 && std::ranges::all_of(value, [](char c) { return c >= 'a' && c <= 'z'; }));
}
bool is_folder_location(std::string_view value) {
  const auto location = parse_location(std::string(value) + "x");  // a key that ends in '/' is a folder
  return location && location->scheme != Location::kHttp && value.ends_with('/');
}

constexpr std::string_view kPath = "a path", kText = "a text", kUrl = "a URL with http:// or https://",
                           kLanguageText = "auto, or two letters", kRegion = "lower-case letters, digits and '-'",
                           kFolder = "s3://bucket/prefix/ or file:///folder/", kNameOrUrl = "a queue's name or URL",
                           kCommand = "a command (docs/transcription.md)";

constexpr Setting not_in_file(Setting setting) {
  setting.sources = Setting::Sources::kNotFile;
  return setting;
}

constexpr std::array kSettings = {
    not_in_file(Row::text(kLife, "config", &Config::config, kPath, is_not_empty,
                          "Configuration file (YAML): the settings of this page.")),
    Row::text(kQueue, "queue", &Config::queue, kNameOrUrl, is_not_empty, "The queue that jobs come from."),
    Row::text(kQueue, "bus", &Config::bus, kText, is_not_empty,
              "Name or ARN of the bus that `Transcription Completed` goes to."),
    Row::text(kQueue, "source", &Config::source, kText, is_not_empty, "Source of these events."),
    Row::text(kQueue, "endpoint", &Config::endpoint, kUrl, is_http_endpoint,
              "Where SQS and EventBridge are: an eventbusd, say. Without it AWS_ENDPOINT_URL_SQS, "
              "AWS_ENDPOINT_URL_EVENTBRIDGE or AWS_ENDPOINT_URL, else AWS."),
    Row::text(kQueue, "region", &Config::region, kRegion, is_region,
              "Region of all requests. Without it AWS_REGION or AWS_DEFAULT_REGION, else us-east-1."),
    Row::duration(
        kQueue, "visibility", &Config::visibility, kSecond, 12 * kHour,
        "How long a message stays invisible to others, extended each third of it while its job runs. After a crash it "
        "comes back this much later."),
    Row::duration(kQueue, "wait", &Config::wait, 0, 20 * kSecond, "How long a long poll waits for a message."),
    Row::duration(kQueue, "retry_delay", &Config::retry_delay, 0, 15 * kMinute,
                  "How long a job that has failed waits for its next try; doubled for each further one."),
    Row::count(kQueue, "receives_max", &Config::receives_max, 1, 1'000,
               "Receives of a message after which its job has failed for good, of queues "
               "without a redrive policy; with one it "
               "is the policy's maxReceiveCount."),
    Row::duration(
        kQueue, "dead_letter_watch", &Config::dead_letter_watch, 0, kHour,
        "How often the queue's dead-letter queue is looked at for jobs that died with their worker; 0s = never."),

    Row::other(kEngine, "engine", &Config::engine, "The speech engine."),
    Row::text(kEngine, "engine_command", &Config::engine_command, kCommand, is_not_empty,
              "What is run for a job, in place of the engine's own command."),
    Row::text(kEngine, "model", &Config::model, kText, is_not_empty,
              "The model, as the engine takes it: a file or a name; of pocketsphinx a folder."),
    Row::text(kEngine, "language", &Config::language, kLanguageText, is_language,
              "What is spoken; with auto the engine finds out, or keeps to its own."),
    Row::other(kEngine, "device", &Config::device,
               "What the engine runs on. auto: the GPUs of this machine, where it has some. "
               "A job that a GPU fails goes on on the CPU."),
    Row::count(kEngine, "jobs", &Config::jobs, 0, 256, "Jobs at a time. 0: one for each GPU, else one."),
    Row::count(kEngine, "threads", &Config::threads, 0, 1'024,
               "Threads of an engine. 0: the cores, shared by the jobs."),
    Row::other(kEngine, "converter", &Config::converter,
               "What makes 16 kHz mono WAVE of the audio. auto: ffmpeg where it is "
               "installed, else sox, else nothing: then the "
               "engine gets the audio as it is."),
    Row::duration(kEngine, "engine_timeout", &Config::engine_timeout, kSecond, 12 * kHour,
                  "How long an engine may run. What it has heard until then becomes a partial transcript."),
    Row::duration(kEngine, "convert_timeout", &Config::convert_timeout, kSecond, 12 * kHour,
                  "How long the conversion may take."),
    Row::bytes(kEngine, "engine_memory_max", &Config::engine_memory_max, 0, kTiB,
               "Address space of an engine; 0 = as much as there is. CUDA reserves far "
               "more than it uses: leave it with GPUs."),

    Row::text(kPlaces, "output", &Config::output, kFolder, is_folder_location,
              "Where transcripts of uploaded audio go, under the audio's key. Without it beside the audio."),
    Row::other(kPlaces, "subtitles", &Config::subtitles,
               "Transcripts are stored as subtitles too (.srt), where the engine gives times."),
    Row::text(kPlaces, "s3_endpoint", &Config::s3_endpoint, kUrl, is_http_endpoint,
              "Where S3 is: a MinIO, say. Without it AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, else AWS."),
    Row::text(kPlaces, "bucket_directory", &Config::bucket_directory, kPath, is_not_empty,
              "Buckets are the folders of this one, in place of S3."),
    Row::text(kPlaces, "file_root", &Config::file_root, kPath, is_not_empty,
              "Jobs may name file:// below this folder. Without it none at all."),
    Row::other(kPlaces, "http_sources", &Config::http_sources, "Audio behind http:// and https:// URLs is fetched."),
    Row::bytes(kPlaces, "audio_bytes_max", &Config::audio_bytes_max, 1, kTiB, "Size of an audio file."),
    Row::text(kPlaces, "work_dir", &Config::work_dir, kPath, is_not_empty,
              "Folder for what jobs need while they run. Without it TMPDIR, else /tmp."),
    Row::bytes(kPlaces, "work_file_bytes_max", &Config::work_file_bytes_max, kMiB, kTiB,
               "Size of a file that a converter or an engine writes."),

    Row::duration(kLife, "idle_stop", &Config::idle_stop, 0, 24 * kHour,
                  "Stop after so long without a job, when the queue is empty; 0s = never."),
    Row::duration(
        kLife, "stop_timeout", &Config::stop_timeout, 0, 12 * kHour,
        "How long SIGTERM lets jobs finish. Then they are ended, and their messages go back to the queue at once."),
    Row::text(kLife, "worker_id", &Config::worker_id, kText, is_not_empty,
              "Name in transcripts. Without it the host's name and the process id."),
    Row::other(kLife, "metrics_listen", &Config::metrics_listen,
               "Address of /metrics and /health. Without it there are none; port 0 takes a free one."),
    Row::other(kLife, "log_format", &Config::log_format, "text for people, json (one object a line) for collectors."),
    Row::other(kLife, "log_level", &Config::log_level, "The least severe messages to log."),
};

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

const Setting* find_setting(std::string_view key) {
  const auto* const found = std::ranges::find(kSettings, key, &Setting::key);
  return found == kSettings.end() ? nullptr : &*found;
}

Result<void> check(const Config& config) {
  Engine::Settings engine;
  engine.kind = config.engine;
  engine.command = config.engine_command;
  engine.model = config.model;
  TRY_VOID(Engine::make(std::move(engine)));
  if (config.idle_stop > std::chrono::milliseconds(0) && config.idle_stop < std::chrono::seconds(1))
    return invalid("idle_stop must be 0s or at least 1s");
  return {};
}

}  // namespace eventbus::transcription
