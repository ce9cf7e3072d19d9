#pragma once

#include "base/secret_keys.h"
#include "daemon/config.h"

namespace spdlog {
class logger;
}

namespace eventbus {

// The keys that protect the secrets of connections, from the file that the configuration names. Without such a setting
// the file is secrets.key in the data directory, made with one new key (mode 0600) when it is missing; with durability
// memory the key is made up and ends with the process. A file that cannot be used is logged and yields no keys: the
// daemon starts all the same, its connections are DEAUTHORIZED. Blocking; the data directory exists.
SecretKeys load_secret_keys(const Config& config, spdlog::logger& log);

}  // namespace eventbus
