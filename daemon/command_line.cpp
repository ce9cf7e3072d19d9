#include "daemon/command_line.h"

#include "daemon/config_file.h"
#include "daemon/forward_section.h"
#include "daemon/schemas_section.h"
#include "daemon/setting_name.h"
#include "daemon/settings.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

namespace eventbus {
namespace {

// Values by key of the setting, as one source gave them.
using Given = std::map<std::string_view, std::string>;

constexpr std::string_view kEndpointVariable = "EVENTBUS_ENDPOINT";  // read by clients: healthcheck, eventbusctl

// `prefix` is what all of the names begin with; it does not count as likeness.
std::string did_you_mean(std::string_view name, std::string_view prefix, const std::vector<std::string>& known) {
  std::vector<std::string_view> bare;
  for (std::string_view candidate : known) bare.push_back(candidate.substr(prefix.size()));
  const std::optional<std::string_view> best = nearest(name.substr(prefix.size()), bare);
  if (!best) return "";
  return "; did you mean " + std::string(prefix) + std::string(*best) + "?";
}

template <typename Name>
std::vector<std::string> names_of_settings(Name name) {
  std::vector<std::string> names;
  for (const Setting& setting : all_settings()) names.push_back(name(setting));
  return names;
}

// --- flags

struct Parsed {
  Invocation::Command command = Invocation::kRun;
  std::string text;
  std::optional<std::string> endpoint;
  Given flags;
};

std::string version_text() { return "eventbusd " EVENTBUS_VERSION "\n"; }

std::string option_help(const Setting& setting) {
  std::string help(setting.help);
  help += " Allowed: " + setting.allowed() + ".";
  const std::string value = setting.show(Config{});
  if (!value.empty()) help += " Default: " + value + ".";
  if (setting.aws_limit) help += " †";
  return help;
}

// Wrapped by hand: CLI11 prints each description on one line, however long.
std::string wrapped(const std::string& text) {
  constexpr std::size_t kWidth = 80;
  std::string lines;
  std::size_t column = 0;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (column + word.size() > kWidth) {
      lines += '\n';
      column = 0;
    } else if (column > 0) {
      lines += ' ';
    }
    lines += word;
    column += word.size() + 1;
  }
  return lines;
}

void add_options(CLI::App& app, Given& flags, Given& switches) {
  for (const Setting& setting : all_settings()) {
    const std::string help = wrapped(option_help(setting));
    CLI::Option* option = nullptr;
    if (setting.is_switch()) {
      option = app.add_flag(setting.flag(), switches[setting.key], help);  // "--relaxed" is "--relaxed=true"
    } else {
      const auto store = [&flags, &setting](const std::string& text) { flags[setting.key] = text; };
      option = app.add_option_function<std::string>(setting.flag(), store, help)->type_name(setting.placeholder());
    }
    option->group(std::string(title(setting.section)));
  }
}

std::vector<std::string> known_flags() {
  auto flags = names_of_settings([](const Setting& setting) { return setting.flag(); });
  flags.insert(flags.end(), {"--help", "--version"});
  return flags;
}

Error explain(const CLI::ParseError& problem, const CLI::App& app) {
  for (const std::string& rest : app.remaining(true)) {
    if (!rest.starts_with("--")) return invalid("unexpected argument \"" + rest + "\"; try --help");
    const std::string flag = rest.substr(0, rest.find('='));
    return invalid("unknown flag " + flag + did_you_mean(flag, "--", known_flags()));
  }
  return invalid(std::string(problem.what()) + "; try --help");
}

Result<Parsed> parse_flags(const std::vector<std::string>& arguments) {
  Parsed parsed;
  CLI::App app{"EventBridge and SQS for unmodified AWS clients, in one process.", "eventbusd"};
  app.footer(
      "† Lifted by --relaxed.\n\n"
      "Every flag is also a key of the configuration file (data_dir) and an environment variable (EVENTBUS_DATA_DIR). "
      "A flag wins\n"
      "over the environment, the environment over the file. docs/configuration.md describes them all.");
  app.get_formatter()->column_width(36);
  Given switches;
  add_options(app, parsed.flags, switches);
  bool version = false;
  app.add_flag("--version", version, "Print the version and end.");
  CLI::App* const healthcheck =
      app.add_subcommand("healthcheck", "Ask a running daemon whether it is ready: exit 0 or 1.");
  healthcheck->add_option_function<std::string>(
      "--endpoint", [&parsed](const std::string& text) { parsed.endpoint = text; },
      "Where it is. Default: EVENTBUS_ENDPOINT, else the listen setting.");
  CLI::App* const settings = app.add_subcommand("settings", "Print all settings as Markdown tables.");
  app.require_subcommand(0, 1);
  app.allow_extras();  // to name the nearest flag ourselves

  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
  try {
    app.parse(std::move(reversed));
    if (!app.remaining(true).empty()) return explain(CLI::ExtrasError(app.remaining(true)), app);
  } catch (const CLI::CallForHelp&) {
    parsed.command = Invocation::kPrint;
    parsed.text = app.help();
    return parsed;
  } catch (const CLI::ParseError& problem) {
    return explain(problem, app);
  }
  for (auto& [key, text] : switches) {
    if (!text.empty()) parsed.flags[key] = std::move(text);
  }
  if (version) {
    parsed.command = Invocation::kPrint;
    parsed.text = version_text();
  } else if (settings->parsed()) {
    parsed.command = Invocation::kPrint;
    parsed.text = settings_markdown();
  } else if (healthcheck->parsed()) {
    parsed.command = Invocation::kHealthcheck;
  }
  return parsed;
}

// --- environment

// A name that is not ours is not an error (Kubernetes sets EVENTBUS_PORT and more for a service called "eventbus"), but
// one that looks like a slip of ours is worth a warning.
std::vector<std::string> warn_of_slips(const Environment& environment) {
  const auto known = names_of_settings(environment_variable);
  std::vector<std::string> warnings;
  for (const auto& [name, value] : environment) {
    if (name == kEndpointVariable || std::ranges::find(known, name) != known.end()) continue;
    const std::string hint = did_you_mean(name, kEnvironmentPrefix, known);
    if (!hint.empty()) warnings.push_back("the environment variable " + name + " is not a setting" + hint);
  }
  return warnings;
}

Given from_environment(const Environment& environment) {
  Given given;
  for (const Setting& setting : all_settings()) {
    const auto found = environment.find(environment_variable(setting));
    if (found != environment.end()) given[setting.key] = found->second;
  }
  return given;
}

// --- merging

Result<void> apply(Config& config, const Setting& setting, const std::string& written_as, const std::string& text) {
  auto done = setting.set(config, text);
  if (!done) return invalid(written_as + ": " + done.error().message);
  return {};
}

Result<const Setting*> setting_of(const std::string& path, const ConfigFile::Entry& entry) {
  const Setting* setting = find_setting(entry.key);
  if (setting && setting->sources != Setting::Sources::kNotFile) return setting;
  std::vector<std::string> known = {"forward", "resources"};
  for (const Setting& each : all_settings())
    if (each.sources != Setting::Sources::kNotFile) known.emplace_back(each.key);
  return invalid(path + ":" + std::to_string(entry.line) + ": unknown setting \"" + entry.key + "\"" +
                 did_you_mean(entry.key, "", known));
}

Result<void> check_tls(const Config& config) {
  if (config.tls_certificate.empty() == config.tls_key.empty()) return {};
  return invalid("tls_certificate and tls_key belong together: set both for HTTPS, or neither for HTTP");
}

Result<void> check_authentication(const Config& config) {
  const bool verifies = config.authentication == Authentication::kSigV4;
  if (verifies && !config.keys_file) {
    return invalid("auth sigv4 needs keys_file: the YAML file with the access keys that may call (docs/security.md)");
  }
  if (!verifies && config.keys_file) {
    return invalid("keys_file is given, but signatures are not verified: say auth sigv4, or leave keys_file out");
  }
  if (!config.file || config.listen.loopback() || config.authentication != Authentication::kUnset) return {};
  return invalid("listen " + config.listen.to_string() + " lets the network in, and " + *config.file +
                 " says nothing about authentication: write `auth: sigv4` and `keys_file: PATH` there, or `auth: none` "
                 "if everybody "
                 "who reaches this port may do everything, or listen on 127.0.0.1");
}

Result<Config> merge(const Given& environment, const Given& flags) {
  Config config;
  std::set<std::string_view> explicitly;
  boost::json::object schemas;
  const Setting& file_setting = *find_setting("config");
  for (const Given* given : {&environment, &flags}) {
    const auto found = given->find(file_setting.key);
    if (found != given->end()) config.file = found->second;
  }
  if (config.file) {
    TRY(ConfigFile file, read_config_file(*config.file));
    for (const ConfigFile::Entry& entry : file.settings) {
      TRY(const Setting* setting, setting_of(*config.file, entry));
      TRY_VOID(
          apply(config, *setting, *config.file + ":" + std::to_string(entry.line) + ": " + entry.key, entry.value));
      explicitly.insert(setting->key);
    }
    config.resources = std::move(file.resources);
    auto forward = parse_forward_section(file.forward);
    if (!forward) return invalid(*config.file + ": " + forward.error().message);
    config.forward = *std::move(forward);
    schemas = std::move(file.schemas);
  }
  for (const Setting& setting : all_settings()) {
    if (const auto found = environment.find(setting.key); found != environment.end()) {
      TRY_VOID(apply(config, setting, environment_variable(setting), found->second));
      explicitly.insert(setting.key);
    }
    if (const auto found = flags.find(setting.key); found != flags.end()) {
      TRY_VOID(apply(config, setting, setting.flag(), found->second));
      explicitly.insert(setting.key);
    }
  }
  // The dev profile calls the receivers that people run beside it.
  if (!config.file && !explicitly.contains("allow_http_endpoints"))
    config.connection_limits.allow_http_endpoints = true;
  // And the tests that start it.
  if (!config.file && !explicitly.contains("allow_reset")) config.allow_reset = true;
  if (!config.file && !explicitly.contains("event_timelines")) config.event_timelines = true;
  if (config.relaxed) {
    for (const Setting& setting : all_settings()) {
      if (setting.aws_limit && !explicitly.contains(setting.key)) setting.lift(config);
    }
  }
  // Names of buses are of the daemon's account and region, which are known now.
  auto contracts = parse_schemas_section(schemas, {config.account, config.region});
  if (!contracts) return invalid(*config.file + ": " + contracts.error().message);
  config.contracts = *std::move(contracts);
  return config;
}

}  // namespace

