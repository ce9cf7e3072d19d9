#include "workers/transcription/wave_file.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace eventbus::transcription {

namespace {

unsigned little_endian(std::string_view bytes) {
  unsigned value = 0;
  for (std::size_t at = bytes.size(); at-- > 0;) value = (value << 8U) | static_cast<unsigned char>(bytes[at]);
  return value;
}

std::string read_some(std::ifstream& file, std::size_t size) {
  std::string bytes(size, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

}  // namespace

double WaveFormat::seconds() const {
  const std::uint64_t rate = std::uint64_t{sample_rate} * channels * (bits / 8);
  return rate == 0 ? 0 : static_cast<double>(data_bytes) / static_cast<double>(rate);
}

// "RIFF" size "WAVE", then chunks: id (4), size (4, little-endian), content padded to an even number of bytes.
std::optional<WaveFormat> read_wave_format(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(0, std::ios::end);
  const auto end = static_cast<std::uint64_t>(std::max<std::streamoff>(file.tellg(), 0));
  file.seekg(0);
  const std::string head = read_some(file, 12);
  if (head.size() < 12 || !head.starts_with("RIFF") || std::string_view(head).substr(8) != "WAVE") return std::nullopt;
  WaveFormat wave;
  for (std::uint64_t at = 12; at + 8 <= end;) {
    file.seekg(static_cast<std::streamoff>(at));
    const std::string chunk = read_some(file, 8);
    if (chunk.size() < 8) return std::nullopt;
    const std::uint64_t size = little_endian(std::string_view(chunk).substr(4));
    if (chunk.starts_with("fmt ")) {
      const std::string fields = read_some(file, 16);
      if (fields.size() < 16) return std::nullopt;
      const std::string_view view(fields);
      wave.format = little_endian(view.substr(0, 2));
      wave.channels = little_endian(view.substr(2, 2));
      wave.sample_rate = little_endian(view.substr(4, 4));
      wave.bits = little_endian(view.substr(14, 2));
    } else if (chunk.starts_with("data")) {
      // Writers that stream leave the size at 0 or at the largest number.
      wave.data_offset = at + 8;
      wave.data_bytes = size == 0 || size > end - wave.data_offset ? end - wave.data_offset : size;
      if (wave.channels == 0) return std::nullopt;
      return wave;
    }
    at += 8 + size + (size & 1U);
  }
  return std::nullopt;
}

}  // namespace eventbus::transcription
