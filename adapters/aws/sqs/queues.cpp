#include "adapters/aws/query_protocol.h"
#include "adapters/aws/sqs/queue_url.h"
#include "adapters/aws/sqs/sqs_error.h"
#include "adapters/aws/sqs/sqs_handlers.h"
#include "adapters/aws/sqs/sqs_input.h"
#include "base/digest.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace eventbus::aws {

namespace {

constexpr std::int64_t kPageMax = 1'000;  // AWS: ListQueues returns at most 1,000

constexpr std::string_view kTokenBegins = "queues after ";

// A page of queues, ordered by name. A token is the base64 of kTokenBegins and the last name shown. AWS: there is a
// NextToken only where MaxResults was given.
AwsResult<json::object> page_of(const RequestContext& context, std::vector<QueuePtr> queues, const json::object& input,
                                std::string_view member) {
  const std::optional<std::int64_t> size = integer_of(input, "MaxResults");
  if (size && (*size < 1 || *size > kPageMax))
    return sqs_error(
        invalid_parameter_value("Value for parameter MaxResults is invalid. Reason: Must be between 1 and 1000."));
  auto first = queues.begin();
  if (const std::optional<std::string_view> token = text_of(input, "NextToken"); token && !token->empty()) {
    const std::optional<std::string> last = base64_decode(*token);
    if (!last || !last->starts_with(kTokenBegins))
      return sqs_error(invalid_parameter_value("Invalid or expired next token."));
    first = std::ranges::upper_bound(queues, last->substr(kTokenBegins.size()), {},
                                     [](const QueuePtr& queue) { return queue->name; });
  }
  const auto left = static_cast<std::int64_t>(queues.end() - first);
  const auto end = first + std::min(left, size.value_or(kPageMax));

  json::array urls;
  for (auto queue = first; queue != end; ++queue) urls.emplace_back(queue_url(context, **queue));
  json::object output;
  if (size && end != queues.end())
    output["NextToken"] = base64_encode(std::string(kTokenBegins) + (*std::prev(end))->name);
  output[member] = std::move(urls);
  return output;
}

}  // namespace

AwsResult<QueuePtr> queue_of(const SqsApi& api, const RequestContext& context, const json::object& input) {
  const std::string_view url = text_of(input, "QueueUrl").value_or("");
  const std::optional<QueueName> name = parse_queue_url(url);
  if (!name) return invalid_address(url);
  QueuePtr queue = api.queues.find({name->account, context.scope.region}, name->name);
  if (!queue) return sqs_error(queue_does_not_exist());
  return queue;
}

void complete_queue_url(json::object& input, const net::Request& request) {
  if (input.contains("QueueUrl")) return;
  const std::optional<std::string> path = percent_decode(path_of(request), false);
  if (path && parse_queue_url(*path)) input["QueueUrl"] = *path;
}

std::string sender_id(const RequestContext& context) {
  return "AIDAEVENTBUSD" + context.scope.account.substr(0, 8);  // as sts GetCallerIdentity
}

asio::awaitable<AwsResult<json::object>> create_queue(SqsApi& api, const RequestContext& context, json::object input) {
  QueueService::NewQueue request{context.scope, string_of(input, "QueueName"), string_map_of(input, "Attributes"),
                                 string_map_of(input, "tags")};
  SQS_TRY(const QueuePtr queue, co_await api.queues.create(std::move(request)));
  json::object output;
  output["QueueUrl"] = queue_url(context, *queue);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> delete_queue(SqsApi& api, const RequestContext& context, json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  SQS_TRY_VOID(co_await api.queues.drop(queue->scope, queue->name));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> get_queue_url(SqsApi& api, const RequestContext& context, json::object input) {
  Scope scope = context.scope;
  if (const std::optional<std::string_view> owner = text_of(input, "QueueOwnerAWSAccountId"); owner && !owner->empty())
    scope.account = *owner;
  const QueuePtr queue = api.queues.find(scope, string_of(input, "QueueName"));
  if (!queue) co_return sqs_error(queue_does_not_exist());
  json::object output;
  output["QueueUrl"] = queue_url(context, *queue);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> list_queues(SqsApi& api, const RequestContext& context, json::object input) {
  std::vector<QueuePtr> queues = api.queues.list(context.scope, text_of(input, "QueueNamePrefix").value_or(""));
  CO_TRY(json::object output, page_of(context, std::move(queues), input, "QueueUrls"));
  if (output["QueueUrls"].as_array().empty()) output.erase("QueueUrls");  // AWS: absent when there is none
  co_return output;
}

asio::awaitable<AwsResult<json::object>> list_dead_letter_source_queues(SqsApi& api, const RequestContext& context,
                                                                        json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  co_return page_of(context, api.queues.sources_of(*queue), input, "queueUrls");
}

asio::awaitable<AwsResult<json::object>> purge_queue(SqsApi& api, const RequestContext& context, json::object input) {
  CO_TRY(const QueuePtr queue, queue_of(api, context, input));
  SQS_TRY_VOID(co_await api.queues.purge(queue->scope, queue->name));
  co_return json::object();
}

}  // namespace eventbus::aws
