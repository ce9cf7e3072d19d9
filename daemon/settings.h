#pragma once

#include "daemon/config.h"
#include "daemon/setting_row.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace eventbus {

enum class SettingSection { kDaemon, kStorage, kEventLimits, kQueueLimits, kOutbox, kServer };

// Where the value lives in Config.
using SettingMember =
    std::variant<ListenAddress Config::*, std::string Config::*, std::optional<std::string> Config::*, bool Config::*,
                 std::size_t Config::*, std::chrono::milliseconds Config::*, Durability Config::*,
                 Authentication Config::*, LogFormat Config::*, LogLevel Config::*, std::size_t Limits::*,
                 bool Limits::*, std::size_t RetrySettings::*, std::chrono::milliseconds RetrySettings::*,
                 std::size_t ConnectionLimits::*, bool ConnectionLimits::*, std::size_t schemas::RegistryLimits::*,
                 std::size_t ScheduleLimits::*, std::size_t net::ServerLimits::*,
                 std::chrono::milliseconds net::ServerLimits::*>;

// One setting of the daemon (daemon/setting_row.h; the table is daemon/settings.cpp).
//   key data_dir  →  `data_dir:` in the file, EVENTBUS_DATA_DIR, --data-dir
using Setting = SettingRow<SettingSection, Config, SettingMember>;

inline constexpr std::string_view kEnvironmentPrefix = "EVENTBUS_";

inline std::string environment_variable(const Setting& setting) {
  return variable_name(kEnvironmentPrefix, setting.key);
}
std::string_view title(SettingSection section);

// All of them, in the order in which help and docs show them.
std::span<const Setting> all_settings();
// nullptr if there is none.
const Setting* find_setting(std::string_view key);

// The reference as Markdown tables: `eventbusd settings`, and the middle of docs/configuration.md.
std::string settings_markdown();

// The part of the configuration in which a member lives.
inline Config& part_of(Config& config, const Config*) { return config; }
inline Limits& part_of(Config& config, const Limits*) { return config.limits; }
inline RetrySettings& part_of(Config& config, const RetrySettings*) { return config.retry; }
inline ConnectionLimits& part_of(Config& config, const ConnectionLimits*) { return config.connection_limits; }
inline schemas::RegistryLimits& part_of(Config& config, const schemas::RegistryLimits*) { return config.schema_limits; }
inline ScheduleLimits& part_of(Config& config, const ScheduleLimits*) { return config.schedule_limits; }
inline net::ServerLimits& part_of(Config& config, const net::ServerLimits*) { return config.server; }

template <typename Part, typename Value>
Value& value_of(Config& config, Value Part::*member) {
  return part_of(config, static_cast<const Part*>(nullptr)).*member;
}
template <typename Part, typename Value>
const Value& value_of(const Config& config, Value Part::*member) {
  return value_of(const_cast<Config&>(config), member);  // only to read
}

}  // namespace eventbus
