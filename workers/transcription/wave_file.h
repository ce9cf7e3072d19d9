#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace eventbus::transcription {

// What a RIFF/WAVE file says of itself.
struct WaveFormat {
  unsigned format = 0;  // 1 = PCM
  unsigned channels = 0;
  unsigned sample_rate = 0;
  unsigned bits = 0;
  std::uint64_t data_offset = 0, data_bytes = 0;  // within the file, whatever its header says

  double seconds() const;
  // What speech engines take: 16 kHz, mono, 16-bit PCM.
  bool plain_speech() const { return format == 1 && channels == 1 && sample_rate == 16'000 && bits == 16; }
};

// nullopt: no WAVE file, or one without format or data.
std::optional<WaveFormat> read_wave_format(const std::string& path);

}  // namespace eventbus::transcription