Environment read_environment(const char* const* environment) {
  Environment ours;
  for (; *environment; ++environment) {
    const std::string_view variable(*environment);
    const std::size_t equals = variable.find('=');
    if (!variable.starts_with(kEnvironmentPrefix) || equals == std::string_view::npos) continue;
    ours.emplace(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return ours;
}

Result<Invocation> parse_command_line(const std::vector<std::string>& arguments, const Environment& environment) {
  TRY(Parsed parsed, parse_flags(arguments));
  Invocation invocation;
  invocation.command = parsed.command;
  invocation.text = std::move(parsed.text);
  if (parsed.command == Invocation::kPrint) return invocation;
  TRY(invocation.config, merge(from_environment(environment), parsed.flags));
  invocation.warnings = warn_of_slips(environment);
  if (parsed.command == Invocation::kHealthcheck) {
    const auto variable = environment.find(std::string(kEndpointVariable));
    if (parsed.endpoint) {
      invocation.endpoint = *parsed.endpoint;
    } else if (variable != environment.end()) {
      invocation.endpoint = variable->second;
    } else {
      invocation.endpoint = invocation.config.listen.local_url(invocation.config.tls());
    }
    return invocation;
  }
  TRY_VOID(check_authentication(invocation.config));
  TRY_VOID(check_tls(invocation.config));
  return invocation;
}

}  // namespace eventbus
