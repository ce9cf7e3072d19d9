#include "workers/transcription/settings.h"

#include "daemon/setting_value.h"
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

constexpr std::string_view kQueue = "The queue and the bus", kEngine = "The engine", kPlaces = "Places",
                           kLife = "The process";
constexpr std::uint64_t kSecond = 1'000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
constexpr std::uint64_t kMiB = 1ULL << 20, kTiB = 1ULL << 40;

using Check = bool (*)(std::string_view text);

// The kinds of rows; what they accept is known at compile time, so that a row is plain data.
template <auto Member, Check kCheck, const char* kAllowed>
constexpr Setting text(std::string_view group, std::string_view key, std::string_view help) {
  return {group,
          key,
          help,
          false,
          [](Config& config, std::string_view value) {
            if (!kCheck(value)) return false;
            config.*Member = std::string(value);
            return true;
          },
          [](const Config& config) { return config.*Member; },
          [] { return std::string(kAllowed); }};
}

template <auto Member, std::uint64_t kMin, std::uint64_t kMax>
constexpr Setting count(std::string_view group, std::string_view key, std::string_view help) {
  return {group,
          key,
          help,
          false,
          [](Config& config, std::string_view value) {
            const auto number = parse_number(value);
            if (!number || *number < kMin || *number > kMax) return false;
            config.*Member = *number;
            return true;
          },
          [](const Config& config) { return std::to_string(config.*Member); },
          [] { return std::to_string(kMin) + " to " + std::to_string(kMax); }};
}

template <auto Member, std::uint64_t kMin, std::uint64_t kMax>
constexpr Setting bytes(std::string_view group, std::string_view key, std::string_view help) {
  return {group,
          key,
          help,
          false,
          [](Config& config, std::string_view value) {
            const auto number = parse_bytes(value);
            if (!number || *number < kMin || *number > kMax) return false;
            config.*Member = *number;
            return true;
          },
          [](const Config& config) { return show_bytes(config.*Member); },
          [] { return show_bytes(kMin) + " to " + show_bytes(kMax) + " (bytes, or with KiB, MiB, GiB)"; }};
}

std::string shown(std::uint64_t milliseconds) { return show_duration(std::chrono::milliseconds(milliseconds)); }

template <auto Member, std::uint64_t kMin, std::uint64_t kMax>
constexpr Setting duration(std::string_view group, std::string_view key, std::string_view help) {
  return {group,
          key,
          help,
          false,
          [](Config& config, std::string_view value) {
            const auto time = parse_duration(value);
            if (!time || static_cast<std::uint64_t>(time->count()) < kMin ||
                static_cast<std::uint64_t>(time->count()) > kMax)
              return false;
            config.*Member = *time;
            return true;
          },
          [](const Config& config) { return show_duration(config.*Member); },
          [] { return shown(kMin) + " to " + shown(kMax) + " (a number with ms, s, m or h)"; }};
}

template <auto Member>
constexpr Setting on_off(std::string_view group, std::string_view key, std::string_view help) {
  return {group,
          key,
          help,
          true,
          [](Config& config, std::string_view value) {
            const auto on = parse_switch(value);
            if (on) config.*Member = *on;
            return on.has_value();
          },
          [](const Config& config) { return std::string(config.*Member ? "true" : "false"); },
          [] { return std::string("true or false"); }};
}

template <auto Member, typename Enum>
constexpr Setting choice(std::string_view group, std::string_view key, std::string_view help) {
  return {group,
          key,
          help,
          false,
          [](Config& config, std::string_view value) {
            const auto chosen = parse_choice<Enum>(value);
            if (chosen) config.*Member = *chosen;
            return chosen.has_value();
          },
          [](const Config& config) { return std::string(name_of(config.*Member)); },
          [] {
            std::string names;
            for (const auto& [name, value] : choices(Enum{})) names += (names.empty() ? "" : ", ") + std::string(name);
            return names;
          }};
}

template <auto Member>
constexpr Setting address(std::string_view group, std::string_view key, std::string_view help) {
  return {group,
          key,
          help,
          false,
          [](Config& config, std::string_view value) {
            const auto parsed = parse_listen_address(value);
            if (parsed) config.*Member = *parsed;
            return parsed.has_value();
          },
          [](const Config& config) { return config.*Member ? (config.*Member)->to_string() : std::string(); },
          [] { return std::string("HOST:PORT, as 127.0.0.1:9464"); }};
}

