#pragma once

#include "adapters/aws/targets/forward_rules.h"
#include "bus/connection_limits.h"
#include "bus/contract_records.h"
#include "bus/limits.h"
#include "bus/retry_policy.h"
#include "bus/schedule_limits.h"
#include "net/http_server.h"
#include "schemas/registry.h"
#include "storage/storage.h"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace eventbus {

// Where the daemon listens: a literal address or a name, and a port (0 = any free one).
struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 4566;

  // "127.0.0.1:4566", "[::1]:4566".
  std::string to_string() const;
  // Reachable from this machine alone: 127.0.0.0/8, ::1, localhost.
  bool loopback() const;
  // The same as the URL that a client on this machine uses: 0.0.0.0 and :: become the loopback address.
  std::string local_url(bool tls = false) const;

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

enum class LogFormat { kText, kJson };
enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError };
// How requests are authenticated. kUnset is the dev profile (everything accepted, said in the banner); a configuration
// file that opens the daemon to the network must choose.
enum class Authentication { kUnset, kNone, kSigV4 };

// Every setting, decoded, with its default. daemon/settings.cpp declares each one once; nothing else reads
// configuration.
struct Config {
  ListenAddress listen;
  std::string data_dir = "./eventbus-data";
  Durability durability = Durability::kSync;
  bool relaxed = false;
  bool virtual_clock = false;    // time can be moved: daemon/clock_control.h
  bool event_timelines = false;  // with a configuration file; without one they are kept, unless turned off
  std::size_t event_timelines_max = 1'000;
  bool allow_reset = false;     // with a configuration file; without one it is, unless turned off
  bool service_events = false;  // with a configuration file; without one they are always taken
  std::string account = "000000000000";
  std::string region = "us-east-1";
  Authentication authentication = Authentication::kUnset;
  std::optional<std::string> keys_file;  // of kSigV4: who may call (daemon/keys_file.h)
  std::size_t shards = 0;                // 0 = one per core, at most 8
  std::chrono::milliseconds stop_timeout{10'000};
  std::string secrets_key_file;          // empty = secrets.key in data_dir
  std::string extra_ca_file;             // empty = none
  std::string schemas_dir;               // of contracts for the registry "contracts"; empty = none
  std::string tls_certificate, tls_key;  // both or neither: HTTPS or HTTP
  std::string lambda_endpoint;           // empty = nowhere
  std::chrono::milliseconds lambda_timeout{60'000};
  std::size_t write_buffer_bytes = std::size_t{40} << 20;
  std::size_t block_cache_bytes = std::size_t{16} << 20;
  LogFormat log_format = LogFormat::kText;
  LogLevel log_level = LogLevel::kInfo;
  Limits limits;
  RetrySettings retry;
  ConnectionLimits connection_limits;
  schemas::RegistryLimits schema_limits;
  ScheduleLimits schedule_limits;
  std::optional<std::string> event_log_file;  // without: the daemon's log
  net::ServerLimits server;

  bool tls() const { return !tls_certificate.empty(); }

  std::optional<std::string> file;  // --config
  aws::ForwardRules forward;        // the file's `forward` section: daemon/forward_section.h
  // AWS_… of the environment, and HOME: credentials for what is forwarded.
  std::map<std::string, std::string, std::less<>> aws_variables;
  std::vector<ConfiguredContracts> contracts;  // the file's `schemas` section: daemon/schemas_section.h
  boost::json::object resources;               // the file's `resources` section as written: daemon/declared_resources.h
};

}  // namespace eventbus
