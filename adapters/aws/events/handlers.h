#pragma once

#include "adapters/aws/events/events_api.h"
#include "adapters/aws/operation.h"

namespace eventbus::aws {

// The handlers behind the rows of operations.cpp. Inputs have passed the constraints; shapes are those of EventBridge's
// API model.

using EventsHandler = asio::awaitable<AwsResult<json::object>>(EventsApi& api, const RequestContext& context,
                                                               json::object input);

// buses.cpp
EventsHandler create_event_bus, describe_event_bus, update_event_bus, list_event_buses, delete_event_bus;
// permissions.cpp
EventsHandler put_permission, remove_permission;
// rules.cpp
EventsHandler put_rule, describe_rule, list_rules, delete_rule, enable_rule, disable_rule, list_rule_names_by_target;
// targets.cpp
EventsHandler put_targets, list_targets_by_rule, remove_targets;
// connections.cpp
EventsHandler create_connection, describe_connection, update_connection, delete_connection, deauthorize_connection,
    list_connections;
// api_destinations.cpp
EventsHandler create_api_destination, describe_api_destination, update_api_destination, delete_api_destination,
    list_api_destinations;
// archives.cpp
EventsHandler create_archive, describe_archive, update_archive, delete_archive, list_archives;
// replays.cpp
EventsHandler start_replay, describe_replay, list_replays, cancel_replay;
// tags.cpp
EventsHandler tag_resource, untag_resource, list_tags_for_resource;

}  // namespace eventbus::aws
