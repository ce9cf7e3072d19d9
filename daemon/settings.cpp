#include "daemon/settings.h"

#include <algorithm>
#include <array>

namespace eventbus {
namespace {

using Row = Setting;
using Section = SettingSection;

constexpr std::uint64_t kSecond = 1'000;
constexpr std::uint64_t kDay = 86'400 * kSecond;
constexpr std::uint64_t kMany = 1'000'000'000;  // no limit that anybody would meet
constexpr std::uint64_t kKiB = 1ULL << 10, kMiB = 1ULL << 20, kGiB = 1ULL << 30, kTiB = 1ULL << 40;

constexpr Setting not_in_file(Setting setting) {
  setting.sources = Setting::Sources::kNotFile;
  return setting;
}

constexpr Setting aws_limit(Setting setting) {
  setting.aws_limit = true;
  return setting;
}

using Server = net::ServerLimits;

constexpr std::array kSettings = {
    not_in_file(Row::text(Section::kDaemon, "config", &Config::file, "the path of a YAML file", is_not_empty,
                          "Configuration file: the settings of this page, and resources to create at start. With a "
                          "file, a listen address that is not loopback needs `auth` to be set.")),
    Row::other(Section::kDaemon, "listen", &Config::listen,
               "Address and port of every AWS service and of `/_eventbus/`. Port 0 takes a free one and logs it."),
    Row::text(Section::kDaemon, "data_dir", &Config::data_dir, "a path", is_not_empty,
              "Directory that holds everything the daemon must not lose; created if missing. Not used with durability "
              "memory."),
    Row::other(Section::kDaemon, "durability", &Config::durability,
               "What a successful answer means. sync: on disk, survives a power cut. async: survives a crash of the "
               "process, not of the machine. memory: nothing is kept, for tests and CI."),
    Row::other(Section::kDaemon, "relaxed", &Config::relaxed,
               "Lift every limit of AWS (marked †) that is not set explicitly. Checks of identity stay."),
    Row::other(
        Section::kDaemon, "virtual_clock", &Config::virtual_clock,
        "For tests: time can be frozen, set and advanced at POST /_eventbus/clock, and everything but the network "
        "server's own deadlines follows it. docs/testing.md"),
    Row::other(
        Section::kDaemon, "event_timelines", &Config::event_timelines,
        "For tests: remembers what became of the last events, for POST /_eventbus/wait. Without a configuration file "
        "it does unless it is turned off. docs/testing.md"),
    Row::count(Section::kDaemon, "event_timelines_max", &Config::event_timelines_max, 1, 1'000'000,
               "Events that are remembered, at most 64 MiB of them."),
    Row::other(
        Section::kDaemon, "allow_reset", &Config::allow_reset,
        "For tests: POST /_eventbus/reset deletes everything of an account, or of all. Without a configuration file "
        "it is on unless it is turned off. docs/testing.md"),
    Row::other(
        Section::kDaemon, "service_events", &Config::service_events,
        "Takes events of AWS services at POST /_eventbus/service-events. Without a configuration file they always "
        "are."),
    Row::text(Section::kDaemon, "account", &Config::account, "12 digits", is_account,
              "Account of requests whose access key is not itself a 12-digit account number."),
    Row::text(Section::kDaemon, "region", &Config::region, "lower-case letters, digits and '-'", is_region,
              "Region of requests that are not signed."),
    Row::other(
        Section::kDaemon, "auth", &Config::authentication,
        "Authentication of requests. none: whoever reaches the port may do everything; must be said in so many words "
        "to listen on more than loopback with a file. sigv4: AWS signatures are verified against `keys_file`. "
        "docs/security.md"),
    Row::text(Section::kDaemon, "keys_file", &Config::keys_file, "the path of a YAML file", is_not_empty,
              "The access keys that may call, with auth sigv4. Read again when it changes, and on SIGHUP."),
    Row::text(
        Section::kDaemon, "tls_certificate", &Config::tls_certificate, "a path", is_not_empty,
        "Certificate of the daemon and those that sign it, its own first (PEM). With it and `tls_key` the port speaks "
        "HTTPS; SIGHUP reads both again. docs/operations.md"),
    Row::text(Section::kDaemon, "tls_key", &Config::tls_key, "a path", is_not_empty,
              "Key of `tls_certificate` (PEM, without a pass phrase)."),
    Row::count(Section::kDaemon, "shards", &Config::shards, 0, 256,
               "Threads that serve connections. 0: one per core, at most 8."),
    Row::duration(Section::kDaemon, "stop_timeout", &Config::stop_timeout, 0, kDay,
                  "How long SIGTERM waits for requests in flight before it ends their connections."),
    Row::other(Section::kDaemon, "log_format", &Config::log_format,
               "text for people, json (one object a line) for collectors."),
    Row::other(Section::kDaemon, "log_level", &Config::log_level,
               "The least severe messages to log. debug adds one line per request."),

    Row::text(Section::kDaemon, "secrets_key_file", &Config::secrets_key_file, "a path", is_not_empty,
              "Keys that protect the secrets of connections, one a line in base64; the first seals, all open. Default: "
              "`secrets.key` in the data directory, made when it is missing."),
    Row::text(Section::kDaemon, "extra_ca_file", &Config::extra_ca_file, "a path", is_not_empty,
              "Certificates (PEM) that are trusted beside the system's when targets and token endpoints are called."),
    Row::text(
        Section::kDaemon, "schemas_dir", &Config::schemas_dir, "a path", is_not_empty,
        "Directory of contracts (`<name>.v<version>.json`) that each start puts into the schema registry `contracts` "
        "of `account` and `region`. docs/schemas.md"),

    Row::bytes(Section::kStorage, "write_buffer_bytes", &Config::write_buffer_bytes, kMiB, 64 * kGiB,
               "Memory for what is on disk in the log, and not yet in a sorted file."),
    Row::bytes(Section::kStorage, "block_cache_bytes", &Config::block_cache_bytes, kMiB, 1'024 * kGiB,
               "Memory for what was read from sorted files."),

    aws_limit(Row::count(Section::kEventLimits, "buses_per_region", &Limits::buses_per_region, 1, kMany,
                         "Event buses of an account in a region.")),
    aws_limit(
        Row::count(Section::kEventLimits, "rules_per_bus", &Limits::rules_per_bus, 1, kMany, "Rules of an event bus.")),
    aws_limit(Row::count(Section::kEventLimits, "wildcard_rules_per_bus", &Limits::wildcard_rules_per_bus, 0, kMany,
                         "Rules of an event bus whose pattern uses `wildcard`.")),
    aws_limit(Row::count(Section::kEventLimits, "targets_per_rule", &Limits::targets_per_rule, 1, kMany,
                         "Targets of a rule.")),
    aws_limit(Row::count(Section::kEventLimits, "event_pattern_characters", &Limits::event_pattern_characters, 1, kMany,
                         "Length of an event pattern.")),
    aws_limit(Row::bytes(Section::kEventLimits, "bus_policy_bytes", &Limits::bus_policy_bytes, 1, kGiB,
                         "Size of an event bus's resource policy.")),
    aws_limit(Row::count(Section::kEventLimits, "put_events_entries", &Limits::put_events_entries, 1, 1'000'000,
                         "Entries of one PutEvents request.")),
    aws_limit(
        Row::bytes(Section::kEventLimits, "put_events_bytes", &Limits::put_events_bytes, 1, kGiB,
                   "Total size of one PutEvents request, counted as AWS counts it. 262144 is what AWS allowed until "
                   "January 2026, and what a few of its Regions still allow.")),
    aws_limit(Row::count(Section::kEventLimits, "tags_per_resource", &Limits::tags_per_resource, 0, kMany,
                         "Tags of a resource.")),
    aws_limit(Row::count(Section::kEventLimits, "connections_per_region", &ConnectionLimits::connections_per_region, 1,
                         kMany, "Connections of an account in a region.")),
    aws_limit(Row::count(Section::kEventLimits, "api_destinations_per_region",
                         &ConnectionLimits::api_destinations_per_region, 1, kMany,
                         "API destinations of an account in a region.")),
    aws_limit(Row::count(Section::kEventLimits, "api_destination_rate_max", &ConnectionLimits::api_destination_rate_max,
                         1, kMany, "The highest InvocationRateLimitPerSecond of an API destination.")),
    aws_limit(
        Row::other(Section::kEventLimits, "allow_http_endpoints", &ConnectionLimits::allow_http_endpoints,
                   "Call `http://` endpoints of API destinations, and get tokens from them; AWS calls `https://` only. "
                   "Without a configuration file it is on unless it is turned off.")),
    aws_limit(Row::count(Section::kEventLimits, "schema_registries_per_region", &schemas::RegistryLimits::registries, 1,
                         kMany, "Schema registries of one account in one region.")),
    aws_limit(Row::count(Section::kEventLimits, "schema_discoverers_per_region", &schemas::RegistryLimits::discoverers,
                         1, kMany, "Schema discoverers of one account in one region.")),
    aws_limit(Row::count(Section::kEventLimits, "schemas_per_registry", &schemas::RegistryLimits::schemas_per_registry,
                         1, kMany, "Schemas of a registry.")),
    aws_limit(Row::count(Section::kEventLimits, "discovered_schemas", &schemas::RegistryLimits::discovered_schemas, 1,
                         kMany, "Schemas that discoverers find in one account and region.")),
    aws_limit(Row::count(Section::kEventLimits, "versions_per_schema", &schemas::RegistryLimits::versions_per_schema, 1,
                         kMany, "Versions of a schema; of a discovered one the oldest goes.")),
    aws_limit(Row::count(Section::kEventLimits, "schedules_per_region", &ScheduleLimits::schedules, 1, kMany,
                         "Schedules of EventBridge Scheduler of one account in one region.")),
    aws_limit(Row::count(Section::kEventLimits, "schedule_groups_per_region", &ScheduleLimits::groups, 1, kMany,
                         "Schedule groups of one account in one region, the default group aside.")),
    aws_limit(Row::other(Section::kEventLimits, "allow_aws_sources", &Limits::allow_aws_sources,
                         "Accept entries whose source begins with `aws.`.")),
    aws_limit(Row::other(Section::kEventLimits, "allow_bus_target_without_role", &Limits::allow_bus_target_without_role,
                         "Accept an event bus as target without RoleArn.")),
    aws_limit(
        Row::other(Section::kEventLimits, "allow_http_targets", &Limits::allow_http_targets,
                   "Accept an `http://` or `https://` URL as the Arn of a target, and deliver to it; AWS takes ARNs "
                   "only.")),
    aws_limit(Row::other(Section::kEventLimits, "allow_cross_region_queues", &Limits::allow_cross_region_queues,
                         "Deliver to an SQS queue of another region; AWS fails that delivery.")),

    aws_limit(Row::bytes(Section::kQueueLimits, "message_bytes", &Limits::message_bytes, 1'024, kGiB,
                         "Size of an SQS message with its attributes, and of a batch of them.")),
    aws_limit(Row::count(Section::kQueueLimits, "in_flight_messages", &Limits::in_flight_messages, 1, kMany,
                         "Messages of a standard queue received and not yet deleted.")),
    aws_limit(Row::count(Section::kQueueLimits, "in_flight_messages_fifo", &Limits::in_flight_messages_fifo, 1, kMany,
                         "The same of a FIFO queue.")),

    Row::count(Section::kOutbox, "outbox_messages_max", &Limits::outbox_messages_max, 1, UINT64_MAX,
               "Deliveries that may wait for targets that cannot take them; PutEvents is throttled from there on."),
    Row::bytes(Section::kOutbox, "outbox_bytes_max", &Limits::outbox_bytes_max, 1, 1'024 * kTiB, "The same in bytes."),

    Row::text(
        Section::kDaemon, "event_log_file", &Config::event_log_file, "a path", is_not_empty,
        "File to which the logs of buses (LogConfig) are appended, a JSON object a line. Without it they are lines of "
        "the daemon's log."),
    Row::duration(
        Section::kOutbox, "retry_delay_base", &RetrySettings::delay_base, 1, kDay,
        "Longest wait before the first retry of a delivery; doubled for each further one, and the wait itself is "
        "drawn evenly from nothing to that (full jitter)."),
    Row::duration(Section::kOutbox, "retry_delay_max", &RetrySettings::delay_max, 1, kDay,
                  "Where the doubling ends. With 16m the 185 retries of AWS's default last its 24 hours."),
    Row::count(Section::kOutbox, "retry_attempts", &RetrySettings::retries, 0, 1'000'000,
               "Retries of targets whose RetryPolicy has no MaximumRetryAttempts."),
    Row::duration(Section::kOutbox, "retry_event_age", &RetrySettings::event_age, 1'000, 365 * kDay,
                  "Age at which deliveries are given up to targets whose RetryPolicy has no MaximumEventAgeInSeconds."),
    Row::text(
        Section::kOutbox, "lambda_endpoint", &Config::lambda_endpoint, "a URL with http:// or https://",
        is_http_endpoint,
        "Where functions are invoked: any Lambda API (SAM local, another emulator), or with a path the one of the "
        "runtime interface emulator. Signed where the environment has keys. Without it deliveries to functions wait. "
        "docs/targets.md"),
    Row::duration(Section::kOutbox, "lambda_timeout", &Config::lambda_timeout, 1, kDay,
                  "How long an invocation may take; emulators that invoke synchronously answer when the function has "
                  "ended."),

    Row::bytes(Section::kServer, "header_bytes_max", &Server::header_bytes_max, kKiB, 16 * kMiB,
               "Size of a request's head."),
    Row::count(Section::kServer, "headers_max", &Server::headers_max, 1, 100'000, "Headers of a request."),
    Row::bytes(Section::kServer, "body_bytes_max", &Server::body_bytes_max, kKiB, 2 * kGiB,
               "Size of a request's body, after decompression too. 1 MiB of text can be 6 MiB of escaped JSON."),
    Row::count(Section::kServer, "connections_max", &Server::connections_max, 1, 10'000'000,
               "Open connections; beyond it a client gets 503 with Retry-After."),
    Row::duration(Section::kServer, "header_timeout", &Server::header_timeout, 1, kDay,
                  "Time for a request's head to arrive."),
    Row::duration(Section::kServer, "body_timeout", &Server::body_timeout, 1, kDay,
                  "Time for the whole body to arrive."),
    Row::duration(Section::kServer, "idle_timeout", &Server::idle_timeout, 1, kDay,
                  "How long a kept-alive connection may be silent between requests."),
    Row::duration(Section::kServer, "write_timeout", &Server::write_timeout, 1, kDay,
                  "Time for a client to take the answer."),
};

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

const Setting* find_setting(std::string_view key) {
  const auto found = std::ranges::find(kSettings, key, &Setting::key);
  return found == kSettings.end() ? nullptr : &*found;
}

}  // namespace eventbus
