#include "adapters/aws/logs/logs_handlers.h"
#include "adapters/aws/logs/logs_members.h"

#include <boost/json/array.hpp>

#include <utility>

namespace eventbus::aws {

namespace {

constexpr std::size_t kTagsMax = 50;

std::vector<std::string> texts(const json::value& list) {
  std::vector<std::string> all;
  for (const json::value& text : list.as_array()) all.emplace_back(text.as_string());
  return all;
}

asio::awaitable<AwsResult<json::object>> add(LogsApi& api, LogGroupPtr group, LogTags added) {
  bool too_many = false;
  LogStore::Change change = [&](LogGroup& next) -> Result<void> {
    for (const auto& [key, value] : added) next.tags[key] = value;
    too_many = next.tags.size() > kTagsMax;
    if (too_many) return limit_exceeded("");
    return {};
  };
  const Result<void> done = co_await api.store.change_group(group->scope, group->name, std::move(change));
  if (too_many) co_return AwsError("TooManyTagsException", "The resource has too many tags: 50 are the most.");
  if (!done) co_return logs_error(done.error());
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> remove(LogsApi& api, LogGroupPtr group, std::vector<std::string> keys) {
  LogStore::Change change = [keys = std::move(keys)](LogGroup& next) {
    for (const std::string& key : keys) next.tags.erase(key);
    return Result<void>();
  };
  CO_TRY_VOID(logs_result(co_await api.store.change_group(group->scope, group->name, std::move(change))));
  co_return json::object();
}

json::object listed(const LogGroup& group) {
  json::object output;
  output["tags"] = to_json(group.tags);
  return output;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> tag_resource(LogsApi& api, const RequestContext& context, json::object input) {
  CO_TRY(LogGroupPtr group, log_group_of_arn(api.store, context, *log_text(input, "resourceArn")));
  co_return co_await add(api, std::move(group), log_tags(input));
}

asio::awaitable<AwsResult<json::object>> untag_resource(LogsApi& api, const RequestContext& context,
                                                        json::object input) {
  CO_TRY(LogGroupPtr group, log_group_of_arn(api.store, context, *log_text(input, "resourceArn")));
  co_return co_await remove(api, std::move(group), texts(input.at("tagKeys")));
}

asio::awaitable<AwsResult<json::object>> list_tags_for_resource(LogsApi& api, const RequestContext& context,
                                                                json::object input) {
  CO_TRY(const LogGroupPtr group, log_group_of_arn(api.store, context, *log_text(input, "resourceArn")));
  co_return listed(*group);
}

asio::awaitable<AwsResult<json::object>> tag_log_group(LogsApi& api, const RequestContext& context,
                                                       json::object input) {
  CO_TRY(LogGroupPtr group, log_group_of(api.store, context, input));
  co_return co_await add(api, std::move(group), log_tags(input));
}

asio::awaitable<AwsResult<json::object>> untag_log_group(LogsApi& api, const RequestContext& context,
                                                         json::object input) {
  CO_TRY(LogGroupPtr group, log_group_of(api.store, context, input));
  co_return co_await remove(api, std::move(group), texts(input.at("tags")));
}

asio::awaitable<AwsResult<json::object>> list_tags_log_group(LogsApi& api, const RequestContext& context,
                                                             json::object input) {
  CO_TRY(const LogGroupPtr group, log_group_of(api.store, context, input));
  co_return listed(*group);
}

}  // namespace eventbus::aws
