#include "daemon/command_line.h"

#include "daemon/config_file.h"
#include "tests/support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace eventbus {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CommandLine : public ::testing::Test {
 protected:
  std::string file(const std::string& yaml) {
    const std::string path = (dir_.path() / "eventbusd.yaml").string();
    std::ofstream(path) << yaml;
    return path;
  }
  static std::string error_of(const std::vector<std::string>& arguments, const Environment& environment = {}) {
    auto parsed = parse_command_line(arguments, environment);
    return parsed ? "no error" : parsed.error().message;
  }

  testing::TempDir dir_;
};

TEST_F(CommandLine, WithoutAnythingItIsTheDevProfile) {
  auto parsed = parse_command_line({}, {});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->command, Invocation::kRun);
  EXPECT_EQ(parsed->config.listen.to_string(), "127.0.0.1:4566");
  EXPECT_EQ(parsed->config.data_dir, "./eventbus-data");
  EXPECT_EQ(parsed->config.durability, Durability::kSync);
  EXPECT_EQ(parsed->config.authentication, Authentication::kUnset);
  EXPECT_EQ(parsed->config.limits.rules_per_bus, 300u);
}

TEST_F(CommandLine, AFlagWinsOverTheEnvironmentAndTheEnvironmentOverTheFile) {
  const std::string path = file("rules_per_bus: 1\ntargets_per_rule: 2\nbuses_per_region: 3\n");
  auto parsed = parse_command_line({"--config", path, "--rules-per-bus", "30"},
                                   {{"EVENTBUS_RULES_PER_BUS", "20"}, {"EVENTBUS_TARGETS_PER_RULE", "21"}});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->config.limits.rules_per_bus, 30u);
  EXPECT_EQ(parsed->config.limits.targets_per_rule, 21u);
  EXPECT_EQ(parsed->config.limits.buses_per_region, 3u);
}

TEST_F(CommandLine, AValueOfALosingSourceMustBeAllowedToo) {
  EXPECT_THAT(error_of({"--shards", "1"}, {{"EVENTBUS_SHARDS", "many"}}), HasSubstr("EVENTBUS_SHARDS: \"many\""));
}

TEST_F(CommandLine, RelaxedLiftsTheLimitsOfAwsButNotThoseSetExplicitly) {
  auto parsed = parse_command_line({"--relaxed"}, {{"EVENTBUS_TARGETS_PER_RULE", "7"}});
  ASSERT_TRUE(parsed);
  EXPECT_GE(parsed->config.limits.rules_per_bus, 1'000'000u);
  EXPECT_TRUE(parsed->config.limits.allow_aws_sources);
  EXPECT_EQ(parsed->config.limits.targets_per_rule, 7u);
  EXPECT_EQ(parsed->config.limits.outbox_messages_max, Limits{}.outbox_messages_max) << "ours, not one of AWS";

  auto strict = parse_command_line({"--relaxed=false"}, {{"EVENTBUS_RELAXED", "true"}});
  ASSERT_TRUE(strict);
  EXPECT_EQ(strict->config.limits.rules_per_bus, 300u);
}

TEST_F(CommandLine, TheDevProfileCallsHttpEndpointsAndAFileMustSaySo) {
  const auto allowed = [&](std::vector<std::string> arguments) {
    auto parsed = parse_command_line(arguments, {});
    EXPECT_TRUE(parsed) << parsed.error().message;
    return parsed->config.connection_limits.allow_http_endpoints;
  };
  EXPECT_TRUE(allowed({}));
  EXPECT_FALSE(allowed({"--allow-http-endpoints=false"}));
  EXPECT_FALSE(allowed({"--config", file("shards: 1\n")}));
  EXPECT_TRUE(allowed({"--config", file("allow_http_endpoints: true\n")}));
}

