#pragma once

#include "adapters/aws/aws_error.h"
#include "adapters/aws/page_token.h"
#include "base/clock.h"
#include "base/result.h"

#include <boost/json/object.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace eventbus::aws {

// Members of Scheduler's requests and answers that many operations share.

// What the catalog says, in Scheduler's names.
AwsError to_scheduler_error(Error error);

template <typename T>
AwsResult<T> to_scheduler(Result<T> result) {
  if (!result) return to_scheduler_error(std::move(result).error());
  if constexpr (std::is_void_v<T>)
    return AwsResult<void>();
  else
    return std::move(result).value();
}

// Seconds since 1970, with milliseconds.
boost::json::value to_epoch(TimePoint time);

// A page of a list: `MaxResults` and `NextToken` of the request.
AwsResult<Page> scheduler_page(const boost::json::object& input, std::string_view binding,
                               std::span<const std::string_view> names);

}  // namespace eventbus::aws
