#include "adapters/aws/scheduler/scheduler_members.h"

#include <boost/json/value.hpp>

namespace eventbus::aws {

AwsError to_scheduler_error(Error error) {
  switch (error.code) {
    case ErrorCode::kConflict:
      return AwsError("ConflictException", std::move(error.message));
    case ErrorCode::kLimit:
      return AwsError("ServiceQuotaExceededException", std::move(error.message));
    default:
      return AwsError(std::move(error));  // the service spells the rest
  }
}

boost::json::value to_epoch(TimePoint time) {
  constexpr double kMillisecondsPerSecond = 1'000.0;
  const auto milliseconds = time.time_since_epoch().count();
  if (milliseconds % 1'000 == 0) return milliseconds / 1'000;
  return static_cast<double>(milliseconds) / kMillisecondsPerSecond;
}

AwsResult<Page> scheduler_page(const boost::json::object& input, std::string_view binding,
                               std::span<const std::string_view> names) {
  boost::json::object asked;
  if (const boost::json::value* limit = input.if_contains("MaxResults")) asked["Limit"] = *limit;
  if (const boost::json::value* token = input.if_contains("NextToken")) asked["NextToken"] = *token;
  return page_of(asked, binding, names);
}

}  // namespace eventbus::aws
