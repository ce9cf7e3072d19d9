#include "adapters/aws/scheduler/scheduler_handlers.h"
#include "adapters/aws/scheduler/scheduler_service.h"

#include <algorithm>
#include <array>

namespace eventbus::aws {

namespace {

using Row = RestOperation<SchedulerApi>;
using Query = RestParameter;

constexpr std::string_view kSchedule = "/schedules/{Name}";
constexpr std::string_view kGroup = "/schedule-groups/{Name}";
constexpr std::string_view kTags = "/tags/{ResourceArn+}";

constexpr std::array kDeleteSchedule = {Query{"clientToken", "ClientToken"}, Query{"groupName", "GroupName"}};
constexpr std::array kDeleteGroup = {Query{"clientToken", "ClientToken"}};
constexpr std::array kGetSchedule = {Query{"groupName", "GroupName"}};
constexpr std::array kListGroups = {Query{"MaxResults", "MaxResults", Query::kInteger},
                                    Query{"NamePrefix", "NamePrefix"}, Query{"NextToken", "NextToken"}};
constexpr std::array kListSchedules = {Query{"MaxResults", "MaxResults", Query::kInteger},
                                       Query{"NamePrefix", "NamePrefix"}, Query{"NextToken", "NextToken"},
                                       Query{"ScheduleGroup", "GroupName"}, Query{"State", "State"}};
constexpr std::array kUntag = {Query{"TagKeys", "TagKeys", Query::kTextList}};

constexpr std::array kOperations = {
    Row{"CreateSchedule", "POST", kSchedule, {}, 200, create_schedule},
    Row{"CreateScheduleGroup", "POST", kGroup, {}, 200, create_schedule_group},
    Row{"DeleteSchedule", "DELETE", kSchedule, kDeleteSchedule, 200, delete_schedule},
    Row{"DeleteScheduleGroup", "DELETE", kGroup, kDeleteGroup, 200, delete_schedule_group},
    Row{"GetSchedule", "GET", kSchedule, kGetSchedule, 200, get_schedule},
    Row{"GetScheduleGroup", "GET", kGroup, {}, 200, get_schedule_group},
    Row{"ListScheduleGroups", "GET", "/schedule-groups", kListGroups, 200, list_schedule_groups},
    Row{"ListSchedules", "GET", "/schedules", kListSchedules, 200, list_schedules},
    Row{"ListTagsForResource", "GET", kTags, {}, 200, scheduler_list_tags},
    Row{"TagResource", "POST", kTags, {}, 200, scheduler_tag_resource},
    Row{"UntagResource", "DELETE", kTags, kUntag, 200, scheduler_untag_resource},
    Row{"UpdateSchedule", "PUT", kSchedule, {}, 200, update_schedule},
};
static_assert(kOperations.size() == 12);
static_assert(std::ranges::is_sorted(kOperations, {}, &Row::name));

}  // namespace

std::span<const RestOperation<SchedulerApi>> scheduler_operations() { return kOperations; }

}  // namespace eventbus::aws
