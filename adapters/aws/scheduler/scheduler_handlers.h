#pragma once

#include "adapters/aws/scheduler/scheduler_service.h"

#include <boost/json/object.hpp>

namespace eventbus::aws {

// schedules.cpp
asio::awaitable<AwsResult<json::object>> create_schedule(SchedulerApi& api, const RequestContext& context,
                                                         json::object input);
asio::awaitable<AwsResult<json::object>> update_schedule(SchedulerApi& api, const RequestContext& context,
                                                         json::object input);
asio::awaitable<AwsResult<json::object>> get_schedule(SchedulerApi& api, const RequestContext& context,
                                                      json::object input);
asio::awaitable<AwsResult<json::object>> delete_schedule(SchedulerApi& api, const RequestContext& context,
                                                         json::object input);
asio::awaitable<AwsResult<json::object>> list_schedules(SchedulerApi& api, const RequestContext& context,
                                                        json::object input);

// schedule_groups.cpp
asio::awaitable<AwsResult<json::object>> create_schedule_group(SchedulerApi& api, const RequestContext& context,
                                                               json::object input);
asio::awaitable<AwsResult<json::object>> get_schedule_group(SchedulerApi& api, const RequestContext& context,
                                                            json::object input);
asio::awaitable<AwsResult<json::object>> delete_schedule_group(SchedulerApi& api, const RequestContext& context,
                                                               json::object input);
asio::awaitable<AwsResult<json::object>> list_schedule_groups(SchedulerApi& api, const RequestContext& context,
                                                              json::object input);
asio::awaitable<AwsResult<json::object>> scheduler_tag_resource(SchedulerApi& api, const RequestContext& context,
                                                                json::object input);
asio::awaitable<AwsResult<json::object>> scheduler_untag_resource(SchedulerApi& api, const RequestContext& context,
                                                                  json::object input);
asio::awaitable<AwsResult<json::object>> scheduler_list_tags(SchedulerApi& api, const RequestContext& context,
                                                             json::object input);

}  // namespace eventbus::aws
