#include "daemon/clock_request.h"

#include "bus/iso_time.h"

#include <boost/json/parse.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

namespace eventbus {
namespace {

namespace json = boost::json;

constexpr double kSecondsMax = 1e12;

Error malformed() {
  return invalid(R"(the request is one of {"freeze": true}, {"run": true}, {"set": "2026-03-29T00:59:50Z"} and )"
                 R"({"advance": 90 or "PT1M30S"}, with "patience" and "limit" in seconds if wanted)");
}

std::optional<Duration> seconds_in(const json::value& value) {
  if (!value.is_number()) return std::nullopt;
  const double seconds = value.to_number<double>();
  if (!(seconds >= 0 && seconds <= kSecondsMax)) return std::nullopt;
  return Duration(std::llround(seconds * 1'000));
}

Result<Duration> bounded(const json::value& value, std::string_view name, Duration least, Duration most) {
  const std::optional<Duration> given = seconds_in(value);
  if (given && *given >= least && *given <= most) return *given;
  return invalid("\"" + std::string(name) + "\" is a number of seconds, at most " +
                 std::to_string(std::chrono::floor<std::chrono::seconds>(most).count()));
}

// One of the four.
Result<void> take_action(ClockRequest& request, std::string_view name, const json::value& value) {
  if (name == "freeze" || name == "run") {
    if (value != json::value(true)) return invalid("\"" + std::string(name) + "\" is true or not there");
    request.kind = name == "freeze" ? ClockRequest::kFreeze : ClockRequest::kRun;
  } else if (name == "set") {
    const auto time = value.is_string() ? parse_iso_time(value.get_string()) : std::nullopt;
    if (!time || *time < ClockRequest::kEarliest || *time > ClockRequest::kLatest)
      return invalid(R"("set" is a time from 1970 to 9999, as "2026-03-29T00:59:50Z")");
    request.kind = ClockRequest::kSet;
    request.time = *time;
  } else {
    const auto by = value.is_string() ? parse_iso_duration(value.get_string()) : seconds_in(value);
    if (!by) return invalid(R"("advance" is a number of seconds, or a duration as "PT1M30S" or "P1D")");
    request.kind = ClockRequest::kAdvance;
    request.by = *by;
  }
  return {};
}

struct Unit {
  char letter;
  std::int64_t milliseconds;
};
constexpr std::int64_t kDay = 86'400'000;
// In the order in which they may come; behind the 'T' the second half.
constexpr std::array kUnits = {Unit{'W', 7 * kDay}, Unit{'D', kDay}, Unit{'H', 3'600'000}, Unit{'M', 60'000},
                               Unit{'S', 1'000}};
constexpr std::size_t kFirstOfTime = 2;

// "30" or, of seconds, "0.5", in thousandths.
std::optional<std::int64_t> thousandths(std::string_view number) {
  constexpr std::size_t kDigitsMax = 12;
  const std::size_t point = number.find('.');
  const std::string_view whole = number.substr(0, point);
  std::string_view fraction = point == std::string_view::npos ? std::string_view() : number.substr(point + 1);
  const auto all_digits = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (!all_digits(whole) || whole.size() > kDigitsMax) return std::nullopt;
  if (point != std::string_view::npos && !all_digits(fraction)) return std::nullopt;
  std::int64_t value = 0;
  std::from_chars(whole.data(), whole.data() + whole.size(), value);
  for (int i = 0; i < 3; ++i) {
    value = value * 10 + (fraction.empty() ? 0 : fraction.front() - '0');
    if (!fraction.empty()) fraction.remove_prefix(1);
  }
  return value;
}

}  // namespace

std::optional<Duration> parse_iso_duration(std::string_view text) {
  if (text.size() < 3 || text.front() != 'P') return std::nullopt;
  text.remove_prefix(1);
  std::int64_t milliseconds = 0;
  std::size_t next = 0;  // of kUnits
  bool in_time = false;
  while (!text.empty()) {
    if (text.front() == 'T') {
      if (std::exchange(in_time, true) || text.size() == 1) return std::nullopt;
      next = kFirstOfTime;
      text.remove_prefix(1);
      continue;
    }
    const std::size_t length = text.find_first_not_of("0123456789.");
    if (length == std::string_view::npos) return std::nullopt;
    const std::size_t end = in_time ? kUnits.size() : kFirstOfTime;
    while (next < end && kUnits[next].letter != text[length]) ++next;
    if (next == end) return std::nullopt;
    const std::string_view number = text.substr(0, length);
    if (number.find('.') != std::string_view::npos && kUnits[next].letter != 'S') return std::nullopt;
    const std::optional<std::int64_t> amount = thousandths(number);
    if (!amount || *amount / 1'000 > static_cast<std::int64_t>(kSecondsMax) / (kUnits[next].milliseconds / 1'000))
      return std::nullopt;
    milliseconds += *amount * (kUnits[next].milliseconds / 1'000);
    ++next;
    text.remove_prefix(length + 1);
  }
  return Duration(milliseconds);
}

Result<ClockRequest> ClockRequest::parse(std::string_view body) {
  boost::system::error_code failed;
  const json::value document = json::parse(body, failed);
  if (failed || !document.is_object()) return malformed();
  ClockRequest request;
  int actions = 0;
  for (const auto& [name, value] : document.get_object()) {
    if (name == "patience") {
      TRY(request.patience, bounded(value, name, Duration(0), kPatienceMax));
    } else if (name == "limit") {
      TRY(request.limit, bounded(value, name, Duration(1), kLimitMax));
    } else if (name == "freeze" || name == "run" || name == "set" || name == "advance") {
      ++actions;
      TRY_VOID(take_action(request, name, value));
    } else {
      return invalid("there is no \"" + std::string(name) + "\"; " + malformed().message);
    }
  }
  if (actions != 1) return malformed();
  return request;
}

}  // namespace eventbus
