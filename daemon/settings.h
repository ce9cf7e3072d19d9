#pragma once

#include "base/result.h"
#include "daemon/config.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace eventbus {

// One setting, declared once: the rest (file key, environment variable, flag, help, reference in the docs) follows.
//   key data_dir  →  `data_dir:` in the file, EVENTBUS_DATA_DIR, --data-dir
struct Setting {
  enum class Section { kDaemon, kStorage, kEventLimits, kQueueLimits, kOutbox, kServer };
  enum class Unit { kNumber, kBytes };
  enum class Sources { kAll, kNotFile };
  using TextCheck = bool (*)(std::string_view text);

  // Where the value lives in Config.
  using Member =
      std::variant<ListenAddress Config::*, std::string Config::*, std::optional<std::string> Config::*, bool Config::*,
                   std::size_t Config::*, std::chrono::milliseconds Config::*, Durability Config::*,
                   Authentication Config::*, LogFormat Config::*, LogLevel Config::*, std::size_t Limits::*,
                   bool Limits::*, std::size_t RetrySettings::*, std::chrono::milliseconds RetrySettings::*,
                   std::size_t ConnectionLimits::*, bool ConnectionLimits::*, std::size_t schemas::RegistryLimits::*,
                   std::size_t ScheduleLimits::*, std::size_t net::ServerLimits::*,
                   std::chrono::milliseconds net::ServerLimits::*>;

  Section section;
  std::string_view key;
  Member member;
  std::string_view help;
  // What is allowed: of numbers and times (milliseconds) the range, of texts a check and its description.
  std::uint64_t min = 0, max = UINT64_MAX;
  Unit unit = Unit::kNumber;
  std::string_view allowed_text;
  TextCheck check = nullptr;
  Sources sources = Sources::kAll;
  bool aws_limit = false;  // --relaxed lifts it: numbers to `max`, switches to true

  std::string flag() const;                  // "--data-dir"
  std::string environment_variable() const;  // "EVENTBUS_DATA_DIR"
  bool is_switch() const;                    // a bool: the flag needs no value
  std::string allowed() const;               // "1 to 100000", "sync, async or memory"
  std::string placeholder() const;           // "HOST:PORT", in help
  std::string show(const Config& config) const;
  // Parses, checks and stores. The error says what is allowed, without naming the setting: the caller knows how the
  // user wrote it.
  Result<void> set(Config& config, std::string_view text) const;
  void lift(Config& config) const;
};

std::string_view title(Setting::Section section);

// All of them, in the order in which help and docs show them.
std::span<const Setting> all_settings();
// nullptr if there is none.
const Setting* find_setting(std::string_view key);

// The known name that is nearest to `name`, if any is near enough to be what was meant.
std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> known);

// The reference as Markdown tables: `eventbusd settings`, and the middle of docs/configuration.md.
std::string settings_markdown();

}  // namespace eventbus
