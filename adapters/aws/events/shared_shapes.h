#pragma once

#include "adapters/aws/constraints.h"

#include <string_view>

// Shapes of the API model of EventBridge (2015-10-07) that many of its operations share.
namespace eventbus::aws::events_model {

// ---- Names and ARNs ----

inline constexpr std::string_view kNamePattern = R"([\.\-_A-Za-z0-9]+)";

inline constexpr Shape kRuleName = text(1, 64).matching(kNamePattern);
inline constexpr Shape kTargetId = text(1, 64).matching(kNamePattern);
inline constexpr Shape kBusName = text(1, 256).matching(R"([/\.\-_A-Za-z0-9]+)");
inline constexpr Shape kBusNameOrArn =
    text(1, 1600).matching(R"((arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[/\.\-_A-Za-z0-9]+)");
// Partner buses, whose names hold a '/', take neither events nor permissions of ours.
inline constexpr Shape kOwnBusName = text(1, 256).matching(kNamePattern);
inline constexpr Shape kOwnBusNameOrArn =
    text(1, 1600).matching(R"((arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[\.\-_A-Za-z0-9]+)");
inline constexpr Shape kEventSourceName = text(1, 256).matching(R"(aws\.partner(/[\.\-_A-Za-z0-9]+){2,})");
inline constexpr Shape kArn = text(1, 1600);
inline constexpr Shape kText = text();

// ---- What many operations share ----

inline constexpr Shape kNextToken = text(1, 2048);
inline constexpr Shape kLimit = integer(1, 100);

inline constexpr Shape kTagKey = text(1, 128);
inline constexpr Member kTagMembers[] = {required("Key", kTagKey), required("Value", text(0, 256))};
inline constexpr Shape kTag = structure("Tag", kTagMembers);
inline constexpr Shape kTags = list_of(kTag);
inline constexpr Shape kTagKeys = list_of(kTagKey);

inline constexpr Member kDeadLetterConfigMembers[] = {optional("Arn", kArn)};
inline constexpr Shape kDeadLetterConfig = structure("DeadLetterConfig", kDeadLetterConfigMembers);

inline constexpr std::string_view kIncludeDetail[] = {"NONE", "FULL"};
inline constexpr std::string_view kLevel[] = {"OFF", "ERROR", "INFO", "TRACE"};
inline constexpr Member kLogConfigMembers[] = {optional("IncludeDetail", one_of(kIncludeDetail)),
                                               optional("Level", one_of(kLevel))};
inline constexpr Shape kLogConfig = structure("LogConfig", kLogConfigMembers);

inline constexpr Shape kBusDescription = text(Shape::kNoMin, 512);
inline constexpr Shape kKmsKeyIdentifier = text(Shape::kNoMin, 2048).matching(R"(^[a-zA-Z0-9_\-/:]*$)");
inline constexpr Shape kEventPattern = text(Shape::kNoMin, 4096);

// ---- HTTP, of targets and of connections ----

inline constexpr Shape kHeaderName = text(Shape::kNoMin, 512).matching(R"(^[!#$%&'*+-.^_`|~0-9a-zA-Z]+$)");
inline constexpr Shape kHeaderValue =
    text(Shape::kNoMin, 512).matching(R"(^[ \t]*[\x20-\x7E]+([ \t]+[\x20-\x7E]+)*[ \t]*$)");
inline constexpr Shape kQueryName = text(Shape::kNoMin, 512).matching(R"([^\x00-\x1F\x7F]+)");
inline constexpr Shape kQueryValue = text(Shape::kNoMin, 512).matching(R"([^\x00-\x09\x0B\x0C\x0E-\x1F\x7F]+)");

}  // namespace eventbus::aws::events_model
