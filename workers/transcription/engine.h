#pragma once

#include "base/result.h"
#include "workers/transcription/child_process.h"
#include "workers/transcription/command_template.h"
#include "workers/transcription/transcript.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::transcription {

enum class EngineKind { kPocketsphinx, kWhisperCpp, kWhisperJson, kCommand };

// One run of an engine.
struct EngineTask {
  std::string audio;     // the file
  std::string folder;    // of this job alone; what the engine leaves goes there
  std::string language;  // two letters, or "auto"
  bool gpu = false;
};

// A speech engine: a program that is run once for a job, and what is known of it – how it is called, and how that which
// it leaves is read. Immutable; any thread.
class Engine {
 public:
  struct Settings {
    EngineKind kind = EngineKind::kPocketsphinx;
    std::string command;  // a CommandTemplate; empty = the engine's own
    std::string model;    // a file or a name, as the engine takes it; may be empty
    std::size_t threads = 1;
    std::string programs;  // the folder of our own programs
  };
  // kInvalid: a template that is none, `command` without one, whisper-cpp without a model.
  static Result<std::unique_ptr<Engine>> make(Settings settings);

  std::vector<std::string> command(const EngineTask& task) const;
  // What it heard. An engine may end well and have heard nothing; kInvalid: it left nothing that can be read.
  Result<Transcript> read(const EngineTask& task, const ChildOutcome& outcome) const;

  std::string_view name() const;
  // How events name the model: what the engine said, else the settings, else the engine.
  std::string model_of(const Transcript& transcript) const;
  // Whether a GPU makes a difference to it.
  bool uses_gpu() const;
  // The program that must be there.
  std::string program() const;

 private:
  Engine(Settings settings, CommandTemplate command) : settings_(std::move(settings)), command_(std::move(command)) {}

  const Settings settings_;
  const CommandTemplate command_;
};

// Does what a program wrote say that the GPU failed it, as opposed to the audio?
bool blames_gpu(const ChildOutcome& outcome);

}  // namespace eventbus::transcription
