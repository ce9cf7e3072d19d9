#include "workers/transcription/engine.h"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <sstream>

namespace eventbus::transcription {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 10> kNames = {"audio",   "model",  "folder", "outbase", "language",
                                                     "threads", "device", "cpu",    "gpu",     "programs"};

// The engines' own commands.
//   whisper-cli: -ojf writes OUTBASE.json with tokens, -np keeps it quiet, -ng is "no GPU".
//   whisper, whisper-ctranslate2, whisperx share these flags; the result is FOLDER/<name of the audio>.json.
std::string_view standard_command(EngineKind kind) {
  switch (kind) {
    case EngineKind::kPocketsphinx:
      return "{programs}/transcription-pocketsphinx --audio={audio} {model:--model=%}";
    case EngineKind::kWhisperCpp:
      return "whisper-cli -m {model} -f {audio} -ojf -of {outbase} -np -l {language} -t {threads} {cpu:-ng}";
    case EngineKind::kWhisperJson:
      return "whisper {audio} {model:--model=%} --output_format json --output_dir {folder} --device {device} "
             "--threads {threads} {language:--language=%}";
    case EngineKind::kCommand:
      return "";
  }
  return "";
}

std::string outbase_of(const EngineTask& task) { return task.folder + "/transcript"; }

// Where the whisper CLIs put what they heard of "…/audio.wav".
std::string json_beside(const EngineTask& task) {
  std::string name = task.audio.substr(task.audio.rfind('/') + 1);
  name.resize(std::min(name.rfind('.'), name.size()));
  return task.folder + "/" + name + ".json";
}

Result<json::value> parse_document(const std::string& text, std::string_view what) {
  boost::system::error_code failure;
  json::value document = json::parse(text, failure);
  if (failure) return invalid(std::string(what) + " is not JSON: " + failure.message());
  return document;
}

Result<json::value> read_document(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return invalid("the engine wrote no " + path.substr(path.rfind('/') + 1));
  std::ostringstream text;
  text << file.rdbuf();
  return parse_document(text.str(), path.substr(path.rfind('/') + 1));
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::make(Settings settings) {
  if (settings.kind == EngineKind::kCommand && settings.command.empty())
    return invalid("the engine `command` needs engine_command: what is to be run, as \"my-engine {audio}\"");
  const std::string text = settings.command.empty() ? std::string(standard_command(settings.kind)) : settings.command;
  auto command = CommandTemplate::parse(text, kNames);
  if (!command) return invalid("engine_command: " + command.error().message);
  if (settings.kind == EngineKind::kWhisperCpp && command->mentions("model") && settings.model.empty())
    return invalid("the engine whisper-cpp needs model: the path of a ggml file");
  return std::unique_ptr<Engine>(new Engine(std::move(settings), *std::move(command)));
}

std::vector<std::string> Engine::command(const EngineTask& task) const {
  CommandTemplate::Values values{{"audio", task.audio},
                                 {"folder", task.folder},
                                 {"outbase", outbase_of(task)},
                                 {"threads", std::to_string(settings_.threads)},
                                 {"device", task.gpu ? "cuda" : "cpu"},
                                 {"programs", settings_.programs}};
  if (!settings_.model.empty()) values["model"] = settings_.model;
  // whisper-cli has the word "auto"; the others are simply not told a language.
  if (task.language != "auto" || settings_.kind == EngineKind::kWhisperCpp) values["language"] = task.language;
  values[task.gpu ? "gpu" : "cpu"] = "";
  return command_.expand(values);
}

Result<Transcript> Engine::read(const EngineTask& task, const ChildOutcome& outcome) const {
  if (settings_.kind == EngineKind::kWhisperCpp) {
    TRY(const json::value document, read_document(outbase_of(task) + ".json"));
    return parse_whisper_cpp_json(document);
  }
  if (settings_.kind == EngineKind::kWhisperJson) {
    TRY(const json::value document, read_document(json_beside(task)));
    return parse_whisper_json(document);
  }
  TRY(const json::value document, parse_document(outcome.output, "the engine's output"));
  return parse_whisper_json(document);
}

std::string_view Engine::name() const {
  switch (settings_.kind) {
    case EngineKind::kPocketsphinx:
      return "pocketsphinx";
    case EngineKind::kWhisperCpp:
      return "whisper-cpp";
    case EngineKind::kWhisperJson:
      return "whisper-json";
    case EngineKind::kCommand:
      return "command";
  }
  return "";
}

std::string Engine::model_of(const Transcript& transcript) const {
  if (!transcript.model.empty()) return transcript.model;
  if (!settings_.model.empty()) return settings_.model.substr(settings_.model.rfind('/') + 1);
  return std::string(name());
}

bool Engine::uses_gpu() const {
  return settings_.kind != EngineKind::kPocketsphinx &&
         (command_.mentions("cpu") || command_.mentions("gpu") || command_.mentions("device"));
}

std::string Engine::program() const {
  const std::vector<std::string> words = command({});
  return words.empty() ? "" : words.front();
}

bool blames_gpu(const ChildOutcome& outcome) {
  if (outcome.succeeded() || outcome.end == ChildOutcome::kStopped || outcome.end == ChildOutcome::kTimedOut)
    return false;
  std::string lower;
  for (const char c : outcome.errors) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::array<std::string_view, 6> kSigns = {"cuda", "cublas", "cudnn", "gpu", "nvidia", "hip error"};
  return std::ranges::any_of(kSigns, [&lower](std::string_view sign) { return lower.find(sign) != std::string::npos; });
}

}  // namespace eventbus::transcription
