#pragma once

#include "base/clock.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace eventbus::transcription {

enum class DeviceChoice { kAuto, kGpu, kCpu };

// How many GPUs this machine has that an engine can use: what `nvidia-smi -L` lists, and where that program is not,
// the device files /dev/nvidia0 ….
asio::awaitable<std::size_t> count_gpus(std::string search_path, Clock& clock);

// "GPU 0: NVIDIA A10G (UUID: GPU-…)" is a line of one; MIG devices are indented below theirs and are not counted.
std::size_t count_gpu_lines(std::string_view listing);

}  // namespace eventbus::transcription
