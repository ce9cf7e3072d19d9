#include "workers/transcription/settings.h"

#include <array>

namespace eventbus::transcription {

namespace {

constexpr std::array kSections = {SettingSection::kQueue, SettingSection::kEngine, SettingSection::kPlaces,
                                  SettingSection::kLife};

}  // namespace

std::string_view title(SettingSection section) {
  switch (section) {
    case SettingSection::kQueue:
      return "The queue and the bus";
    case SettingSection::kEngine:
      return "The engine";
    case SettingSection::kPlaces:
      return "Places";
    case SettingSection::kLife:
      return "The process";
  }
  return "";
}

std::string settings_markdown() {
  const Config defaults;
  std::string tables;
  for (const SettingSection section : kSections) {
    tables += "\n### " + std::string(title(section)) + "\n\n| setting | default | allowed | |\n|---|---|---|---|\n";
    for (const Setting& setting : all_settings()) {
      if (setting.section != section) continue;
      const std::string value = setting.show(defaults);
      tables += "| `" + std::string(setting.key) + "` | " + (value.empty() ? "" : "`" + value + "`") + " | " +
                setting.allowed() + " | " + std::string(setting.help) + " |\n";
    }
  }
  return tables;
}

}  // namespace eventbus::transcription
