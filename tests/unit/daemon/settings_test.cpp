#include "daemon/settings.h"

#include "daemon/setting_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace eventbus {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

TEST(Settings, EveryNameIsUniqueAndSnakeCase) {
  std::set<std::string_view> seen;
  for (const Setting& setting : all_settings()) {
    EXPECT_TRUE(seen.insert(setting.key).second) << setting.key;
    EXPECT_EQ(setting.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << setting.key;
    EXPECT_FALSE(setting.help.empty()) << setting.key;
    EXPECT_FALSE(setting.allowed().empty()) << setting.key;
  }
}

TEST(Settings, EveryDefaultIsAllowedAndShownAsItWouldBeWritten) {
  const Config defaults;
  for (const Setting& setting : all_settings()) {
    const std::string shown = setting.show(defaults);
    if (shown.empty()) continue;  // not set
    Config config;
    auto done = setting.set(config, shown);
    ASSERT_TRUE(done) << setting.key << ": " << done.error().message;
    EXPECT_EQ(setting.show(config), shown);
  }
}

TEST(Settings, OneNameHasThreeSpellings) {
  const Setting* setting = find_setting("data_dir");
  ASSERT_NE(setting, nullptr);
  EXPECT_EQ(setting->flag(), "--data-dir");
  EXPECT_EQ(environment_variable(*setting), "EVENTBUS_DATA_DIR");
}

TEST(Settings, ABadValueSaysWhatIsAllowedAndChangesNothing) {
  Config config;
  auto done = find_setting("durability")->set(config, "maybe");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(done.error().message, "\"maybe\" is not allowed; allowed is sync, async or memory");
  EXPECT_EQ(config.durability, Durability::kSync);

  EXPECT_FALSE(find_setting("shards")->set(config, "257"));
  EXPECT_FALSE(find_setting("shards")->set(config, "-1"));
  EXPECT_FALSE(find_setting("shards")->set(config, "2 "));
  EXPECT_FALSE(find_setting("account")->set(config, "12345"));
  EXPECT_FALSE(find_setting("idle_timeout")->set(config, "0s"));
  EXPECT_FALSE(find_setting("body_bytes_max")->set(config, "3GiB"));
  EXPECT_FALSE(find_setting("data_dir")->set(config, ""));
}

TEST(Settings, EveryLimitOfTheDomainCanBeSet) {
  // A member added to bus/limits.h needs a row here, and a row in the table.
  Config config;
  Limits& limits = config.limits;
  const std::vector<std::pair<std::string_view, std::size_t*>> numbers = {
      {"buses_per_region", &limits.buses_per_region},
      {"rules_per_bus", &limits.rules_per_bus},
      {"wildcard_rules_per_bus", &limits.wildcard_rules_per_bus},
      {"targets_per_rule", &limits.targets_per_rule},
      {"event_pattern_characters", &limits.event_pattern_characters},
      {"bus_policy_bytes", &limits.bus_policy_bytes},
      {"put_events_entries", &limits.put_events_entries},
      {"put_events_bytes", &limits.put_events_bytes},
      {"tags_per_resource", &limits.tags_per_resource},
      {"message_bytes", &limits.message_bytes},
      {"in_flight_messages", &limits.in_flight_messages},
      {"in_flight_messages_fifo", &limits.in_flight_messages_fifo},
      {"outbox_messages_max", &limits.outbox_messages_max},
      {"outbox_bytes_max", &limits.outbox_bytes_max},
  };
  std::size_t value = 2'000;
  for (const auto& [key, member] : numbers) {
    ASSERT_NE(find_setting(key), nullptr) << key;
    ASSERT_TRUE(find_setting(key)->set(config, std::to_string(++value))) << key;
    EXPECT_EQ(*member, value) << key;
  }
  for (const auto& [key, member] : std::vector<std::pair<std::string_view, bool*>>{
           {"allow_aws_sources", &limits.allow_aws_sources},
           {"allow_bus_target_without_role", &limits.allow_bus_target_without_role},
           {"allow_http_targets", &limits.allow_http_targets},
           {"allow_cross_region_queues", &limits.allow_cross_region_queues}}) {
    ASSERT_TRUE(find_setting(key)->set(config, "true")) << key;
    EXPECT_TRUE(*member) << key;
  }
  static_assert(sizeof(Limits) == 12 * sizeof(std::size_t) + 8 + 2 * sizeof(std::uint64_t),
                "a limit without a row above?");
  static_assert(sizeof(net::ServerLimits) == 8 * 8, "a limit of the server without a setting?");
}

TEST(Settings, EveryLimitOfConnectionsHasOne) {
  Config config;
  ConnectionLimits& limits = config.connection_limits;
  std::size_t value = 200;
  for (const auto& [key, member] : std::vector<std::pair<std::string_view, std::size_t*>>{
           {"connections_per_region", &limits.connections_per_region},
           {"api_destinations_per_region", &limits.api_destinations_per_region},
           {"api_destination_rate_max", &limits.api_destination_rate_max}}) {
    ASSERT_NE(find_setting(key), nullptr) << key;
    ASSERT_TRUE(find_setting(key)->set(config, std::to_string(++value))) << key;
    EXPECT_EQ(*member, value) << key;
    find_setting(key)->lift(config);
    EXPECT_GT(*member, 1'000'000u) << key;
  }
  ASSERT_TRUE(find_setting("allow_http_endpoints")->set(config, "true"));
  EXPECT_TRUE(limits.allow_http_endpoints);
  EXPECT_TRUE(find_setting("allow_http_endpoints")->is_switch());
  static_assert(sizeof(ConnectionLimits) == 4 * sizeof(std::size_t), "a limit without a row above?");
}

TEST(Settings, QuotasOfSchedulesAndSchemaRegistriesHaveOne) {
  Config config;
  schemas::RegistryLimits& registries = config.schema_limits;
  ScheduleLimits& schedules = config.schedule_limits;
  std::size_t value = 200;
  for (const auto& [key, member] : std::vector<std::pair<std::string_view, std::size_t*>>{
           {"schema_registries_per_region", &registries.registries},
           {"schema_discoverers_per_region", &registries.discoverers},
           {"schemas_per_registry", &registries.schemas_per_registry},
           {"discovered_schemas", &registries.discovered_schemas},
           {"versions_per_schema", &registries.versions_per_schema},
           {"schedules_per_region", &schedules.schedules},
           {"schedule_groups_per_region", &schedules.groups}}) {
    ASSERT_NE(find_setting(key), nullptr) << key;
    ASSERT_TRUE(find_setting(key)->set(config, std::to_string(++value))) << key;
    EXPECT_EQ(*member, value) << key;
    find_setting(key)->lift(config);
    EXPECT_EQ(*member, 1'000'000'000u) << key;
  }
  static_assert(sizeof(schemas::RegistryLimits) == 5 * sizeof(std::size_t), "a limit without a row above?");
  static_assert(sizeof(ScheduleLimits) == 3 * sizeof(std::size_t), "a limit without a row above?");
}

TEST(Settings, ValuesAreReadWithUnits) {
  EXPECT_EQ(parse_bytes("16MiB"), 16u * 1024 * 1024);
  EXPECT_EQ(parse_bytes("17"), 17u);
  EXPECT_EQ(parse_bytes("MiB"), std::nullopt);
  EXPECT_EQ(parse_bytes("18446744073709551615KiB"), std::nullopt);
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("90m"), milliseconds(5'400'000));
  EXPECT_EQ(parse_duration("10"), std::nullopt) << "of what?";
  EXPECT_EQ(parse_duration("99999999999h"), std::nullopt);
  EXPECT_EQ(show_duration(milliseconds(65'000)), "65s");
  EXPECT_EQ(show_bytes(262'144), "256KiB");
}

TEST(Settings, AListenAddressIsHostAndPort) {
  EXPECT_EQ(parse_listen_address("[::1]:80"), (ListenAddress{"::1", 80}));
  EXPECT_EQ(parse_listen_address("localhost:0"), (ListenAddress{"localhost", 0}));
  for (const char* bad : {"4566", ":4566", "::1:80", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x"}) {
    EXPECT_EQ(parse_listen_address(bad), std::nullopt) << bad;
  }
  EXPECT_EQ((ListenAddress{"0.0.0.0", 4566}).local_url(), "http://127.0.0.1:4566");
  EXPECT_EQ((ListenAddress{"::", 1}).local_url(), "http://[::1]:1");
  EXPECT_FALSE((ListenAddress{"0.0.0.0", 1}).loopback());
  EXPECT_TRUE((ListenAddress{"127.0.0.2", 1}).loopback());
}

TEST(Settings, TheReferenceInTheDocsIsTheTable) {
  std::ifstream stream(std::string(EVENTBUS_SOURCE_DIR) + "/docs/configuration.md");
  ASSERT_TRUE(stream.is_open());
  const std::string page{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  EXPECT_THAT(page, HasSubstr(settings_markdown()))
      << "docs/configuration.md is older than the table: run tools/update-settings-reference build/dev/bin/eventbusd";
}

}  // namespace
}  // namespace eventbus
