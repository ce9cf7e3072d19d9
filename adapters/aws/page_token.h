#pragma once

#include "adapters/aws/aws_error.h"

#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace eventbus::aws {

// Pages of lists that are ordered by name. A NextToken is opaque to clients: it says behind which name the next page
// begins, and is bound to the operation and its filters by a checksum, so that a token of another list is refused,
// while one of the same list with another Limit goes on.

struct Page {
  std::size_t begin = 0, end = 0;         // of the names
  std::optional<std::string> next_token;  // nullopt: nothing follows
};

// Reads `Limit` (absent: 100) and `NextToken` of a request. `binding` names the list: the operation, its scope, its
// filters. `names` ascend. kInvalid "Parameter NextToken is not valid." for a token that is not of this list.
AwsResult<Page> page_of(const boost::json::object& input, std::string_view binding,
                        std::span<const std::string_view> names);

}  // namespace eventbus::aws
