#pragma once

#include "base/result.h"
#include "daemon/setting_row.h"
#include "workers/transcription/config.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace eventbus::transcription {

// Found by the parsers of choices (daemon/setting_value.h) by their argument.
std::span<const Choice<EngineKind>> choices(EngineKind);
std::span<const Choice<DeviceChoice>> choices(DeviceChoice);
std::span<const Choice<ConverterChoice>> choices(ConverterChoice);

enum class SettingSection { kQueue, kEngine, kPlaces, kLife };

// Where the value lives in Config.
using SettingMember =
    std::variant<std::string Config::*, std::size_t Config::*, std::chrono::milliseconds Config::*, bool Config::*,
                 EngineKind Config::*, DeviceChoice Config::*, ConverterChoice Config::*, LogFormat Config::*,
                 LogLevel Config::*, std::optional<ListenAddress> Config::*>;

// One setting of the worker, as the daemon has its own (daemon/setting_row.h).
//   key engine_timeout  →  `engine_timeout:` in the file, TRANSCRIPTION_ENGINE_TIMEOUT, --engine-timeout
using Setting = SettingRow<SettingSection, Config, SettingMember>;

inline constexpr std::string_view kEnvironmentPrefix = "TRANSCRIPTION_";

inline std::string environment_variable(const Setting& setting) {
  return variable_name(kEnvironmentPrefix, setting.key);
}
std::string_view title(SettingSection section);

std::span<const Setting> all_settings();
const Setting* find_setting(std::string_view key);  // nullptr if there is none

// What the settings mean together: an engine without what it needs, a wait longer than SQS knows. kInvalid.
Result<void> check(const Config& config);

// All settings as a Markdown table: `transcription-worker settings`, and the end of docs/transcription.md.
std::string settings_markdown();

template <typename Value>
Value& value_of(Config& config, Value Config::*member) {
  return config.*member;
}
template <typename Value>
const Value& value_of(const Config& config, Value Config::*member) {
  return config.*member;
}

}  // namespace eventbus::transcription