bool is_language(std::string_view value) {
  return value == "auto" ||
         (value.size() == 2 && std::ranges::all_of(value, [](char c) { return c >= 'a' && c <= 'z'; }));
}
bool is_folder_location(std::string_view value) {
  const auto location = parse_location(std::string(value) + "x");  // a key that ends in '/' is a folder
  return location && location->scheme != Location::kHttp && value.ends_with('/');
}

constexpr char kPath[] = "a path", kText[] = "a text", kUrl[] = "a URL with http:// or https://",
               kLanguage[] = "auto, or two letters", kRegion[] = "lower-case letters, digits and '-'",
               kFolder[] = "s3://bucket/prefix/ or file:///folder/", kNameOrUrl[] = "a queue's name or URL",
               kCommand[] = "a command (docs/transcription.md)";

constexpr std::array kSettings = {
    text<&Config::config, is_not_empty, kPath>(kLife, "config",
                                               "Configuration file (YAML): the settings of this page."),
    text<&Config::queue, is_not_empty, kNameOrUrl>(kQueue, "queue", "The queue that jobs come from."),
    text<&Config::bus, is_not_empty, kText>(kQueue, "bus",
                                            "Name or ARN of the bus that `Transcription Completed` goes to."),
    text<&Config::source, is_not_empty, kText>(kQueue, "source", "Source of these events."),
    text<&Config::endpoint, is_http_endpoint, kUrl>(
        kQueue, "endpoint",
        "Where SQS and EventBridge are: an eventbusd, say. Without it AWS_ENDPOINT_URL_SQS, "
        "AWS_ENDPOINT_URL_EVENTBRIDGE or AWS_ENDPOINT_URL, else AWS."),
    text<&Config::region, is_region, kRegion>(
        kQueue, "region", "Region of all requests. Without it AWS_REGION or AWS_DEFAULT_REGION, else us-east-1."),
    duration<&Config::visibility, kSecond, 12 * kHour>(
        kQueue, "visibility",
        "How long a message stays invisible to others, extended each third of it while its job runs. After a crash it "
        "comes back this much later."),
    duration<&Config::wait, 0, 20 * kSecond>(kQueue, "wait", "How long a long poll waits for a message."),
    duration<&Config::retry_delay, 0, 15 * kMinute>(
        kQueue, "retry_delay", "How long a job that has failed waits for its next try; doubled for each further one."),
    count<&Config::receives_max, 1, 1'000>(kQueue, "receives_max",
                                           "Receives of a message after which its job has failed for good, of queues "
                                           "without a redrive policy; with one it "
                                           "is the policy's maxReceiveCount."),
    duration<&Config::dead_letter_watch, 0, kHour>(
        kQueue, "dead_letter_watch",
        "How often the queue's dead-letter queue is looked at for jobs that died with their worker; 0s = never."),

    choice<&Config::engine, EngineKind>(kEngine, "engine", "The speech engine."),
    text<&Config::engine_command, is_not_empty, kCommand>(
        kEngine, "engine_command", "What is run for a job, in place of the engine's own command."),
    text<&Config::model, is_not_empty, kText>(
        kEngine, "model", "The model, as the engine takes it: a file or a name; of pocketsphinx a folder."),
    text<&Config::language, is_language, kLanguage>(
        kEngine, "language", "What is spoken; with auto the engine finds out, or keeps to its own."),
    choice<&Config::device, DeviceChoice>(kEngine, "device",
                                          "What the engine runs on. auto: the GPUs of this machine, where it has some. "
                                          "A job that a GPU fails goes on on the CPU."),
    count<&Config::jobs, 0, 256>(kEngine, "jobs", "Jobs at a time. 0: one for each GPU, else one."),
    count<&Config::threads, 0, 1'024>(kEngine, "threads", "Threads of an engine. 0: the cores, shared by the jobs."),
    choice<&Config::converter, ConverterChoice>(kEngine, "converter",
                                                "What makes 16 kHz mono WAVE of the audio. auto: ffmpeg where it is "
                                                "installed, else sox, else nothing: then the "
                                                "engine gets the audio as it is."),
    duration<&Config::engine_timeout, kSecond, 12 * kHour>(
        kEngine, "engine_timeout",
        "How long an engine may run. What it has heard until then becomes a partial transcript."),
    duration<&Config::convert_timeout, kSecond, 12 * kHour>(kEngine, "convert_timeout",
                                                            "How long the conversion may take."),
    bytes<&Config::engine_memory_max, 0, kTiB>(kEngine, "engine_memory_max",
                                               "Address space of an engine; 0 = as much as there is. CUDA reserves far "
                                               "more than it uses: leave it with GPUs."),

    text<&Config::output, is_folder_location, kFolder>(
        kPlaces, "output",
        "Where transcripts of uploaded audio go, under the audio's key. Without it beside the audio."),
    on_off<&Config::subtitles>(kPlaces, "subtitles",
                               "Transcripts are stored as subtitles too (.srt), where the engine gives times."),
    text<&Config::s3_endpoint, is_http_endpoint, kUrl>(
        kPlaces, "s3_endpoint",
        "Where S3 is: a MinIO, say. Without it AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, else AWS."),
    text<&Config::bucket_directory, is_not_empty, kPath>(kPlaces, "bucket_directory",
                                                         "Buckets are the folders of this one, in place of S3."),
    text<&Config::file_root, is_not_empty, kPath>(kPlaces, "file_root",
                                                  "Jobs may name file:// below this folder. Without it none at all."),
    on_off<&Config::http_sources>(kPlaces, "http_sources", "Audio behind http:// and https:// URLs is fetched."),
    bytes<&Config::audio_bytes_max, 1, kTiB>(kPlaces, "audio_bytes_max", "Size of an audio file."),
    text<&Config::work_dir, is_not_empty, kPath>(
        kPlaces, "work_dir", "Folder for what jobs need while they run. Without it TMPDIR, else /tmp."),
    bytes<&Config::work_file_bytes_max, kMiB, kTiB>(kPlaces, "work_file_bytes_max",
                                                    "Size of a file that a converter or an engine writes."),

    duration<&Config::idle_stop, 0, 24 * kHour>(
        kLife, "idle_stop", "Stop after so long without a job, when the queue is empty; 0s = never."),
    duration<&Config::stop_timeout, 0, 12 * kHour>(
        kLife, "stop_timeout",
        "How long SIGTERM lets jobs finish. Then they are ended, and their messages go back to the queue at once."),
    text<&Config::worker_id, is_not_empty, kText>(
        kLife, "worker_id", "Name in transcripts. Without it the host's name and the process id."),
    address<&Config::metrics_listen>(
        kLife, "metrics_listen",
        "Address of /metrics and /health. Without it there are none; port 0 takes a free one."),
    choice<&Config::log_format, LogFormat>(kLife, "log_format",
                                           "text for people, json (one object a line) for collectors."),
    choice<&Config::log_level, LogLevel>(kLife, "log_level", "The least severe messages to log."),
};

}  // namespace

std::string Setting::flag() const {
  std::string name = "--";
  for (const char c : key) name += c == '_' ? '-' : c;
  return name;
}

std::string Setting::environment_variable() const {
  std::string name(kEnvironmentPrefix);
  for (const char c : key) name += c == '_' || (c >= '0' && c <= '9') ? c : static_cast<char>(c - 'a' + 'A');
  return name;
}

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
  if (config.idle_stop > std::chrono::milliseconds(0) && config.idle_stop < std::chrono::milliseconds(kSecond))
    return invalid("idle_stop must be 0s or at least 1s");
  return {};
}

std::string settings_markdown() {
  std::string tables;
  for (const std::string_view group : {kQueue, kEngine, kPlaces, kLife}) {
    tables += "\n### " + std::string(group) + "\n\n| setting | default | allowed | |\n|---|---|---|---|\n";
    for (const Setting& setting : kSettings) {
      if (setting.group != group) continue;
      const std::string value = setting.show(Config{});
      tables += "| `" + std::string(setting.key) + "` | " + (value.empty() ? "" : "`" + value + "`") + " | " +
                setting.allowed() + " | " + std::string(setting.help) + " |\n";
    }
  }
  return tables;
}

}  // namespace eventbus::transcription
