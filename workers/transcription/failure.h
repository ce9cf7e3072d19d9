#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <utility>

namespace eventbus::transcription {

// Why a job came to nothing, as its event tells it. `code` is one of the words of docs/transcription.md; the message is
// for people and holds no secret.
struct JobFailure {
  std::string code;
  std::string message;
  bool worth_retrying = false;  // another try may succeed with the same audio
};

inline constexpr std::string_view kInvalidJob = "InvalidJob";
inline constexpr std::string_view kAudioNotFound = "AudioNotFound";
inline constexpr std::string_view kAudioUnreachable = "AudioUnreachable";
inline constexpr std::string_view kAudioTooLarge = "AudioTooLarge";
inline constexpr std::string_view kAccessDenied = "AccessDenied";
inline constexpr std::string_view kUnsupportedAudio = "UnsupportedAudio";
inline constexpr std::string_view kConversionFailed = "ConversionFailed";
inline constexpr std::string_view kEngineFailed = "EngineFailed";
inline constexpr std::string_view kEngineTimeout = "EngineTimeout";
inline constexpr std::string_view kStoreFailed = "StoreFailed";
inline constexpr std::string_view kWorkerDied = "WorkerDied";    // and nobody can say more (dead_letter_watch.h)
inline constexpr std::string_view kWorkerStops = "WorkerStops";  // the worker stops: never published

inline JobFailure hopeless(std::string_view code, std::string message) {
  return {std::string(code), std::move(message), false};
}
inline JobFailure passing(std::string_view code, std::string message) {
  return {std::string(code), std::move(message), true};
}

template <typename T>
using JobResult = Result<T, JobFailure>;

}  // namespace eventbus::transcription
