#pragma once

#include "adapters/aws/request_context.h"
#include "adapters/aws/service.h"
#include "adapters/aws/sqs/sqs_api.h"
#include "base/rng.h"
#include "bus/limits.h"
#include "net/message.h"
#include "storage/memory/memory_storage.h"
#include "storage/memory/memory_table.h"
#include "tests/support/manual_clock.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::testing {

// An answer of the SQS service, request bytes in and response bytes out.
struct Answer {
  unsigned status = 0;
  std::string text;
  std::vector<net::Header> headers;

  boost::json::object json() const {
    return text.empty() ? boost::json::object() : boost::json::parse(text).as_object();
  }
  std::string header(std::string_view name) const { return std::string(net::find_header(headers, name)); }
  // The member at a path of names and indexes, as text; "" if it is not there: at("Messages.0.Body").
  std::string at(std::string_view path) const {
    const boost::json::value whole = json();
    const boost::json::value* value = &whole;
    while (!path.empty()) {
      const std::string_view part = path.substr(0, path.find('/'));
      path.remove_prefix(std::min(path.size(), part.size() + 1));
      if (value->is_array()) {
        const auto index = static_cast<std::size_t>(std::stoul(std::string(part)));
        if (index >= value->get_array().size()) return "";
        value = &value->get_array()[index];
      } else if (value->is_object() && value->get_object().contains(part)) {
        value = &value->get_object().at(part);
      } else {
        return "";
      }
    }
    if (value->is_string()) return std::string(value->get_string());
    return boost::json::serialize(*value);
  }
  // "Type: message" of a JSON error; "" for a success.
  std::string error() const { return status == 200 ? "" : at("__type") + ": " + at("message"); }
  std::size_t count(std::string_view list) const {
    const boost::json::object object = json();
    const boost::json::value* value = object.if_contains(list);
    return value ? value->as_array().size() : 0;
  }
};

// A request under way.
class PendingCall {
 public:
  bool done() const { return state_->answer.has_value(); }
  const Answer& answer() const { return *state_->answer; }
  // The client hangs up.
  void cancel() { state_->signal.emit(boost::asio::cancellation_type::all); }

  struct State {
    std::optional<Answer> answer;
    bool ended = false;
    boost::asio::cancellation_signal signal;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// The whole of SQS over storage in memory, on one thread and in virtual time.
class SqsFixture : public ::testing::Test {
 protected:
  SqsFixture() { start(); }
  ~SqsFixture() override { stop(); }

  // A new process over what the last one committed.
  void restart() {
    stop();
    start();
  }

  PendingCall begin(net::Request request) {
    aws::RequestContext context;
    context.scope = scope;
    context.service = "sqs";
    context.request_id = "00000000-0000-4000-8000-000000000001";
    context.host = "bus.test:4566";
    context.requester = request.requester;
    PendingCall call;
    EXPECT_TRUE(service->claims(context, request));
    boost::asio::co_spawn(
        *io, service->handle(std::move(context), std::move(request)),
        boost::asio::bind_cancellation_slot(
            call.state_->signal.slot(), [state = call.state_](std::exception_ptr thrown, net::Response r) {
              state->ended = true;
              if (!thrown) state->answer = Answer{r.status, std::move(r.body), std::move(r.headers)};
            }));
    settle();
    return call;
  }

  // Everything that can happen without time passing happens.
  void settle() {
    io->restart();
    io->poll();
  }
  // In steps, so that what becomes due in between happens in its order.
  void advance(Duration by) {
    clock.advance(by);
    settle();
  }

  Answer finish(PendingCall call) {
    if (!call.done()) ADD_FAILURE() << "the request is still waiting";
    return call.done() ? call.answer() : Answer();
  }

  PendingCall begin_json(std::string_view operation, std::string body) {
    net::Request request;
    request.method = "POST";
    request.target = "/";
    request.headers = {{"X-Amz-Target", "AmazonSQS." + std::string(operation)},
                       {"Content-Type", "application/x-amz-json-1.0"}};
    request.body = std::move(body);
    return begin(std::move(request));
  }
  Answer json(std::string_view operation, std::string body) { return finish(begin_json(operation, std::move(body))); }
  Answer json(std::string_view operation, const boost::json::object& body) {
    return json(operation, boost::json::serialize(body));
  }

  Answer query(std::string form, std::string target = "/") {
    net::Request request;
    request.method = "POST";
    request.target = std::move(target);
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
    request.body = std::move(form);
    return finish(begin(std::move(request)));
  }
  Answer query_get(std::string target) {
    net::Request request;
    request.method = "GET";
    request.target = std::move(target);
    return finish(begin(std::move(request)));
  }

