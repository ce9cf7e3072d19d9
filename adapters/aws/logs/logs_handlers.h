#pragma once

#include "adapters/aws/logs/logs_service.h"
#include "adapters/aws/operation.h"

namespace eventbus::aws {

// The handlers of CloudWatch Logs, one for each implemented operation: log_groups.cpp, log_streams.cpp, log_events.cpp,
// log_tags.cpp, log_policies.cpp.

asio::awaitable<AwsResult<json::object>> create_log_group(LogsApi& api, const RequestContext& context,
                                                          json::object input);
asio::awaitable<AwsResult<json::object>> create_log_stream(LogsApi& api, const RequestContext& context,
                                                           json::object input);
asio::awaitable<AwsResult<json::object>> delete_log_group(LogsApi& api, const RequestContext& context,
                                                          json::object input);
asio::awaitable<AwsResult<json::object>> delete_log_stream(LogsApi& api, const RequestContext& context,
                                                           json::object input);
asio::awaitable<AwsResult<json::object>> delete_resource_policy(LogsApi& api, const RequestContext& context,
                                                                json::object input);
asio::awaitable<AwsResult<json::object>> delete_retention_policy(LogsApi& api, const RequestContext& context,
                                                                 json::object input);
asio::awaitable<AwsResult<json::object>> describe_log_groups(LogsApi& api, const RequestContext& context,
                                                             json::object input);
asio::awaitable<AwsResult<json::object>> describe_log_streams(LogsApi& api, const RequestContext& context,
                                                              json::object input);
asio::awaitable<AwsResult<json::object>> describe_resource_policies(LogsApi& api, const RequestContext& context,
                                                                    json::object input);
asio::awaitable<AwsResult<json::object>> filter_log_events(LogsApi& api, const RequestContext& context,
                                                           json::object input);
asio::awaitable<AwsResult<json::object>> get_log_events(LogsApi& api, const RequestContext& context,
                                                        json::object input);
asio::awaitable<AwsResult<json::object>> list_tags_for_resource(LogsApi& api, const RequestContext& context,
                                                                json::object input);
asio::awaitable<AwsResult<json::object>> list_tags_log_group(LogsApi& api, const RequestContext& context,
                                                             json::object input);
asio::awaitable<AwsResult<json::object>> put_log_events(LogsApi& api, const RequestContext& context,
                                                        json::object input);
asio::awaitable<AwsResult<json::object>> put_resource_policy(LogsApi& api, const RequestContext& context,
                                                             json::object input);
asio::awaitable<AwsResult<json::object>> put_retention_policy(LogsApi& api, const RequestContext& context,
                                                              json::object input);
asio::awaitable<AwsResult<json::object>> tag_log_group(LogsApi& api, const RequestContext& context, json::object input);
asio::awaitable<AwsResult<json::object>> tag_resource(LogsApi& api, const RequestContext& context, json::object input);
asio::awaitable<AwsResult<json::object>> untag_log_group(LogsApi& api, const RequestContext& context,
                                                         json::object input);
asio::awaitable<AwsResult<json::object>> untag_resource(LogsApi& api, const RequestContext& context,
                                                        json::object input);

}  // namespace eventbus::aws
