#include "workers/transcription/settings.h"

#include "tests/support/temp_dir.h"
#include "workers/transcription/command_line.h"

#include <gmock/gmock.h>

#include <fstream>

namespace eventbus::transcription {
namespace {

using ::testing::HasSubstr;

TEST(WorkerSettings, FlagBeatsEnvironmentBeatsFile) {
  const testing::TempDir folder;
  const std::string file = (folder.path() / "worker.yaml").string();
  std::ofstream(file) << "queue: from-file\nbus: from-file\nvisibility: 30s\nwait: 5s\n";
  const auto invocation =
      parse_command_line({"--config", file, "--queue", "from-flag"},
                         {{"TRANSCRIPTION_QUEUE", "from-environment"}, {"TRANSCRIPTION_BUS", "from-environment"}});
  ASSERT_TRUE(invocation) << invocation.error().message;
  EXPECT_EQ(invocation->config.queue, "from-flag");
  EXPECT_EQ(invocation->config.bus, "from-environment");
  EXPECT_EQ(invocation->config.visibility, std::chrono::seconds(30));
}

TEST(WorkerSettings, EveryDefaultIsItselfAllowed) {
  for (const Setting& setting : all_settings()) {
    Config config;
    const std::string value = setting.show(config);
    if (value.empty()) continue;
    EXPECT_TRUE(setting.set(config, value)) << setting.key << " " << value;
    EXPECT_EQ(setting.show(config), value) << setting.key;
  }
}

TEST(WorkerSettings, RefusesWithWhatIsAllowed) {
  const auto message = [](const std::vector<std::string>& arguments) {
    const auto invocation = parse_command_line(arguments, {});
    return invocation ? "accepted" : invocation.error().message;
  };
  EXPECT_THAT(message({"--engine", "siri"}), HasSubstr("pocketsphinx, whisper-cpp, whisper-json or command"));
  EXPECT_THAT(message({"--wait", "21s"}), HasSubstr("0s to 20s"));
  EXPECT_THAT(message({"--engin", "command"}), HasSubstr("did you mean --engine?"));
  EXPECT_THAT(message({"--engine", "command"}), HasSubstr("engine_command"));
  EXPECT_THAT(message({"--engine", "whisper-cpp"}), HasSubstr("model"));
  EXPECT_THAT(message({"--output", "s3://bucket/file"}), HasSubstr("s3://bucket/prefix/"));
  EXPECT_THAT(message({"extra"}), HasSubstr("unexpected argument"));
}

TEST(WorkerSettings, RefusesUnknownKeysOfTheFileByLine) {
  const testing::TempDir folder;
  const std::string file = (folder.path() / "worker.yaml").string();
  std::ofstream(file) << "queue: a\nengin: command\n";
  const auto invocation = parse_command_line({"--config", file}, {});
  ASSERT_FALSE(invocation);
  EXPECT_THAT(invocation.error().message, HasSubstr("worker.yaml:2: unknown setting \"engin\"; did you mean engine?"));
}

TEST(WorkerSettings, TakesTheRegionFromWhereAwsToolsTakeIt) {
  const auto region = [](const Environment& environment) { return parse_command_line({}, environment)->config.region; };
  EXPECT_EQ(region({}), "us-east-1");
  EXPECT_EQ(region({{"AWS_DEFAULT_REGION", "eu-west-1"}}), "eu-west-1");
  EXPECT_EQ(region({{"AWS_DEFAULT_REGION", "eu-west-1"}, {"AWS_REGION", "eu-central-1"}}), "eu-central-1");
}

TEST(WorkerSettings, TheReferenceInTheDocsIsTheTable) {
  std::ifstream stream(std::string(EVENTBUS_SOURCE_DIR) + "/docs/transcription.md");
  ASSERT_TRUE(stream.is_open());
  const std::string page{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  EXPECT_THAT(page, HasSubstr(settings_markdown()))
      << "docs/transcription.md is older than the table: run tools/update-settings-reference "
         "build/dev/bin/transcription-worker";
}

}  // namespace
}  // namespace eventbus::transcription
