#include "workers/transcription/devices.h"

#include "workers/transcription/child_process.h"

#include <filesystem>

namespace eventbus::transcription {

namespace {

constexpr Duration kProbeTime{20'000};  // a driver that wakes up takes seconds
constexpr std::size_t kDeviceFilesMax = 64;

std::size_t count_device_files() {
  std::size_t count = 0;
  std::error_code failure;
  while (count < kDeviceFilesMax && std::filesystem::exists("/dev/nvidia" + std::to_string(count), failure)) ++count;
  return count;
}

}  // namespace

std::size_t count_gpu_lines(std::string_view listing) {
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < listing.size();) {
    const std::size_t end = std::min(listing.find('\n', begin), listing.size());
    if (listing.substr(begin, end - begin).starts_with("GPU ")) ++count;
    begin = end + 1;
  }
  return count;
}

asio::awaitable<std::size_t> count_gpus(std::string search_path, Clock& clock) {
  if (!find_program("nvidia-smi", search_path)) co_return count_device_files();
  ChildCommand probe;
  probe.arguments = {"nvidia-smi", "-L"};
  probe.search_path = std::move(search_path);
  probe.directory = "/";
  probe.deadline = clock.now() + kProbeTime;
  const auto outcome = co_await run_child(std::move(probe), clock);
  co_return outcome && outcome->succeeded() ? count_gpu_lines(outcome->output) : 0;
}

}  // namespace eventbus::transcription
