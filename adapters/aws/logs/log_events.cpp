#include "logs/log_events.h"

#include "adapters/aws/logs/logs_handlers.h"
#include "adapters/aws/logs/logs_members.h"
#include "adapters/aws/logs/sequence_token.h"

#include <boost/json/array.hpp>

#include <charconv>
#include <utility>

namespace eventbus::aws {

namespace {

std::optional<TimePoint> time_of(const json::object& input, std::string_view name) {
  const std::optional<std::int64_t> milliseconds = log_number(input, name);
  return milliseconds ? std::optional(TimePoint(Duration(*milliseconds))) : std::nullopt;
}

// A position as digits of fixed width, in the order of positions: 19 of the time, 13 of the log, 17 of the sequence, 7
// of the index. AWS's event ids and tokens have 56 digits, too.
constexpr std::size_t kWidths[] = {19, 13, 17, 7};
constexpr std::int64_t kTimeOffset = 1'000'000'000'000'000'000;  // times before 1970 are digits, too

std::string to_digits(const LogPosition& position) {
  const auto time = static_cast<std::uint64_t>(position.time.time_since_epoch().count() + kTimeOffset);
  const std::uint64_t parts[] = {time, position.log, position.sequence, position.index};
  std::string digits;
  for (std::size_t i = 0; i < std::size(parts); ++i) {
    const std::string part = std::to_string(parts[i]);
    digits +=
        part.size() > kWidths[i] ? std::string(kWidths[i], '9') : std::string(kWidths[i] - part.size(), '0') + part;
  }
  return digits;
}

std::optional<LogPosition> from_digits(std::string_view digits) {
  std::uint64_t parts[std::size(kWidths)] = {};
  for (std::size_t i = 0; i < std::size(kWidths); ++i) {
    if (digits.size() < kWidths[i]) return std::nullopt;
    const char* const end = digits.data() + kWidths[i];
    const auto [stop, error] = std::from_chars(digits.data(), end, parts[i]);
    if (error != std::errc() || stop != end) return std::nullopt;
    digits.remove_prefix(kWidths[i]);
  }
  if (!digits.empty()) return std::nullopt;
  return LogPosition{TimePoint(Duration(static_cast<std::int64_t>(parts[0]) - kTimeOffset)), parts[1], parts[2],
                     static_cast<std::uint32_t>(parts[3])};
}

json::object to_json(const LogEvents::Rejected& rejected) {
  json::object output;
  if (rejected.too_new_from) output["tooNewLogEventStartIndex"] = *rejected.too_new_from;
  if (rejected.too_old_to) output["tooOldLogEventEndIndex"] = *rejected.too_old_to;
  if (rejected.expired_to) output["expiredLogEventEndIndex"] = *rejected.expired_to;
  return output;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> put_log_events(LogsApi& api, const RequestContext& context,
                                                        json::object input) {
  CO_TRY(LogGroupPtr group, log_group_of(api.store, context, input));
  LogBatch batch;
  batch.stream = *log_text(input, "logStreamName");
  for (const json::value& event : input.at("logEvents").as_array()) {
    const json::object& members = event.as_object();
    batch.events.push_back({*time_of(members, "timestamp"), *log_text(members, "message")});
  }
  CO_TRY(const LogEvents::Put put, logs_result(co_await api.events.put(std::move(group), std::move(batch))));
  json::object output;
  output["nextSequenceToken"] = sequence_token(put.sequence);
  if (json::object rejected = to_json(put.rejected); !rejected.empty())
    output["rejectedLogEventsInfo"] = std::move(rejected);
  co_return output;
}

// Tokens are "f/<position>" and "b/<position>": what lies behind, and before. At the end a token comes back as it was
// given, by which readers know the end (AWS: GetLogEvents).
asio::awaitable<AwsResult<json::object>> get_log_events(LogsApi& api, const RequestContext& context,
                                                        json::object input) {
  LogQuery query;
  CO_TRY(query.group, log_group_of(api.store, context, input));
  query.streams.push_back(*log_text(input, "logStreamName"));
  query.from = time_of(input, "startTime").value_or(TimePoint(Duration(0)));
  // AWS: events "with a timestamp equal to this time or later … are not included".
  if (const std::optional<TimePoint> end = time_of(input, "endTime")) query.to = *end - Duration(1);
  query.backwards = !log_flag(input, "startFromHead");
  query.count_max = static_cast<std::size_t>(log_number(input, "limit").value_or(10'000));
  const std::optional<std::string> token = log_text(input, "nextToken");
  std::optional<LogPosition> given;
  if (token) {
    if (token->starts_with("f/") || token->starts_with("b/")) given = from_digits(std::string_view(*token).substr(2));
    if (!given) co_return invalid_parameter("The specified nextToken is invalid.");
    query.backwards = token->front() == 'b';
    (query.backwards ? query.before : query.after) = given;
  }
  const LogPosition start{query.from, 0, 0, 0};
  CO_TRY(const LogPage page, logs_result(co_await api.events.find(std::move(query))));

  // Where nothing is found both tokens stand where the reader stands.
  LogPosition first = given.value_or(start), last = first;
  if (!page.events.empty()) {
    first = page.events.front().position;
    last = page.events.back().position;
  } else if (page.more) {
    first = last = *page.more;  // so much was read without finding anything
  }
  json::object output;
  json::array& list = output["events"].emplace_array();
  for (const StoredLogEvent& event : page.events)
    list.push_back(json::object{{"timestamp", log_time(event.position.time)},
                                {"message", event.message},
                                {"ingestionTime", log_time(event.ingested_at)}});
  output["nextForwardToken"] = "f/" + to_digits(last);
  output["nextBackwardToken"] = "b/" + to_digits(first);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> filter_log_events(LogsApi& api, const RequestContext& context,
                                                           json::object input) {
  LogQuery query;
  CO_TRY(query.group, log_group_of(api.store, context, input));
  if (const json::value* names = input.if_contains("logStreamNames"))
    for (const json::value& name : names->as_array()) query.streams.emplace_back(name.as_string());
  query.stream_prefix = log_text(input, "logStreamNamePrefix").value_or("");
  if (!query.streams.empty() && !query.stream_prefix.empty())
    co_return invalid_parameter("logStreamNamePrefix and logStreamNames are mutually exclusive parameters.");
  if (const std::optional<TimePoint> start = time_of(input, "startTime")) query.from = *start;
  if (const std::optional<TimePoint> end = time_of(input, "endTime")) query.to = *end;
  const std::string pattern = log_text(input, "filterPattern").value_or("");
  CO_TRY(query.pattern, logs_result(FilterPattern::parse(pattern)));
  query.count_max = static_cast<std::size_t>(log_number(input, "limit").value_or(10'000));
  std::string binding =
      "FilterLogEvents " + std::to_string(query.group->deliveries) + " " + query.stream_prefix + " " + pattern;
  for (const std::string& stream : query.streams) binding += "\n" + stream;
  if (const std::optional<std::string> token = log_text(input, "nextToken")) {
    CO_TRY(const std::vector<std::string> fields, read_log_token(binding, *token, 1));
    query.after = from_digits(fields.front());
    if (!query.after) co_return invalid_parameter("The specified nextToken is invalid.");
  }

  CO_TRY(const LogPage page, logs_result(co_await api.events.find(std::move(query))));
  json::object output;
  json::array& list = output["events"].emplace_array();
  for (const StoredLogEvent& event : page.events)
    list.push_back(json::object{{"logStreamName", event.stream},
                                {"timestamp", log_time(event.position.time)},
                                {"message", event.message},
                                {"ingestionTime", log_time(event.ingested_at)},
                                {"eventId", to_digits(event.position)}});
  output["searchedLogStreams"].emplace_array();  // AWS: "no longer supported", always empty
  if (page.more) output["nextToken"] = make_log_token(binding, {to_digits(*page.more)});
  co_return output;
}

}  // namespace eventbus::aws
