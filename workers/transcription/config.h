#pragma once

#include "daemon/config.h"
#include "workers/transcription/converter.h"
#include "workers/transcription/devices.h"
#include "workers/transcription/engine.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace eventbus::transcription {

// Every setting of the worker, decoded, with its default. workers/transcription/settings.cpp declares each one once.
struct Config {
  std::string config;  // the file

  // Where jobs come from and events go.
  std::string queue = "transcription-jobs";
  std::string bus = "default";
  std::string source = "custom.transcription-service";
  std::string endpoint, s3_endpoint;  // empty: AWS_ENDPOINT_URL and its kind, else AWS
  std::string region;                 // empty: AWS_REGION, AWS_DEFAULT_REGION, else us-east-1
  std::chrono::milliseconds visibility{120'000};
  std::chrono::milliseconds wait{20'000};
  std::chrono::milliseconds retry_delay{10'000};
  std::size_t receives_max = 5;
  std::chrono::milliseconds dead_letter_watch{60'000};

  // The engine.
  EngineKind engine = EngineKind::kPocketsphinx;
  std::string engine_command, model;
  std::string language = "auto";
  DeviceChoice device = DeviceChoice::kAuto;
  std::size_t jobs = 0;     // 0: one for each GPU, else one
  std::size_t threads = 0;  // 0: the cores, shared by the jobs
  ConverterChoice converter = ConverterChoice::kAuto;
  std::chrono::milliseconds engine_timeout{2 * 3'600'000};
  std::chrono::milliseconds convert_timeout{15 * 60'000};
  std::size_t engine_memory_max = 0;

  // Places.
  std::string output;  // empty: beside the audio
  bool subtitles = true;
  std::string bucket_directory;  // empty: S3
  std::string file_root;         // empty: no file:// at all
  bool http_sources = true;
  std::string work_dir;  // empty: TMPDIR, else /tmp
  std::size_t audio_bytes_max = std::size_t{5} << 30;
  std::size_t work_file_bytes_max = std::size_t{16} << 30;

  // Life.
  std::chrono::milliseconds idle_stop{0};
  std::chrono::milliseconds stop_timeout{20'000};
  std::string worker_id;  // empty: host name and process id
  std::optional<ListenAddress> metrics_listen;
  LogFormat log_format = LogFormat::kText;
  LogLevel log_level = LogLevel::kInfo;
};

}  // namespace eventbus::transcription
