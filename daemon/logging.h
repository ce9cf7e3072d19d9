#pragma once

#include "daemon/config.h"

#include <spdlog/formatter.h>

#include <memory>

namespace spdlog {
class logger;
}

namespace eventbus {

// The daemon's one logger, writing lines to standard output; passed to whoever logs. A message is a constant sentence
// followed by key=value pairs.
std::shared_ptr<spdlog::logger> make_logger(LogFormat format, LogLevel level);

// "2026-09-13T12:17:30.408Z info  Opened storage. messages=17". Control characters of values are escaped: a line is a
// line.
std::unique_ptr<spdlog::formatter> make_text_formatter();
// {"time":"2026-09-13T12:17:30.408Z","level":"info","message":"Opened storage.","messages":"17"}
std::unique_ptr<spdlog::formatter> make_json_formatter();

}  // namespace eventbus
