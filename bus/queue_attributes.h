#pragma once

#include "bus/limits.h"
#include "bus/queue_directory.h"
#include "bus/queue_error.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

using QueueAttributeMap = std::map<std::string, std::string>;

// The names and values of an SQS queue's attributes: which there are, what they may hold, what AWS shows of them.
// Pure functions over a QueueInfo; whether other queues exist is the business of QueueService.

// 1–80 of [A-Za-z0-9_-], of a FIFO queue with ".fifo" at the end (counted in the 80).
QueueResult<void> check_queue_name(std::string_view name, bool fifo);

// Is there an attribute of this name, "All" aside?
bool is_queue_attribute(std::string_view name);

// Sets `given` on `queue`: the text as it came, and the decoded fields. "" removes Policy, RedrivePolicy,
// RedriveAllowPolicy and KmsMasterKeyId. On failure the queue is as far changed as the loop came: work on a copy.
//   kInvalidAttributeName   an unknown or read-only attribute, a FIFO attribute on a standard queue
//   kInvalidAttributeValue  a value out of range or of the wrong form
//   kInvalidParameterValue  RedrivePolicy, RedriveAllowPolicy
QueueResult<void> set_queue_attributes(QueueInfo& queue, const QueueAttributeMap& given, const Limits& limits);

// A new queue's QueueInfo without id and times, from the attributes of CreateQueue: FifoQueue is taken, and checked
// against the name.
QueueResult<QueueInfo> describe_new_queue(const Scope& scope, std::string name, QueueAttributeMap attributes,
                                          const Limits& limits);

// The same from attributes that were accepted once: nothing is checked, since limits may have been lowered meanwhile.
QueueInfo restore_queue(const Scope& scope, std::string name, QueueAttributeMap attributes, const Limits& limits);

// The first attribute of `given` whose value differs from that of `queue`, as CreateQueue compares: defaults count,
// attributes that are not given do not, JSON compares as JSON.
std::optional<std::string> first_difference(const QueueInfo& queue, const QueueAttributeMap& given);

// What GetQueueAttributes shows. `names` may hold "All"; an unknown name is kInvalidAttributeName; attributes without a
// value are left out.
QueueResult<QueueAttributeMap> shown_attributes(const QueueInfo& queue, const QueueDepth& depth,
                                                const std::vector<std::string>& names);
bool shows_depth(const std::vector<std::string>& names);

QueueTraits traits_of(const QueueInfo& queue);

}  // namespace eventbus
