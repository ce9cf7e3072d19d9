#include "adapters/aws/logs/logs_handlers.h"
#include "adapters/aws/logs/logs_members.h"
#include "adapters/aws/logs/sequence_token.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace eventbus::aws {

namespace {

constexpr std::size_t kPageDefault = 50;

json::object describe(const LogGroup& group, const LogStreamSummary& stream) {
  json::object output;
  output["logStreamName"] = stream.name;
  output["creationTime"] = log_time(stream.created_at);
  if (stream.first_event) output["firstEventTimestamp"] = log_time(*stream.first_event);
  if (stream.last_event) output["lastEventTimestamp"] = log_time(*stream.last_event);
  if (stream.last_ingestion) output["lastIngestionTime"] = log_time(*stream.last_ingestion);
  output["uploadSequenceToken"] = sequence_token(stream.sequence);
  output["arn"] = group.arn + ":log-stream:" + stream.name;
  output["storedBytes"] = 0;  // AWS: "always reported as zero" since 2019
  return output;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> create_log_stream(LogsApi& api, const RequestContext& context,
                                                           json::object input) {
  CO_TRY(LogGroupPtr group, log_group_of(api.store, context, input));
  CO_TRY_VOID(logs_result(co_await api.store.create_stream(std::move(group), *log_text(input, "logStreamName"))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> delete_log_stream(LogsApi& api, const RequestContext& context,
                                                           json::object input) {
  CO_TRY(LogGroupPtr group, log_group_of(api.store, context, input));
  CO_TRY_VOID(logs_result(co_await api.store.delete_stream(std::move(group), *log_text(input, "logStreamName"))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> describe_log_streams(LogsApi& api, const RequestContext& context,
                                                              json::object input) {
  LogStreamQuery query;
  CO_TRY(query.group, log_group_of(api.store, context, input));
  query.prefix = log_text(input, "logStreamNamePrefix").value_or("");
  query.by_time = log_text(input, "orderBy") == "LastEventTime";
  query.descending = log_flag(input, "descending");
  query.count_max = static_cast<std::size_t>(log_number(input, "limit").value_or(kPageDefault));
  if (query.by_time && !query.prefix.empty())
    co_return invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
  const std::string binding = "DescribeLogStreams " + std::to_string(query.group->deliveries) + " " +
                              (query.by_time ? "time" : "name") + (query.descending ? " descending " : " ") +
                              query.prefix;
  if (const std::optional<std::string> token = log_text(input, "nextToken")) {
    CO_TRY(const std::vector<std::string> fields, read_log_token(binding, *token, 2));
    std::int64_t time = 0;
    std::from_chars(fields[0].data(), fields[0].data() + fields[0].size(), time);
    query.after = LogStreamQuery::Place{TimePoint(Duration(time)), fields[1]};
  }
  const LogGroupPtr group = query.group;
  CO_TRY(const LogStreamPage page, logs_result(co_await api.events.streams(std::move(query))));
  json::object output;
  json::array& list = output["logStreams"].emplace_array();
  for (const LogStreamSummary& stream : page.streams) list.push_back(describe(*group, stream));
  if (page.more)
    output["nextToken"] = make_log_token(binding, {std::to_string(log_time(page.more->time)), page.more->name});
  co_return output;
}

}  // namespace eventbus::aws
