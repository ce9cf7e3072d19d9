#pragma once

#include "adapters/aws/aws_error.h"
#include "adapters/aws/page_token.h"
#include "adapters/aws/request_context.h"
#include "bus/bus_records.h"
#include "bus/catalog_error.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus::aws {

namespace json = boost::json;

// Members of EventBridge requests and answers that many operations share. Inputs have passed the constraints: a member
// that is there has the right type.

std::optional<std::string> text(const json::object& input, std::string_view name);
std::string required_text(const json::object& input, std::string_view name);
bool flag(const json::object& input, std::string_view name);  // absent: false
std::vector<std::string> text_list(const json::object& input, std::string_view name);

// Leaves out what has no value, as AWS does.
void put(json::object& output, std::string_view name, const std::optional<std::string>& value);

// The bus that a member names, by name or by ARN; absent: the default bus. Of an ARN its account and region count, not
// the caller's (behaviour §5), here as in PutEvents: whoever may call may name another account's bus, which then exists
// there or does not.
BusKey named_bus(const RequestContext& context, const json::object& input, std::string_view name);
// The same with the rule in member `rule`.
RuleKey named_rule(const RequestContext& context, const json::object& input, std::string_view rule);

// `Tags`; ValidationException for a key that stands twice.
AwsResult<Tags> tags_of(const json::object& input);
json::array to_tag_list(const Tags& tags);

// Seconds since 1970. AWS sends milliseconds with a bus's times; whole seconds are what every client can read.
std::int64_t to_epoch_seconds(TimePoint time);

// What the catalog says, in AWS's names.
AwsError to_aws(CatalogError error);

template <typename T>
AwsResult<T> to_aws(CatalogResult<T> result) {
  if (!result) return to_aws(std::move(result).error());
  if constexpr (std::is_void_v<T>)
    return AwsResult<void>();
  else
    return std::move(result).value();
}

// One page of a list: its elements as member `name`, each made by show(position), and NextToken if there is more.
template <typename Show>
json::object page_output(std::string_view name, const Page& page, Show show) {
  json::object output;
  json::array& list = output[name].emplace_array();
  for (std::size_t i = page.begin; i < page.end; ++i) list.emplace_back(show(i));
  put(output, "NextToken", page.next_token);
  return output;
}

}  // namespace eventbus::aws