TEST_F(CommandLine, UnknownNamesAreErrorsWithTheNearestKnownOne) {
  EXPECT_EQ(error_of({"--data-dri", "x"}), "unknown flag --data-dri; did you mean --data-dir?");
  EXPECT_EQ(error_of({"--frobnicate"}), "unknown flag --frobnicate");
  EXPECT_THAT(error_of({"serve"}), HasSubstr("unexpected argument \"serve\""));
  const std::string path = file("listen: 127.0.0.1:1\nlog-level: debug\n");
  EXPECT_EQ(error_of({"--config", path}), path + ":2: unknown setting \"log-level\"; did you mean log_level?");
}

TEST_F(CommandLine, ErrorsNameTheSettingAsItWasWritten) {
  EXPECT_THAT(error_of({"--durability", "no"}), HasSubstr("--durability: \"no\" is not allowed; allowed is sync"));
  EXPECT_THAT(error_of({"--relaxed=perhaps"}), HasSubstr("--relaxed: \"perhaps\" is not allowed"));
  EXPECT_THAT(error_of({"--data-dir"}), HasSubstr("--data-dir"));
  EXPECT_THAT(error_of({"--config", file("\nshards: x\n")}),
              HasSubstr("eventbusd.yaml:2: shards: \"x\" is not allowed"));
}

TEST_F(CommandLine, AFileThatOpensTheDaemonToTheNetworkMustSayHowRequestsAreAuthenticated) {
  const std::string silent = file("listen: 0.0.0.0:4566\n");
  EXPECT_THAT(error_of({"--config", silent}), HasSubstr("auth: none"));
  EXPECT_THAT(error_of({"--config", file("shards: 1\n"), "--listen", "0.0.0.0:1"}), HasSubstr("auth: none"));
  EXPECT_TRUE(parse_command_line({"--config", file("listen: 0.0.0.0:4566\nauth: none\n")}, {}));
  EXPECT_TRUE(parse_command_line({"--config", file("listen: 0.0.0.0:4566\nauth: sigv4\nkeys_file: k\n")}, {}));
  EXPECT_TRUE(parse_command_line({"--config", file("shards: 1\n")}, {})) << "loopback needs no such word";
  EXPECT_TRUE(parse_command_line({"--listen", "0.0.0.0:4566"}, {})) << "the dev profile";
}

TEST_F(CommandLine, AuthIsSaidLikeEverySetting) {
  const std::string open = file("listen: 0.0.0.0:1\n");
  EXPECT_TRUE(parse_command_line({"--config", open}, {{"EVENTBUS_AUTH", "none"}}));
  EXPECT_TRUE(parse_command_line({"--config", open, "--auth", "none"}, {}));
  const auto parsed = parse_command_line({}, {{"EVENTBUS_AUTH", "sigv4"}, {"EVENTBUS_KEYS_FILE", "/keys"}});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->config.authentication, Authentication::kSigV4);
  EXPECT_EQ(parsed->config.keys_file, "/keys");
}

TEST_F(CommandLine, VerifyingSignaturesAndTheKeysFileGoTogether) {
  EXPECT_THAT(error_of({"--auth", "sigv4"}), HasSubstr("auth sigv4 needs keys_file"));
  EXPECT_THAT(error_of({"--keys-file", "k"}), HasSubstr("signatures are not verified"));
  EXPECT_THAT(error_of({"--keys-file", "k", "--auth", "none"}), HasSubstr("signatures are not verified"));
}

TEST_F(CommandLine, SlipsInTheEnvironmentAreWarnedOfAndStrangersAreNot) {
  auto parsed =
      parse_command_line({}, {{"EVENTBUS_DATADIR", "/x"},
                              {"EVENTBUS_PORT", "tcp://10.0.0.1:4566"},  // Kubernetes, for a service "eventbus"
                              {"EVENTBUS_ENDPOINT", "http://127.0.0.1:1"}});
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->warnings.size(), 1u);
  EXPECT_THAT(parsed->warnings[0], AllOf(HasSubstr("EVENTBUS_DATADIR"), HasSubstr("did you mean EVENTBUS_DATA_DIR?")));
}

