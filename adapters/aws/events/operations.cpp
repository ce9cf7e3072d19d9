#include "adapters/aws/events/operations.h"

#include "adapters/aws/events/handlers.h"
#include "adapters/aws/events/put_events.h"
#include "adapters/aws/events/test_event_pattern.h"

#include <algorithm>
#include <array>

namespace eventbus::aws {

namespace {

using Row = Operation<EventsApi>;

constexpr std::array kOperations = {
    Row{"ActivateEventSource"},
    Row{"CancelReplay", cancel_replay},
    Row{"CreateApiDestination", create_api_destination},
    Row{"CreateArchive", create_archive},
    Row{"CreateConnection", create_connection},
    Row{"CreateEndpoint"},
    Row{"CreateEventBus", create_event_bus},
    Row{"CreatePartnerEventSource"},
    Row{"DeactivateEventSource"},
    Row{"DeauthorizeConnection", deauthorize_connection},
    Row{"DeleteApiDestination", delete_api_destination},
    Row{"DeleteArchive", delete_archive},
    Row{"DeleteConnection", delete_connection},
    Row{"DeleteEndpoint"},
    Row{"DeleteEventBus", delete_event_bus},
    Row{"DeletePartnerEventSource"},
    Row{"DeleteRule", delete_rule},
    Row{"DescribeApiDestination", describe_api_destination},
    Row{"DescribeArchive", describe_archive},
    Row{"DescribeConnection", describe_connection},
    Row{"DescribeEndpoint"},
    Row{"DescribeEventBus", describe_event_bus},
    Row{"DescribeEventSource"},
    Row{"DescribePartnerEventSource"},
    Row{"DescribeReplay", describe_replay},
    Row{"DescribeRule", describe_rule},
    Row{"DisableRule", disable_rule},
    Row{"EnableRule", enable_rule},
    Row{"ListApiDestinations", list_api_destinations},
    Row{"ListArchives", list_archives},
    Row{"ListConnections", list_connections},
    Row{"ListEndpoints"},
    Row{"ListEventBuses", list_event_buses},
    Row{"ListEventSources"},
    Row{"ListPartnerEventSourceAccounts"},
    Row{"ListPartnerEventSources"},
    Row{"ListReplays", list_replays},
    Row{"ListRuleNamesByTarget", list_rule_names_by_target},
    Row{"ListRules", list_rules},
    Row{"ListTagsForResource", list_tags_for_resource},
    Row{"ListTargetsByRule", list_targets_by_rule},
    Row{"PutEvents", nullptr, put_events},
    Row{"PutPartnerEvents"},
    Row{"PutPermission", put_permission},
    Row{"PutRule", put_rule},
    Row{"PutTargets", put_targets},
    Row{"RemovePermission", remove_permission},
    Row{"RemoveTargets", remove_targets},
    Row{"StartReplay", start_replay},
    Row{"TagResource", tag_resource},
    Row{"TestEventPattern", test_event_pattern},
    Row{"UntagResource", untag_resource},
    Row{"UpdateApiDestination", update_api_destination},
    Row{"UpdateArchive", update_archive},
    Row{"UpdateConnection", update_connection},
    Row{"UpdateEndpoint"},
    Row{"UpdateEventBus", update_event_bus},
};
static_assert(kOperations.size() == 57);
static_assert(std::ranges::is_sorted(kOperations, {}, &Row::name));

}  // namespace

std::span<const Operation<EventsApi>> events_operations() { return kOperations; }

}  // namespace eventbus::aws
