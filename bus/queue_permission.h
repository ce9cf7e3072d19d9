#pragma once

#include "bus/queue_error.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// AddPermission and RemovePermission: one statement more or less in the queue's Policy document. Pure.
struct QueuePermission {
  std::string label;                  // the statement's Sid: 1–80 of [A-Za-z0-9_-]
  std::vector<std::string> accounts;  // 12 digits each
  std::vector<std::string> actions;   // "SendMessage", "*"; at most seven
};

// The new text of the policy. Errors: a label that is there already, an account or action that is none, too many
// actions or statements (kOverLimit).
QueueResult<std::string> add_permission(const std::string* policy, std::string_view queue_arn,
                                        const QueuePermission& permission);

// The new text; nullopt when the last statement went, and the policy with it. An unknown label is an error.
QueueResult<std::optional<std::string>> remove_permission(const std::string* policy, std::string_view label);

}  // namespace eventbus
