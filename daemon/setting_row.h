#pragma once

#include "base/result.h"
#include "daemon/allowed_values.h"
#include "daemon/setting_name.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace eventbus {

// One setting of a program, declared once, as plain data: the rest (file key, environment variable, flag, help,
// reference in the docs) follows. `Member` is a variant of the pointers to members behind which values live, and
// value_of(config, pointer), found beside Config, is what is there.
template <typename Section, typename Config, typename Member>
struct SettingRow {
  enum class Sources { kAll, kNotFile };
  using Unit = AllowedValues::Unit;

  Section section;
  std::string_view key;
  Member member;
  std::string_view help;
  AllowedValues values;
  Sources sources = Sources::kAll;
  bool aws_limit = false;  // may be lifted: numbers to their `max`, switches to true

  // The kinds of rows.
  static constexpr SettingRow count(Section section, std::string_view key, Member member, std::uint64_t min,
                                    std::uint64_t max, std::string_view help) {
    return {.section = section, .key = key, .member = member, .help = help, .values = {.min = min, .max = max}};
  }
  // The range in milliseconds.
  static constexpr SettingRow duration(Section section, std::string_view key, Member member, std::uint64_t min,
                                       std::uint64_t max, std::string_view help) {
    return count(section, key, member, min, max, help);
  }
  static constexpr SettingRow bytes(Section section, std::string_view key, Member member, std::uint64_t min,
                                    std::uint64_t max, std::string_view help) {
    SettingRow row = count(section, key, member, min, max, help);
    row.values.unit = Unit::kBytes;
    return row;
  }
  static constexpr SettingRow text(Section section, std::string_view key, Member member, std::string_view allowed,
                                   AllowedValues::TextCheck check, std::string_view help) {
    return {
        .section = section, .key = key, .member = member, .help = help, .values = {.text = allowed, .check = check}};
  }
  // The type says it all.
  static constexpr SettingRow other(Section section, std::string_view key, Member member, std::string_view help) {
    return {.section = section, .key = key, .member = member, .help = help, .values = {}};
  }

  std::string flag() const { return flag_name(key); }  // "--data-dir"
  // A bool: the flag needs no value.
  bool is_switch() const {
    return with_type([](auto* type) { return std::is_same_v<decltype(type), const bool*>; });
  }
  // "1 to 100000", "sync, async or memory".
  std::string allowed() const {
    return with_type([this](auto* type) { return describe(values, type); });
  }
  // "HOST:PORT", in help.
  std::string placeholder() const {
    return with_type([](auto* type) { return std::string(placeholder_of(type)); });
  }
  std::string show(const Config& config) const {
    return std::visit([&](auto pointer) { return show_value(values, value_of(config, pointer)); }, member);
  }
  // Parses, checks and stores. The error says what is allowed, without naming the setting: the caller knows how the
  // user wrote it.
  Result<void> set(Config& config, std::string_view written) const {
    const auto store = [&]<typename Part, typename Value>(Value Part::*pointer) -> Result<void> {
      auto value = parse_value(values, written, static_cast<const Value*>(nullptr));
      if (!value) return invalid("\"" + std::string(written) + "\" is not allowed; allowed is " + allowed());
      value_of(config, pointer) = *std::move(value);
      return {};
    };
    return std::visit(store, member);
  }
  void lift(Config& config) const {
    const auto widen = [&]<typename Part, typename Value>(Value Part::*pointer) {
      if constexpr (std::is_same_v<Value, bool>) value_of(config, pointer) = true;
      if constexpr (std::is_same_v<Value, std::size_t>) value_of(config, pointer) = values.max;
    };
    std::visit(widen, member);
  }

 private:
  // f(a null pointer of the value's type): picks the overload.
  template <typename F>
  auto with_type(F f) const {
    return std::visit(
        [&]<typename Part, typename Value>(Value Part::*) { return f(static_cast<const Value*>(nullptr)); }, member);
  }
};

}  // namespace eventbus
