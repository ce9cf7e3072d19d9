#include "daemon/settings.h"

#include <array>

namespace eventbus {
namespace {

constexpr std::array kSections = {SettingSection::kDaemon,      SettingSection::kStorage, SettingSection::kEventLimits,
                                  SettingSection::kQueueLimits, SettingSection::kOutbox,  SettingSection::kServer};

}  // namespace

std::string_view title(SettingSection section) {
  switch (section) {
    case SettingSection::kDaemon:
      return "The daemon";
    case SettingSection::kStorage:
      return "Memory of the storage";
    case SettingSection::kEventLimits:
      return "Limits of EventBridge";
    case SettingSection::kQueueLimits:
      return "Limits of SQS";
    case SettingSection::kOutbox:
      return "Deliveries that wait";
    case SettingSection::kServer:
      return "The HTTP server";
  }
  return "";
}

std::string settings_markdown() {
  const Config defaults;
  std::string page;
  for (const SettingSection section : kSections) {
    if (!page.empty()) page += "\n";
    page += "### " + std::string(title(section)) + "\n\n";
    page += "| setting | default | what it does | allowed |\n|---|---|---|---|\n";
    for (const Setting& setting : all_settings()) {
      if (setting.section != section) continue;
      const std::string value = setting.show(defaults);
      page += "| `" + std::string(setting.key) + "`" + (setting.aws_limit ? " †" : "") + " | ";
      page += value.empty() ? "–" : "`" + value + "`";
      page += " | " + std::string(setting.help);
      if (setting.sources == Setting::Sources::kNotFile) page += " Flag or variable only.";
      page += " | " + setting.allowed() + " |\n";
    }
  }
  return page;
}

}  // namespace eventbus
