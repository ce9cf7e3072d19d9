#include "workers/transcription/engine.h"

#include "tests/support/temp_dir.h"
#include "workers/transcription/devices.h"

#include <gmock/gmock.h>

#include <fstream>

namespace eventbus::transcription {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array<std::string_view, 4> kNames = {"audio", "model", "cpu", "gpu"};

std::vector<std::string> expanded(std::string_view text, const CommandTemplate::Values& values) {
  const auto parsed = CommandTemplate::parse(text, kNames);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? parsed->expand(values) : std::vector<std::string>();
}

TEST(CommandTemplate, IsWordsAndNoShell) {
  EXPECT_THAT(expanded(R"(a  "b c" 'd "e"' f\ g '' $HOME `x` ; >y)", {}),
              ElementsAre("a", "b c", "d \"e\"", "f g", "", "$HOME", "`x`", ";", ">y"));
}

TEST(CommandTemplate, AValueIsOneWordWhateverIsInIt) {
  EXPECT_THAT(expanded("e {audio} --in={audio}", {{"audio", "/a b/$(x) 'y'.wav"}}),
              ElementsAre("e", "/a b/$(x) 'y'.wav", "--in=/a b/$(x) 'y'.wav"));
}

TEST(CommandTemplate, ConditionalWordsAreThereWithTheirValueAlone) {
  constexpr std::string_view kText = "e {model:--model=%} {cpu:-ng}";
  EXPECT_THAT(expanded(kText, {{"model", "m"}, {"cpu", ""}}), ElementsAre("e", "--model=m", "-ng"));
  EXPECT_THAT(expanded(kText, {{"gpu", ""}}), ElementsAre("e"));
}

TEST(CommandTemplate, RefusesWhatItDoesNotUnderstand) {
  for (const std::string_view bad : {"", "  ", "a 'b", "a {audio", "a {audoi}", "a \\"})
    EXPECT_FALSE(CommandTemplate::parse(bad, kNames)) << bad;
  EXPECT_THAT(CommandTemplate::parse("a {audoi}", kNames).error().message, HasSubstr("{audio}"));
}

std::unique_ptr<Engine> engine(EngineKind kind, std::string model = "", std::string command = "") {
  auto made = Engine::make({kind, std::move(command), std::move(model), 4, "/opt/bin"});
  EXPECT_TRUE(made) << made.error().message;
  return made ? *std::move(made) : nullptr;
}

TEST(Engine, CallsWhisperCppForCpuAndGpu) {
  const auto whisper = engine(EngineKind::kWhisperCpp, "/models/ggml-base.bin");
  EXPECT_THAT(whisper->command({"/w/speech.wav", "/w", "auto", false}),
              ElementsAre("whisper-cli", "-m", "/models/ggml-base.bin", "-f", "/w/speech.wav", "-ojf", "-of",
                          "/w/transcript", "-np", "-l", "auto", "-t", "4", "-ng"));
  EXPECT_THAT(whisper->command({"/w/speech.wav", "/w", "en", true}), Contains(std::string("en")));
  EXPECT_THAT(whisper->command({"/w/speech.wav", "/w", "en", true}), Not(Contains(std::string("-ng"))));
  EXPECT_TRUE(whisper->uses_gpu());
  EXPECT_EQ(whisper->model_of({}), "ggml-base.bin");
}

TEST(Engine, CallsWhisperInItsOwnWords) {
  const auto whisper = engine(EngineKind::kWhisperJson, "small");
  EXPECT_THAT(whisper->command({"/w/speech.wav", "/w", "auto", true}),
              ElementsAre("whisper", "/w/speech.wav", "--model=small", "--output_format", "json", "--output_dir", "/w",
                          "--device", "cuda", "--threads", "4"));
  EXPECT_THAT(whisper->command({"/w/speech.wav", "/w", "de", false}), Contains(std::string("--language=de")));
}

TEST(Engine, SaysAtStartWhatItLacks) {
  EXPECT_FALSE(Engine::make({EngineKind::kWhisperCpp, "", "", 1, ""}));
  EXPECT_FALSE(Engine::make({EngineKind::kCommand, "", "", 1, ""}));
  EXPECT_FALSE(Engine::make({EngineKind::kCommand, "x {y}", "", 1, ""}));
  EXPECT_FALSE(engine(EngineKind::kPocketsphinx)->uses_gpu());
  EXPECT_FALSE(engine(EngineKind::kCommand, "", "my-engine {audio}")->uses_gpu());
  EXPECT_TRUE(engine(EngineKind::kCommand, "", "my-engine {audio} {device}")->uses_gpu());
}

// whisper-cli ends well, and without a file, when it cannot decode the audio.
TEST(Engine, SuccessIsAFileThatCanBeRead) {
  const testing::TempDir folder;
  const EngineTask task{(folder.path() / "speech.wav").string(), folder.path().string(), "auto", false};
  const auto whisper = engine(EngineKind::kWhisperCpp, "m");
  EXPECT_THAT(whisper->read(task, {}).error().message, HasSubstr("wrote no transcript.json"));
  std::ofstream((folder.path() / "transcript.json").string()) << R"({"transcription":[)";
  EXPECT_THAT(whisper->read(task, {}).error().message, HasSubstr("is not JSON"));
  std::ofstream((folder.path() / "transcript.json").string()) << R"({"transcription":[{"text":" hi"}]})";
  EXPECT_EQ(whisper->read(task, {})->text(), "hi");

  std::ofstream((folder.path() / "speech.json").string())
      << R"({"segments":[{"start":0,"end":1,"text":" yes"}],"language":"en"})";
  EXPECT_EQ(engine(EngineKind::kWhisperJson)->read(task, {})->text(), "yes");

  ChildOutcome outcome;
  outcome.output = R"({"text":"from its output"})";
  EXPECT_EQ(engine(EngineKind::kCommand, "", "x")->read(task, outcome)->text(), "from its output");
  outcome.output = "";
  EXPECT_FALSE(engine(EngineKind::kPocketsphinx)->read(task, outcome));
}

TEST(BlamesGpu, ReadsWhatFailedAndNotWhatWentWell) {
  ChildOutcome outcome{ChildOutcome::kExited, 1, "", "ggml_cuda_init: CUDA error: out of memory\n"};
  EXPECT_TRUE(blames_gpu(outcome));
  outcome.status = 0;
  EXPECT_FALSE(blames_gpu(outcome));
  EXPECT_FALSE(blames_gpu({ChildOutcome::kExited, 3, "", "error: failed to open the model"}));
  EXPECT_FALSE(blames_gpu({ChildOutcome::kTimedOut, 9, "", "CUDA"}));
  EXPECT_TRUE(blames_gpu({ChildOutcome::kSignalled, 6, "", "terminate: cuBLAS failed"}));
}

TEST(CountGpuLines, CountsDevicesAndNotTheirParts) {
  EXPECT_EQ(count_gpu_lines(""), 0u);
  EXPECT_EQ(count_gpu_lines("GPU 0: NVIDIA A10G (UUID: GPU-1)\nGPU 1: NVIDIA A100 (UUID: GPU-2)\n"
                            "  MIG 1g.5gb Device 0: (UUID: MIG-3)\n"),
            2u);
  EXPECT_EQ(count_gpu_lines("No devices found.\n"), 0u);
}

}  // namespace
}  // namespace eventbus::transcription