  std::string url(std::string_view queue) const {
    return "http://bus.test:4566/" + scope.account + "/" + std::string(queue);
  }
  std::string arn(std::string_view queue) const {
    return "arn:aws:sqs:" + scope.region + ":" + scope.account + ":" + std::string(queue);
  }

  // ---- sentences

  using Attributes = std::vector<std::pair<std::string, std::string>>;
  std::string create(std::string name, const Attributes& attributes = {}) {
    boost::json::object given;
    for (const auto& [attribute, value] : attributes) given[attribute] = value;
    if (name.ends_with(".fifo")) given["FifoQueue"] = "true";
    const Answer answer = json("CreateQueue", boost::json::object{{"QueueName", name}, {"Attributes", given}});
    EXPECT_EQ(answer.error(), "");
    return answer.at("QueueUrl");
  }
  Answer send(std::string_view queue, std::string_view body, boost::json::object more = {}) {
    more["QueueUrl"] = url(queue);
    more["MessageBody"] = body;
    return json("SendMessage", more);
  }
  Answer receive(std::string_view queue, boost::json::object more = {}) {
    more["QueueUrl"] = url(queue);
    return json("ReceiveMessage", more);
  }
  Answer remove(std::string_view queue, const std::string& receipt_handle) {
    return json("DeleteMessage", boost::json::object{{"QueueUrl", url(queue)}, {"ReceiptHandle", receipt_handle}});
  }
  Answer change_visibility(std::string_view queue, const std::string& receipt_handle, int seconds) {
    return json("ChangeMessageVisibility",
                boost::json::object{
                    {"QueueUrl", url(queue)}, {"ReceiptHandle", receipt_handle}, {"VisibilityTimeout", seconds}});
  }
  std::string attribute(std::string_view queue, std::string_view name) {
    return json("GetQueueAttributes",
                boost::json::object{{"QueueUrl", url(queue)}, {"AttributeNames", boost::json::array{name}}})
        .at("Attributes/" + std::string(name));
  }
  // The bodies of up to ten messages, received (and hidden).
  std::vector<std::string> bodies(std::string_view queue) {
    const Answer answer = receive(queue, {{"MaxNumberOfMessages", 10}});
    std::vector<std::string> result;
    for (std::size_t i = 0; i < answer.count("Messages"); ++i)
      result.push_back(answer.at("Messages/" + std::to_string(i) + "/Body"));
    return result;
  }

  Scope scope{"000000000000", "us-east-1"};
  ManualClock clock{test_epoch()};
  SeededRng rng{7};
  Limits limits;
  spdlog::logger log{"test"};  // no sink
  std::shared_ptr<MemoryTable> table = std::make_shared<MemoryTable>();

  std::unique_ptr<boost::asio::io_context> io;
  std::unique_ptr<Storage> storage;
  std::unique_ptr<QueueService> queues;
  std::unique_ptr<QueueMessages> messages;
  std::unique_ptr<MessageMoves> moves;
  std::unique_ptr<aws::Service> service;

 private:
  void start() {
    io = std::make_unique<boost::asio::io_context>(1);
    auto opened = open_memory_storage(table, clock);
    ASSERT_TRUE(opened) << opened.error().message;
    storage = std::move(*opened);
    queues = std::make_unique<QueueService>(*storage, clock, limits, log);
    messages = std::make_unique<QueueMessages>(*queues, *storage, clock, rng, limits, log);
    moves =
        std::make_unique<MessageMoves>(*queues, *storage, clock, rng, log, [this](boost::asio::awaitable<void> work) {
          background_.push_back(std::make_unique<boost::asio::cancellation_signal>());
          boost::asio::co_spawn(*io, std::move(work),
                                boost::asio::bind_cancellation_slot(background_.back()->slot(), boost::asio::detached));
        });
    service = aws::make_sqs_service({*queues, *messages, *moves});
    ASSERT_TRUE(queues->load());
    ASSERT_TRUE(moves->load());
  }
  void stop() {
    for (const auto& work : background_) work->emit(boost::asio::cancellation_type::all);
    settle();
    io.reset();
    background_.clear();
    service.reset();
    moves.reset();
    messages.reset();
    queues.reset();
    if (storage) storage->close();
    storage.reset();
  }

  std::vector<std::unique_ptr<boost::asio::cancellation_signal>> background_;
};

}  // namespace eventbus::testing