TEST_F(CommandLine, HealthcheckFindsTheDaemonByFlagVariableOrListenSetting) {
  auto by_default = parse_command_line({"healthcheck"}, {{"EVENTBUS_LISTEN", "0.0.0.0:1234"}});
  ASSERT_TRUE(by_default);
  EXPECT_EQ(by_default->command, Invocation::kHealthcheck);
  EXPECT_EQ(by_default->endpoint, "http://127.0.0.1:1234");
  auto by_variable = parse_command_line({"healthcheck"}, {{"EVENTBUS_ENDPOINT", "http://a:1"}});
  EXPECT_EQ(by_variable->endpoint, "http://a:1");
  auto by_flag = parse_command_line({"healthcheck", "--endpoint", "http://b:2"}, {{"EVENTBUS_ENDPOINT", "http://a:1"}});
  EXPECT_EQ(by_flag->endpoint, "http://b:2");
}

TEST_F(CommandLine, HelpVersionAndSettingsPrint) {
  auto help = parse_command_line({"--help"}, {});
  ASSERT_TRUE(help);
  EXPECT_EQ(help->command, Invocation::kPrint);
  EXPECT_THAT(help->text, AllOf(HasSubstr("--put-events-bytes"), HasSubstr("healthcheck"), HasSubstr("settings")));
  EXPECT_EQ(parse_command_line({"--version"}, {})->text, "eventbusd " EVENTBUS_VERSION "\n");
  EXPECT_THAT(parse_command_line({"settings"}, {})->text, HasSubstr("| `data_dir` | `./eventbus-data` |"));
}

TEST(ConfigFile, RefusesWhatIsNotAMappingOfPlainValues) {
  const auto error_of = [](const std::string& yaml) {
    auto parsed = parse_config_file("f.yaml", yaml);
    return parsed ? "no error" : parsed.error().message;
  };
  EXPECT_THAT(error_of("- a\n"), HasSubstr("f.yaml:1: the file must be a mapping"));
  EXPECT_THAT(error_of("listen: [a]\n"), HasSubstr("f.yaml:1: \"listen\" must have one plain value"));
  EXPECT_THAT(error_of("shards: 1\nlisten: a\nshards: 2\n"), HasSubstr("f.yaml:3: \"shards\" stands here twice"));
  EXPECT_THAT(error_of("listen: a: b\n"), HasSubstr("f.yaml:1: not YAML"));
  EXPECT_THAT(error_of("resources: 1\n"), HasSubstr("resources must be a mapping"));
  EXPECT_THAT(error_of("resources: {a: {b: 1, b: 2}}\n"), HasSubstr("\"b\" stands here twice"));
  EXPECT_EQ(error_of(""), "no error");
}

TEST(ConfigFile, SaysWhyItCannotBeRead) {
  const std::string missing = "/nonexistent/f.yaml", directory = "/";
  EXPECT_EQ(read_config_file(missing).error().message,
            "cannot read the configuration file /nonexistent/f.yaml: No such file or directory");
  EXPECT_EQ(read_config_file(directory).error().message, "cannot read the configuration file /: Is a directory");
}

TEST(ConfigFile, ResourcesKeepTheirTypes) {
  auto parsed =
      parse_config_file("f.yaml", "resources: {a: 5, b: '5', c: true, d: \"true\", e: text, f: 1.5, g: null, h: [1]}");
  ASSERT_TRUE(parsed);
  const boost::json::object expected = {{"a", 5},      {"b", "5"}, {"c", true},    {"d", "true"},
                                        {"e", "text"}, {"f", 1.5}, {"g", nullptr}, {"h", boost::json::array{1}}};
  EXPECT_EQ(parsed->resources, expected);
}

}  // namespace
}  // namespace eventbus
