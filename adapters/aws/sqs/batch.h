#pragma once

#include "bus/queue_error.h"

#include <boost/json/array.hpp>

#include <string_view>

namespace eventbus::aws {

// What is wrong with the entries of a batch as a whole: none or more than ten, an Id that is malformed or there twice.
// `entry_name` is the element's name in Query, which AWS uses in its text: "SendMessageBatchRequestEntry".
QueueResult<void> check_batch(const boost::json::array& entries, std::string_view entry_name);

}  // namespace eventbus::aws
