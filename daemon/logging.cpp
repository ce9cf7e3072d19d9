#include "daemon/logging.h"

#include "base/clock.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/details/log_msg.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace eventbus {
namespace {

std::string_view level_name(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
      return "trace";
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warn";
    default:
      return "error";
  }
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return spdlog::level::trace;
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string time_of(const spdlog::details::log_msg& message) {
  return format_iso_milliseconds(std::chrono::time_point_cast<Duration>(message.time));
}

std::string_view payload_of(const spdlog::details::log_msg& message) {
  return {message.payload.data(), message.payload.size()};
}

void append(spdlog::memory_buf_t& line, std::string_view text) { line.append(text.data(), text.data() + text.size()); }

class TextFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    append(line, time_of(message));
    append(line, " ");
    const std::string_view level = level_name(message.level);
    append(line, level);
    append(line, std::string_view("      ").substr(level.size()));
    for (const char c : payload_of(message)) append_escaped(line, c);
    append(line, "\n");
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<TextFormatter>(); }

 private:
  static void append_escaped(spdlog::memory_buf_t& line, char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      line.push_back(c);
      return;
    }
    append(line, "\\x");
    line.push_back(kHex[byte >> 4U]);
    line.push_back(kHex[byte & 0xFU]);
  }
};

// One " key=value" of a message, as base/log_value.h writes values.
struct Pair {
  std::size_t begin = 0, end = 0;  // in the message
  std::string_view key;
  std::string value;
};

// Of a value that begins with the quote at `from`: what stands inside, and where it ends. A quote that nobody closes
// reaches to the end of the text.
std::size_t read_quoted(std::string_view text, std::size_t from, std::string& value) {
  std::size_t at = from + 1;
  for (; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    value += text[at];
  }
  return std::min(at + 1, text.size());
}

std::optional<Pair> next_pair(std::string_view text, std::size_t from) {
  const auto in_key = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  for (std::size_t space = text.find(' ', from); space != std::string_view::npos; space = text.find(' ', space + 1)) {
    std::size_t equals = space + 1;
    while (equals < text.size() && in_key(text[equals])) ++equals;
    if (equals == space + 1 || equals == text.size() || text[equals] != '=') continue;
    Pair pair{space, equals + 1, text.substr(space + 1, equals - space - 1), {}};
    if (pair.end < text.size() && text[pair.end] == '"') {
      pair.end = read_quoted(text, pair.end, pair.value);
    } else {
      pair.end = std::min(text.find(' ', pair.end), text.size());
      pair.value = text.substr(equals + 1, pair.end - equals - 1);
    }
    return pair;
  }
  return std::nullopt;
}

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const std::string_view text = payload_of(message);
    std::optional<Pair> pair = next_pair(text, 0);
    boost::json::object object;
    object["time"] = time_of(message);
    object["level"] = level_name(message.level);
    object["message"] = text.substr(0, pair ? pair->begin : text.size());
    for (; pair; pair = next_pair(text, pair->end)) object.emplace(pair->key, pair->value);  // the first one counts
    append(line, boost::json::serialize(object));
    append(line, "\n");
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

}  // namespace

std::shared_ptr<spdlog::logger> make_logger(LogFormat format, LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>("eventbusd", std::make_shared<spdlog::sinks::stdout_sink_mt>());
  logger->set_formatter(format == LogFormat::kJson ? make_json_formatter() : make_text_formatter());
  logger->set_level(spdlog_level(level));
  logger->flush_on(spdlog::level::info);
  return logger;
}

std::unique_ptr<spdlog::formatter> make_text_formatter() { return std::make_unique<TextFormatter>(); }
std::unique_ptr<spdlog::formatter> make_json_formatter() { return std::make_unique<JsonFormatter>(); }

}  // namespace eventbus
