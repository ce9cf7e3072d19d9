#pragma once

#include "base/clock.h"
#include "workers/transcription/failure.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eventbus::transcription {

enum class ConverterChoice { kAuto, kFfmpeg, kSox, kNone };

// Audio as an engine takes it.
struct PreparedAudio {
  std::string path;
  std::optional<double> seconds;  // as far as the file says so
};

// Makes 16 kHz mono PCM of whatever comes, by ffmpeg or sox; a WAVE file that is that already is taken as it is. One
// thread.
class Converter {
 public:
  struct Options {
    ConverterChoice choice = ConverterChoice::kAuto;  // ffmpeg where it is, else sox, else none
    std::string search_path;
    Duration timeout{0};
    std::uint64_t file_bytes_max = 0;
  };
  Converter(Options options, Clock& clock);

  // kUnsupportedAudio, kConversionFailed. Without a converter what is no plain WAVE goes to the engine as it is: some
  // engines decode by themselves.
  asio::awaitable<JobResult<PreparedAudio>> prepare(std::string audio, std::string folder);

  // "ffmpeg", "sox", "none": what it found.
  std::string_view name() const;

 private:
  std::vector<std::string> command(const std::string& from, const std::string& to) const;

  const Options options_;
  const ConverterChoice found_;
  Clock& clock_;
};

}  // namespace eventbus::transcription
