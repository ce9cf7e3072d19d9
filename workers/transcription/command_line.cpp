#include "workers/transcription/command_line.h"

#include "daemon/config_file.h"
#include "daemon/setting_name.h"
#include "workers/transcription/settings.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace eventbus::transcription {

namespace {

using Given = std::map<std::string_view, std::string>;

std::string option_help(const Setting& setting) {
  std::string help = std::string(setting.help) + " Allowed: " + setting.allowed() + ".";
  if (const std::string value = setting.show(Config{}); !value.empty()) help += " Default: " + value + ".";
  return help;
}

std::string did_you_mean(std::string_view name, std::vector<std::string> known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  const auto best = nearest(name, views);
  return best ? "; did you mean " + std::string(*best) + "?" : "";
}

struct Parsed {
  Given flags;
  std::optional<std::string> print;
};

Error explain(const CLI::ParseError& problem, const CLI::App& app) {
  for (const std::string& rest : app.remaining(true)) {
    if (!rest.starts_with("--")) return invalid("unexpected argument \"" + rest + "\"; try --help");
    const std::string flag = rest.substr(0, rest.find('='));
    std::vector<std::string> known = {"--help", "--version"};
    for (const Setting& setting : all_settings()) known.push_back(setting.flag());
    return invalid("unknown flag " + flag + did_you_mean(flag, std::move(known)));
  }
  return invalid(std::string(problem.what()) + "; try --help");
}

Result<Parsed> parse_flags(const std::vector<std::string>& arguments) {
  Parsed parsed;
  CLI::App app{"Takes transcription jobs from a queue, runs a speech engine, publishes the result.",
               "transcription-worker"};
  app.footer(
      "Every flag is also a key of the configuration file (engine_timeout) and an environment variable\n"
      "(TRANSCRIPTION_ENGINE_TIMEOUT). A flag wins over the environment, the environment over the file.\n"
      "Credentials are found as AWS's own tools find them. docs/transcription.md");
  app.get_formatter()->column_width(30);
  Given switches;
  for (const Setting& setting : all_settings()) {
    CLI::Option* option = nullptr;
    if (setting.is_switch()) {
      option = app.add_flag(setting.flag(), switches[setting.key], option_help(setting));
    } else {
      const auto store = [&parsed, &setting](const std::string& value) { parsed.flags[setting.key] = value; };
      option = app.add_option_function<std::string>(setting.flag(), store, option_help(setting))
                   ->type_name(setting.placeholder());
    }
    option->group(std::string(title(setting.section)));
  }
  bool version = false;
  app.add_flag("--version", version, "Print the version and end.");
  const CLI::App* const settings = app.add_subcommand("settings", "Print all settings as Markdown tables.");
  app.require_subcommand(0, 1);
  app.allow_extras();
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(std::move(reversed));
    if (!app.remaining(true).empty()) return explain(CLI::ExtrasError(app.remaining(true)), app);
  } catch (const CLI::CallForHelp&) {
    parsed.print = app.help();
    return parsed;
  } catch (const CLI::ParseError& problem) {
    return explain(problem, app);
  }
  for (auto& [key, value] : switches) {
    if (!value.empty()) parsed.flags[key] = std::move(value);
  }
  if (version) parsed.print = "transcription-worker " EVENTBUS_VERSION "\n";
  if (settings->parsed()) parsed.print = settings_markdown();
  return parsed;
}

Result<void> apply(Config& config, const Setting& setting, const std::string& written_as, const std::string& value) {
  auto done = setting.set(config, value);
  if (!done) return invalid(written_as + ": " + done.error().message);
  return {};
}

Result<void> apply_file(Config& config, const std::string& path) {
  TRY(const ConfigFile file, read_config_file(path));
  if (!file.resources.empty() || !file.forward.empty())
    return invalid(path + ": resources and forward are for eventbusd, not for this worker");
  for (const ConfigFile::Entry& entry : file.settings) {
    const std::string where = path + ":" + std::to_string(entry.line) + ": ";
    const Setting* const setting = find_setting(entry.key);
    if (!setting || setting->sources == Setting::Sources::kNotFile) {
      std::vector<std::string> known;
      for (const Setting& each : all_settings()) known.emplace_back(each.key);
      return invalid(where + "unknown setting \"" + entry.key + "\"" + did_you_mean(entry.key, std::move(known)));
    }
    TRY_VOID(apply(config, *setting, where + entry.key, entry.value));
  }
  return {};
}

// What the environment says otherwise, where the settings say nothing.
void fill_from_environment(Config& config, const Environment& environment) {
  const auto variable = [&environment](std::string_view name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  if (config.region.empty()) config.region = variable("AWS_REGION");
  if (config.region.empty()) config.region = variable("AWS_DEFAULT_REGION");
  if (config.region.empty()) config.region = "us-east-1";
  if (config.work_dir.empty()) config.work_dir = variable("TMPDIR");
  if (config.work_dir.empty()) config.work_dir = "/tmp";
}

}  // namespace

Result<Invocation> parse_command_line(const std::vector<std::string>& arguments, const Environment& environment) {
  TRY(Parsed parsed, parse_flags(arguments));
  Invocation invocation;
  invocation.print = std::move(parsed.print);
  if (invocation.print) return invocation;
  Config& config = invocation.config;
  const auto named = environment.find(variable_name(kEnvironmentPrefix, "config"));
  if (named != environment.end()) config.config = named->second;
  if (const auto flag = parsed.flags.find("config"); flag != parsed.flags.end()) config.config = flag->second;
  if (!config.config.empty()) TRY_VOID(apply_file(config, config.config));
  for (const Setting& setting : all_settings()) {
    if (const auto variable = environment.find(environment_variable(setting)); variable != environment.end())
      TRY_VOID(apply(config, setting, environment_variable(setting), variable->second));
    if (const auto flag = parsed.flags.find(setting.key); flag != parsed.flags.end())
      TRY_VOID(apply(config, setting, setting.flag(), flag->second));
  }
  TRY_VOID(check(config));
  fill_from_environment(config, environment);
  return invocation;
}

}  // namespace eventbus::transcription
