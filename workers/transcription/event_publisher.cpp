#include "workers/transcription/event_publisher.h"

#include "workers/transcription/json_text.h"
#include "workers/transcription/sqs_queue.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <utility>

namespace eventbus::transcription {

namespace json = boost::json;

namespace {

constexpr Duration kCallTime{20'000};

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found && found->is_string() ? std::string(found->get_string()) : "";
}

}  // namespace

asio::awaitable<Result<std::string>> BusPublisher::publish(json::object detail) {
  json::object entry{{"Source", options_.source},
                     {"DetailType", "Transcription Completed"},
                     {"Detail", json_text(detail)},
                     {"EventBusName", options_.bus}};
  const json::object input{{"Entries", json::array{std::move(entry)}}};
  const TimePoint deadline = client_->clock().now() + kCallTime;
  auto answer = co_await client_->call(aws::AwsCall::json("AWSEvents.PutEvents", "1.1", input), deadline);
  if (!answer) co_return to_error(answer.error(), "AmazonEventBridge");
  boost::system::error_code failure;
  const json::value parsed = json::parse(answer->body, failure);
  const json::value* const entries =
      !failure && parsed.is_object() ? parsed.get_object().if_contains("Entries") : nullptr;
  if (!entries || !entries->is_array() || entries->get_array().size() != 1 || !entries->get_array()[0].is_object())
    co_return unavailable("PutEvents gave no answer that can be read");
  const json::object& result = entries->get_array()[0].get_object();
  // AWS: a request can succeed and its entries fail, each with a code.
  if (const std::string code = text_of(result, "ErrorCode"); !code.empty())
    co_return unavailable("PutEvents: " + code + ": " + text_of(result, "ErrorMessage"));
  co_return text_of(result, "EventId");
}

}  // namespace eventbus::transcription
