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

// The position at which the next " key=" begins, and the key.
struct Pair {
  std::size_t begin = 0;
  std::string_view key;
};
std::optional<Pair> next_pair(std::string_view text, std::size_t from) {
  const auto in_key = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  for (std::size_t space = text.find(' ', from); space != std::string_view::npos; space = text.find(' ', space + 1)) {
    std::size_t end = space + 1;
    while (end < text.size() && in_key(text[end])) ++end;
    if (end > space + 1 && end < text.size() && text[end] == '=')
      return Pair{space, text.substr(space + 1, end - space - 1)};
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
    while (pair) {
      const std::size_t value = pair->begin + 1 + pair->key.size() + 1;
      const std::optional<Pair> following = next_pair(text, value);
      const std::size_t end = following ? following->begin : text.size();
      object.emplace(pair->key, text.substr(value, end - value));  // never replaces time, level or message
      pair = following;
    }
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
