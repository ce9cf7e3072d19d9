#pragma once

#include "base/result.h"
#include "workers/transcription/config.h"

#include <span>
#include <string>
#include <string_view>

namespace eventbus::transcription {

// One setting of the worker, declared once, as daemon/settings.h has those of the daemon; the texts of values are the
// same (daemon/setting_value.h).
//   key engine_timeout  →  `engine_timeout:` in the file, TRANSCRIPTION_ENGINE_TIMEOUT, --engine-timeout
struct Setting {
  std::string_view group, key, help;
  bool is_switch = false;
  bool (*set)(Config& config, std::string_view text) = nullptr;  // false: not such a value
  std::string (*show)(const Config& config) = nullptr;
  std::string (*allowed)() = nullptr;

  std::string flag() const;
  std::string environment_variable() const;
};

inline constexpr std::string_view kEnvironmentPrefix = "TRANSCRIPTION_";

std::span<const Setting> all_settings();
const Setting* find_setting(std::string_view key);  // nullptr if there is none

// What the settings mean together: an engine without what it needs, a wait longer than SQS knows. kInvalid.
Result<void> check(const Config& config);

// All settings as a Markdown table: `transcription-worker settings`, and the end of docs/transcription.md.
std::string settings_markdown();

}  // namespace eventbus::transcription
