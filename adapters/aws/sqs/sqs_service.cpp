#include "adapters/aws/json_protocol.h"
#include "adapters/aws/query_protocol.h"
#include "adapters/aws/sqs/sqs_handlers.h"
#include "adapters/aws/sqs/sqs_input.h"
#include "adapters/aws/sqs/sqs_query.h"
#include "adapters/aws/sqs/sqs_shapes.h"

#include <optional>
#include <utility>

namespace eventbus::aws {

namespace {

constexpr std::string_view kXmlNamespace = "http://queue.amazonaws.com/doc/2012-11-05/";
constexpr JsonProtocol kJson{"sqs", "AmazonSQS.", "application/x-amz-json-1.0", "com.amazonaws.sqs#", true};

class SqsService final : public Service {
 public:
  explicit SqsService(SqsApi api) : api_(api) {}

  std::string_view name() const override { return "sqs"; }

  bool claims(const RequestContext& context, const net::Request& request) const override {
    if (!request.header("x-amz-target").empty()) return claims_json(kJson, request);
    const std::optional<std::string> action = query_action(request);
    // Unsigned: the name of the action is all there is to go by.
    return action && (context.service == "sqs" || (context.service.empty() && sqs_shapes(*action)));
  }

  asio::awaitable<net::Response> handle(RequestContext context, net::Request request) override {
    if (!claims_json(kJson, request)) co_return co_await answer_query(context, request);
    const InputCheck check = [&request](std::string_view operation, json::object& input) {
      complete_queue_url(input, request);
      return check_input(sqs_shapes(operation)->input, input);
    };
    co_return co_await answer_json<SqsApi>(kJson, sqs_operations(), api_, context, request, check);
  }

 private:
  asio::awaitable<net::Response> answer_query(const RequestContext& context, const net::Request& request) {
    const auto failure = [&context](AwsError error) {
      // AWS: the older protocol has its own wording (recorded).
      if (error.type == "QueueDoesNotExist")
        error.message = "The specified queue does not exist for this wsdl version.";
      return query_error(kXmlNamespace, context.request_id, error);
    };
    const AwsResult<std::vector<FormField>> fields = query_fields(request);
    if (!fields) co_return failure(fields.error());
    const std::string* action = find_field(*fields, "Action");
    const std::string operation_name = action ? *action : std::string();
    const OperationShapes* shapes = sqs_shapes(operation_name);
    if (!shapes)
      co_return failure(AwsError("InvalidAction", "The action " + operation_name + " is not valid for this endpoint."));

    AwsResult<json::object> input = decode_query(*fields, shapes->input);
    if (!input) co_return failure(std::move(input).error());
    complete_queue_url(*input, request);
    if (std::optional<AwsError> violation = check_input(shapes->input, *input))
      co_return failure(std::move(*violation));
    const Operation<SqsApi>* operation = find_operation(sqs_operations(), operation_name);
    AwsResult<json::object> output = co_await operation->handler(api_, context, std::move(*input));
    if (!output) co_return failure(std::move(output).error());
    std::optional<std::string> result;
    if (shapes->has_output) result = encode_query(*output, shapes->output);
    co_return query_response(operation_name, kXmlNamespace, result, context);
  }

  SqsApi api_;
};

}  // namespace

std::unique_ptr<Service> make_sqs_service(SqsApi api) { return std::make_unique<SqsService>(api); }

}  // namespace eventbus::aws
