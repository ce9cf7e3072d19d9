#include "bus/log_delivery.h"

#include "bus/iso_time.h"
#include "bus/json_text.h"
#include "bus/log_batch.h"

#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace eventbus {

namespace {

DeliveryFailure logs_said(std::string_view code, std::string text, std::string_view error_code,
                          std::string_view request_id) {
  text += " (Service: AWSLogs; Status Code: 400; Error Code: ";
  text += error_code;
  text += "; Request ID: ";
  text += request_id;
  text += "; Proxy: null)";
  return {code, std::move(text)};
}

// An ISO time, or a number of milliseconds since 1970, as JSON text.
std::optional<TimePoint> time_in(std::string_view value) {
  if (json_kind(value) == JsonKind::kString) return parse_iso_time(unescaped(value.substr(1, value.size() - 2)));
  std::int64_t milliseconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), milliseconds);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return TimePoint(Duration(milliseconds));
}

// {"timestamp": …, "message": …}
std::optional<LogBatch::LogEvent> transformed_event(std::string_view input) {
  if (!is_json(input) || json_kind(input) != JsonKind::kObject) return std::nullopt;
  std::optional<TimePoint> time;
  std::optional<std::string> message;
  for_each_member(input, [&](std::string_view name, std::string_view value) {
    if (name == "timestamp") time = time_in(value);
    if (name == "message")
      message =
          json_kind(value) == JsonKind::kString ? unescaped(value.substr(1, value.size() - 2)) : std::string(value);
  });
  if (!time || !message) return std::nullopt;
  return LogBatch::LogEvent{*time, std::move(*message)};
}

constexpr std::string_view kHex = "0123456789abcdef";

// The time as the first twelve digits of a UUID.
void write_time(TimePoint when, std::string& name) {
  auto time = static_cast<std::uint64_t>(when.time_since_epoch().count());
  for (const std::size_t at : std::initializer_list<std::size_t>{12, 11, 10, 9, 7, 6, 5, 4, 3, 2, 1, 0}) {
    name[at] = kHex[time & 0xF];
    time >>= 4;
  }
}

}  // namespace

DeliveryFailure no_such_log_group(std::string_view request_id) {
  return logs_said("NO_RESOURCE", "The specified log group does not exist.", "ResourceNotFoundException", request_id);
}

Result<LogAppend, DeliveryFailure> make_log_entry(const LogGroupInfo& group, const Event& event, std::string input,
                                                  bool transformed, TimePoint now, Rng& rng) {
  LogBatch::LogEvent logged{event.time, std::move(input)};
  if (transformed) {
    std::optional<LogBatch::LogEvent> given = transformed_event(logged.message);
    if (!given)
      return DeliveryFailure{"INVALID_PARAMETER",
                             "The input of a CloudWatch Logs target must be {\"timestamp\": …, \"message\": …}."};
    logged = std::move(*given);
  }
  if (logged.message.empty())
    return logs_said("INVALID_PARAMETER", "Log event message must not be empty.", "InvalidParameterException",
                     rng.uuid());
  const std::size_t bytes = logged.message.size() + kLogEventOverhead;
  if (bytes > kLogEventBytesMax)
    return logs_said("INVALID_PARAMETER",
                     "Log event too large: " + std::to_string(bytes) + " bytes exceeds limit of " +
                         std::to_string(kLogEventBytesMax),
                     "InvalidParameterException", rng.uuid());
  LogBatch batch;
  batch.stream = delivery_stream_name(now, rng);
  batch.events.push_back(std::move(logged));
  return LogAppend{group.deliveries, now, batch.encode()};
}

std::string delivery_stream_name(TimePoint accepted_at, Rng& rng) {
  std::string name = rng.uuid();
  write_time(accepted_at, name);
  name[14] = '7';
  return name;
}

std::string delivery_stream_bound(TimePoint accepted_at, bool behind) {
  std::string bound = "00000000-0000";
  write_time(accepted_at, bound);
  return bound + (behind ? "~" : "");
}

std::optional<TimePoint> time_of_delivery_stream(std::string_view name) {
  if (name.size() != 36 || name[8] != '-' || name[13] != '-' || name[14] != '7' || name[18] != '-' || name[23] != '-')
    return std::nullopt;
  std::uint64_t time = 0;
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (at == 8 || at == 13 || at == 18 || at == 23) continue;
    const std::size_t digit = kHex.find(name[at]);
    if (digit == std::string_view::npos) return std::nullopt;
    if (at < 13) time = time << 4 | digit;
  }
  return TimePoint(Duration(static_cast<std::int64_t>(time)));
}

}  // namespace eventbus
