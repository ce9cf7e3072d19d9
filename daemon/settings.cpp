#include "daemon/settings.h"

#include "daemon/setting_value.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <type_traits>
#include <vector>

namespace eventbus {
namespace {

using Section = Setting::Section;
using Unit = Setting::Unit;
using Sources = Setting::Sources;

constexpr std::uint64_t kSecond = 1'000;
constexpr std::uint64_t kDay = 86'400 * kSecond;
constexpr std::uint64_t kMany = 1'000'000'000;  // no limit that anybody would meet
constexpr std::uint64_t kKiB = 1ULL << 10, kMiB = 1ULL << 20, kGiB = 1ULL << 30, kTiB = 1ULL << 40;

// The kinds of rows.
template <typename Member>
constexpr Setting count(Section section, std::string_view key, Member member, std::uint64_t min, std::uint64_t max,
                        std::string_view help) {
  return {.section = section, .key = key, .member = member, .help = help, .min = min, .max = max};
}

// The range in milliseconds.
template <typename Member>
constexpr Setting duration(Section section, std::string_view key, Member member, std::uint64_t min, std::uint64_t max,
                           std::string_view help) {
  return count(section, key, member, min, max, help);
}

template <typename Member>
constexpr Setting bytes(Section section, std::string_view key, Member member, std::uint64_t min, std::uint64_t max,
                        std::string_view help) {
  return {.section = section, .key = key, .member = member, .help = help, .min = min, .max = max, .unit = Unit::kBytes};
}

template <typename Member>
constexpr Setting other(Section section, std::string_view key, Member member, std::string_view help) {
  return {.section = section, .key = key, .member = member, .help = help};
}

constexpr Setting text(Section section, std::string_view key, Setting::Member member, std::string_view allowed,
                       Setting::TextCheck check, std::string_view help) {
  return {.section = section, .key = key, .member = member, .help = help, .allowed_text = allowed, .check = check};
}

constexpr Setting only(Sources sources, Setting setting) {
  setting.sources = sources;
  return setting;
}

constexpr Setting aws_limit(Setting setting) {
  setting.aws_limit = true;
  return setting;
}

using Server = net::ServerLimits;

constexpr std::array kSettings = {
    only(Sources::kNotFile,
         text(Section::kDaemon, "config", &Config::file, "the path of a YAML file", is_not_empty,
              "Configuration file: the settings of this page, and resources to create at start. With a "
              "file, a listen address that is not loopback needs `auth` to be set.")),
    other(Section::kDaemon, "listen", &Config::listen,
          "Address and port of every AWS service and of `/_eventbus/`. Port 0 takes a free one and logs it."),
    text(Section::kDaemon, "data_dir", &Config::data_dir, "a path", is_not_empty,
         "Directory that holds everything the daemon must not lose; created if missing. Not used with durability "
         "memory."),
    other(Section::kDaemon, "durability", &Config::durability,
          "What a successful answer means. sync: on disk, survives a power cut. async: survives a crash of the "
          "process, not of "
          "the machine. memory: nothing is kept, for tests and CI."),
    other(Section::kDaemon, "relaxed", &Config::relaxed,
          "Lift every limit of AWS (marked †) that is not set explicitly. Checks of identity stay."),
    other(Section::kDaemon, "virtual_clock", &Config::virtual_clock,
          "For tests: time can be frozen, set and advanced at POST /_eventbus/clock, and everything but the network "
          "server's own deadlines follows it. docs/testing.md"),
    other(Section::kDaemon, "event_timelines", &Config::event_timelines,
          "For tests: remembers what became of the last events, for POST /_eventbus/wait. Without a configuration file "
          "it does unless it is turned off. docs/testing.md"),
    count(Section::kDaemon, "event_timelines_max", &Config::event_timelines_max, 1, 1'000'000,
          "Events that are remembered, at most 64 MiB of them."),
    other(Section::kDaemon, "allow_reset", &Config::allow_reset,
          "For tests: POST /_eventbus/reset deletes everything of an account, or of all. Without a configuration file "
          "it is on unless it is turned off. docs/testing.md"),
    other(Section::kDaemon, "service_events", &Config::service_events,
          "Takes events of AWS services at POST /_eventbus/service-events. Without a configuration file they always "
          "are."),
    text(Section::kDaemon, "account", &Config::account, "12 digits", is_account,
         "Account of requests whose access key is not itself a 12-digit account number."),
    text(Section::kDaemon, "region", &Config::region, "lower-case letters, digits and '-'", is_region,
         "Region of requests that are not signed."),
    other(Section::kDaemon, "auth", &Config::authentication,
          "Authentication of requests. none: whoever reaches the port may do everything; must be said in so many words "
          "to "
          "listen on more than loopback with a file. sigv4: AWS signatures are verified against `keys_file`. "
          "docs/security.md"),
    text(Section::kDaemon, "keys_file", &Config::keys_file, "the path of a YAML file", is_not_empty,
         "The access keys that may call, with auth sigv4. Read again when it changes, and on SIGHUP."),
    text(Section::kDaemon, "tls_certificate", &Config::tls_certificate, "a path", is_not_empty,
         "Certificate of the daemon and those that sign it, its own first (PEM). With it and `tls_key` the port speaks "
         "HTTPS; SIGHUP reads both again. docs/operations.md"),
    text(Section::kDaemon, "tls_key", &Config::tls_key, "a path", is_not_empty,
         "Key of `tls_certificate` (PEM, without a pass phrase)."),
    count(Section::kDaemon, "shards", &Config::shards, 0, 256,
          "Threads that serve connections. 0: one per core, at most 8."),
    duration(Section::kDaemon, "stop_timeout", &Config::stop_timeout, 0, kDay,
             "How long SIGTERM waits for requests in flight before it ends their connections."),
    other(Section::kDaemon, "log_format", &Config::log_format,
          "text for people, json (one object a line) for collectors."),
    other(Section::kDaemon, "log_level", &Config::log_level,
          "The least severe messages to log. debug adds one line per request."),

    text(Section::kDaemon, "secrets_key_file", &Config::secrets_key_file, "a path", is_not_empty,
         "Keys that protect the secrets of connections, one a line in base64; the first seals, all open. Default: "
         "`secrets.key` in the data directory, made when it is missing."),
    text(Section::kDaemon, "extra_ca_file", &Config::extra_ca_file, "a path", is_not_empty,
         "Certificates (PEM) that are trusted beside the system's when targets and token endpoints are called."),
    text(Section::kDaemon, "schemas_dir", &Config::schemas_dir, "a path", is_not_empty,
         "Directory of contracts (`<name>.v<version>.json`) that each start puts into the schema registry `contracts` "
         "of "
         "`account` and `region`. docs/schemas.md"),

    bytes(Section::kStorage, "write_buffer_bytes", &Config::write_buffer_bytes, kMiB, 64 * kGiB,
          "Memory for what is on disk in the log, and not yet in a sorted file."),
    bytes(Section::kStorage, "block_cache_bytes", &Config::block_cache_bytes, kMiB, 1'024 * kGiB,
          "Memory for what was read from sorted files."),

    aws_limit(count(Section::kEventLimits, "buses_per_region", &Limits::buses_per_region, 1, kMany,
                    "Event buses of an account in a region.")),
    aws_limit(
        count(Section::kEventLimits, "rules_per_bus", &Limits::rules_per_bus, 1, kMany, "Rules of an event bus.")),
    aws_limit(count(Section::kEventLimits, "wildcard_rules_per_bus", &Limits::wildcard_rules_per_bus, 0, kMany,
                    "Rules of an event bus whose pattern uses `wildcard`.")),
    aws_limit(
        count(Section::kEventLimits, "targets_per_rule", &Limits::targets_per_rule, 1, kMany, "Targets of a rule.")),
    aws_limit(count(Section::kEventLimits, "event_pattern_characters", &Limits::event_pattern_characters, 1, kMany,
                    "Length of an event pattern.")),
    aws_limit(bytes(Section::kEventLimits, "bus_policy_bytes", &Limits::bus_policy_bytes, 1, kGiB,
                    "Size of an event bus's resource policy.")),
    aws_limit(count(Section::kEventLimits, "put_events_entries", &Limits::put_events_entries, 1, 1'000'000,
                    "Entries of one PutEvents request.")),
    aws_limit(bytes(Section::kEventLimits, "put_events_bytes", &Limits::put_events_bytes, 1, kGiB,
                    "Total size of one PutEvents request, counted as AWS counts it. 262144 is what AWS allowed until "
                    "January 2026, and what a few of its Regions still allow.")),
    aws_limit(
        count(Section::kEventLimits, "tags_per_resource", &Limits::tags_per_resource, 0, kMany, "Tags of a resource.")),
    aws_limit(count(Section::kEventLimits, "connections_per_region", &ConnectionLimits::connections_per_region, 1,
                    kMany, "Connections of an account in a region.")),
    aws_limit(count(Section::kEventLimits, "api_destinations_per_region",
                    &ConnectionLimits::api_destinations_per_region, 1, kMany,
                    "API destinations of an account in a region.")),
    aws_limit(count(Section::kEventLimits, "api_destination_rate_max", &ConnectionLimits::api_destination_rate_max, 1,
                    kMany, "The highest InvocationRateLimitPerSecond of an API destination.")),
    aws_limit(
        other(Section::kEventLimits, "allow_http_endpoints", &ConnectionLimits::allow_http_endpoints,
              "Call `http://` endpoints of API destinations, and get tokens from them; AWS calls `https://` only. "
              "Without a configuration file it is on unless it is turned off.")),
    aws_limit(count(Section::kEventLimits, "schema_registries_per_region", &schemas::RegistryLimits::registries, 1,
                    kMany, "Schema registries of one account in one region.")),
    aws_limit(count(Section::kEventLimits, "schema_discoverers_per_region", &schemas::RegistryLimits::discoverers, 1,
                    kMany, "Schema discoverers of one account in one region.")),
    aws_limit(count(Section::kEventLimits, "schemas_per_registry", &schemas::RegistryLimits::schemas_per_registry, 1,
                    kMany, "Schemas of a registry.")),
    aws_limit(count(Section::kEventLimits, "discovered_schemas", &schemas::RegistryLimits::discovered_schemas, 1, kMany,
                    "Schemas that discoverers find in one account and region.")),
    aws_limit(count(Section::kEventLimits, "versions_per_schema", &schemas::RegistryLimits::versions_per_schema, 1,
                    kMany, "Versions of a schema; of a discovered one the oldest goes.")),
    aws_limit(count(Section::kEventLimits, "schedules_per_region", &ScheduleLimits::schedules, 1, kMany,
                    "Schedules of EventBridge Scheduler of one account in one region.")),
    aws_limit(count(Section::kEventLimits, "schedule_groups_per_region", &ScheduleLimits::groups, 1, kMany,
                    "Schedule groups of one account in one region, the default group aside.")),
    aws_limit(other(Section::kEventLimits, "allow_aws_sources", &Limits::allow_aws_sources,
                    "Accept entries whose source begins with `aws.`.")),
    aws_limit(other(Section::kEventLimits, "allow_bus_target_without_role", &Limits::allow_bus_target_without_role,
                    "Accept an event bus as target without RoleArn.")),
    aws_limit(other(Section::kEventLimits, "allow_http_targets", &Limits::allow_http_targets,
                    "Accept an `http://` or `https://` URL as the Arn of a target, and deliver to it; AWS takes ARNs "
                    "only.")),
    aws_limit(other(Section::kEventLimits, "allow_cross_region_queues", &Limits::allow_cross_region_queues,
                    "Deliver to an SQS queue of another region; AWS fails that delivery.")),

    aws_limit(bytes(Section::kQueueLimits, "message_bytes", &Limits::message_bytes, 1'024, kGiB,
                    "Size of an SQS message with its attributes, and of a batch of them.")),
    aws_limit(count(Section::kQueueLimits, "in_flight_messages", &Limits::in_flight_messages, 1, kMany,
                    "Messages of a standard queue received and not yet deleted.")),
    aws_limit(count(Section::kQueueLimits, "in_flight_messages_fifo", &Limits::in_flight_messages_fifo, 1, kMany,
                    "The same of a FIFO queue.")),

    count(Section::kOutbox, "outbox_messages_max", &Limits::outbox_messages_max, 1, UINT64_MAX,
          "Deliveries that may wait for targets that cannot take them; PutEvents is throttled from there on."),
    bytes(Section::kOutbox, "outbox_bytes_max", &Limits::outbox_bytes_max, 1, 1'024 * kTiB, "The same in bytes."),

    text(Section::kDaemon, "event_log_file", &Config::event_log_file, "a path", is_not_empty,
         "File to which the logs of buses (LogConfig) are appended, a JSON object a line. Without it they are lines of "
         "the daemon's log."),
    duration(Section::kOutbox, "retry_delay_base", &RetrySettings::delay_base, 1, kDay,
             "Longest wait before the first retry of a delivery; doubled for each further one, and the wait itself is "
             "drawn evenly from nothing to that (full jitter)."),
    duration(Section::kOutbox, "retry_delay_max", &RetrySettings::delay_max, 1, kDay,
             "Where the doubling ends. With 16m the 185 retries of AWS's default last its 24 hours."),
    count(Section::kOutbox, "retry_attempts", &RetrySettings::retries, 0, 1'000'000,
          "Retries of targets whose RetryPolicy has no MaximumRetryAttempts."),
    duration(Section::kOutbox, "retry_event_age", &RetrySettings::event_age, 1'000, 365 * kDay,
             "Age at which deliveries are given up to targets whose RetryPolicy has no MaximumEventAgeInSeconds."),
    text(Section::kOutbox, "lambda_endpoint", &Config::lambda_endpoint, "a URL with http:// or https://",
         is_http_endpoint,
         "Where functions are invoked: any Lambda API (SAM local, another emulator), or with a path the one of the "
         "runtime interface emulator. Signed where the environment has keys. Without it deliveries to functions wait. "
         "docs/targets.md"),
    duration(Section::kOutbox, "lambda_timeout", &Config::lambda_timeout, 1, kDay,
             "How long an invocation may take; emulators that invoke synchronously answer when the function has "
             "ended."),

    bytes(Section::kServer, "header_bytes_max", &Server::header_bytes_max, kKiB, 16 * kMiB,
          "Size of a request's head."),
    count(Section::kServer, "headers_max", &Server::headers_max, 1, 100'000, "Headers of a request."),
    bytes(Section::kServer, "body_bytes_max", &Server::body_bytes_max, kKiB, 2 * kGiB,
          "Size of a request's body, after decompression too. 1 MiB of text can be 6 MiB of escaped JSON."),
    count(Section::kServer, "connections_max", &Server::connections_max, 1, 10'000'000,
          "Open connections; beyond it a client gets 503 with Retry-After."),
    duration(Section::kServer, "header_timeout", &Server::header_timeout, 1, kDay,
             "Time for a request's head to arrive."),
    duration(Section::kServer, "body_timeout", &Server::body_timeout, 1, kDay, "Time for the whole body to arrive."),
    duration(Section::kServer, "idle_timeout", &Server::idle_timeout, 1, kDay,
             "How long a kept-alive connection may be silent between requests."),
    duration(Section::kServer, "write_timeout", &Server::write_timeout, 1, kDay,
             "Time for a client to take the answer."),
};

constexpr std::array kSections = {Section::kDaemon,      Section::kStorage, Section::kEventLimits,
                                  Section::kQueueLimits, Section::kOutbox,  Section::kServer};

// The part of the configuration in which a member lives.
Config& part(Config& config, const Config*) { return config; }
Limits& part(Config& config, const Limits*) { return config.limits; }
RetrySettings& part(Config& config, const RetrySettings*) { return config.retry; }
ConnectionLimits& part(Config& config, const ConnectionLimits*) { return config.connection_limits; }
schemas::RegistryLimits& part(Config& config, const schemas::RegistryLimits*) { return config.schema_limits; }
ScheduleLimits& part(Config& config, const ScheduleLimits*) { return config.schedule_limits; }
net::ServerLimits& part(Config& config, const net::ServerLimits*) { return config.server; }

template <typename Part, typename Value>
Value& value_of(Config& config, Value Part::*member) {
  return part(config, static_cast<const Part*>(nullptr)).*member;
}

template <typename Part, typename Value>
const Value& value_of(const Config& config, Value Part::*member) {
  return value_of(const_cast<Config&>(config), member);  // only to read
}

// One overload per type of value.
std::optional<ListenAddress> parse(const Setting&, std::string_view text, const ListenAddress*) {
  return parse_listen_address(text);
}
std::optional<std::string> parse(const Setting& setting, std::string_view text, const std::string*) {
  if (!setting.check(text)) return std::nullopt;
  return std::string(text);
}
std::optional<std::optional<std::string>> parse(const Setting& setting, std::string_view text,
                                                const std::optional<std::string>*) {
  if (!setting.check(text)) return std::nullopt;
  return std::optional(std::string(text));
}
std::optional<bool> parse(const Setting&, std::string_view text, const bool*) { return parse_switch(text); }
std::optional<std::size_t> parse(const Setting& setting, std::string_view text, const std::size_t*) {
  const auto number = setting.unit == Unit::kBytes ? parse_bytes(text) : parse_number(text);
  if (!number || *number < setting.min || *number > setting.max) return std::nullopt;
  return *number;
}
std::optional<std::chrono::milliseconds> parse(const Setting& setting, std::string_view text,
                                               const std::chrono::milliseconds*) {
  const auto duration = parse_duration(text);
  if (!duration) return std::nullopt;
  const auto milliseconds = static_cast<std::uint64_t>(duration->count());
  if (milliseconds < setting.min || milliseconds > setting.max) return std::nullopt;
  return duration;
}
template <typename Enum>
  requires std::is_enum_v<Enum>
std::optional<Enum> parse(const Setting&, std::string_view text, const Enum*) {
  return parse_choice<Enum>(text);
}

std::string show_value(const Setting&, const ListenAddress& value) { return value.to_string(); }
std::string show_value(const Setting&, const std::string& value) { return value; }
std::string show_value(const Setting&, const std::optional<std::string>& value) { return value.value_or(""); }
std::string show_value(const Setting&, bool value) { return value ? "true" : "false"; }
std::string show_value(const Setting& setting, std::size_t value) {
  return setting.unit == Unit::kBytes ? show_bytes(value) : std::to_string(value);
}
std::string show_value(const Setting&, std::chrono::milliseconds value) { return show_duration(value); }
template <typename Enum>
  requires std::is_enum_v<Enum>
std::string show_value(const Setting&, Enum value) {
  return std::string(name_of(value));
}

std::string range(std::string min, std::string max) { return std::move(min) + " to " + std::move(max); }

std::string describe(const Setting&, const ListenAddress*) { return "HOST:PORT, as 127.0.0.1:4566 or [::1]:4566"; }
std::string describe(const Setting& setting, const std::string*) { return std::string(setting.allowed_text); }
std::string describe(const Setting& setting, const std::optional<std::string>*) {
  return std::string(setting.allowed_text);
}
std::string describe(const Setting&, const bool*) { return "true or false"; }
std::string describe(const Setting& setting, const std::size_t*) {
  if (setting.unit == Unit::kBytes) {
    return range(show_bytes(setting.min), show_bytes(setting.max)) + " (bytes, or with KiB, MiB, GiB)";
  }
  if (setting.max == UINT64_MAX) return "a number from " + std::to_string(setting.min);
  return range(std::to_string(setting.min), std::to_string(setting.max));
}
std::string describe(const Setting& setting, const std::chrono::milliseconds*) {
  const auto shown = [](std::uint64_t milliseconds) { return show_duration(std::chrono::milliseconds(milliseconds)); };
  return range(shown(setting.min), shown(setting.max)) + " (a number with ms, s, m or h)";
}
template <typename Enum>
  requires std::is_enum_v<Enum>
std::string describe(const Setting&, const Enum*) {
  std::string names;
  const auto known = choices(Enum{});
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (i > 0) names += i + 1 == known.size() ? " or " : ", ";
    names += known[i].first;
  }
  return names;
}

std::string_view placeholder_of(const ListenAddress*) { return "HOST:PORT"; }
std::string_view placeholder_of(const bool*) { return ""; }
std::string_view placeholder_of(const std::chrono::milliseconds*) { return "TIME"; }
std::string_view placeholder_of(const std::size_t*) { return "N"; }
std::string_view placeholder_of(const void*) { return "VALUE"; }

// Calls f(a null pointer of the value's type): picks the overload.
template <typename F>
auto with_type(const Setting::Member& member, F f) {
  return std::visit([&]<typename Part, typename Value>(Value Part::*) { return f(static_cast<const Value*>(nullptr)); },
                    member);
}

std::string replaced(std::string_view text, char from, char to, std::string prefix) {
  for (char c : text) prefix += c == from ? to : c;
  return prefix;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

std::string Setting::flag() const { return replaced(key, '_', '-', "--"); }

std::string Setting::environment_variable() const {
  std::string name = "EVENTBUS_";
  for (char c : key) name += c == '_' ? '_' : static_cast<char>(c - 'a' + 'A');
  return name;
}

bool Setting::is_switch() const {
  return std::holds_alternative<bool Config::*>(member) || std::holds_alternative<bool Limits::*>(member) ||
         std::holds_alternative<bool ConnectionLimits::*>(member);
}

std::string Setting::allowed() const {
  return with_type(member, [this](auto* type) { return describe(*this, type); });
}

std::string Setting::placeholder() const {
  return std::string(with_type(member, [](auto* type) { return placeholder_of(type); }));
}

std::string Setting::show(const Config& config) const {
  return std::visit([&](auto pointer) { return show_value(*this, value_of(config, pointer)); }, member);
}

Result<void> Setting::set(Config& config, std::string_view text_value) const {
  return std::visit(
      [&]<typename Part, typename Value>(Value Part::*pointer) -> Result<void> {
        auto value = parse(*this, text_value, static_cast<const Value*>(nullptr));
        if (!value) return invalid("\"" + std::string(text_value) + "\" is not allowed; allowed is " + allowed());
        value_of(config, pointer) = *std::move(value);
        return {};
      },
      member);
}

void Setting::lift(Config& config) const {
  std::visit(
      [&]<typename Part, typename Value>(Value Part::*pointer) {
        if constexpr (std::is_same_v<Value, bool>) value_of(config, pointer) = true;
        if constexpr (std::is_same_v<Value, std::size_t>) value_of(config, pointer) = max;
      },
      member);
}

std::string_view title(Setting::Section section) {
  switch (section) {
    case Section::kDaemon:
      return "The daemon";
    case Section::kStorage:
      return "Memory of the storage";
    case Section::kEventLimits:
      return "Limits of EventBridge";
    case Section::kQueueLimits:
      return "Limits of SQS";
    case Section::kOutbox:
      return "Deliveries that wait";
    case Section::kServer:
      return "The HTTP server";
  }
  return "";
}

std::span<const Setting> all_settings() { return kSettings; }

const Setting* find_setting(std::string_view key) {
  const auto found = std::ranges::find(kSettings, key, &Setting::key);
  return found == kSettings.end() ? nullptr : &*found;
}

std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> known) {
  std::optional<std::string_view> best;
  std::size_t best_distance = name.size() / 3 + 2;  // farther away it is another word, not a slip
  for (std::string_view candidate : known) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

std::string settings_markdown() {
  const Config defaults;
  std::string page;
  for (Section section : kSections) {
    if (!page.empty()) page += "\n";
    page += "### " + std::string(title(section)) + "\n\n";
    page += "| setting | default | what it does | allowed |\n|---|---|---|---|\n";
    for (const Setting& setting : kSettings) {
      if (setting.section != section) continue;
      const std::string value = setting.show(defaults);
      page += "| `" + std::string(setting.key) + "`" + (setting.aws_limit ? " †" : "") + " | ";
      page += value.empty() ? "–" : "`" + value + "`";
      page += " | " + std::string(setting.help);
      if (setting.sources == Sources::kNotFile) page += " Flag or variable only.";
      page += " | " + setting.allowed() + " |\n";
    }
  }
  return page;
}

}  // namespace eventbus
