// Any form, to a whole SQS service over storage in memory: it must be answered (or wait, as a long poll does), never
// with a 5xx, and decoding must agree with the model it was given.

#include "adapters/aws/query_protocol.h"
#include "adapters/aws/sqs/sqs_api.h"
#include "adapters/aws/sqs/sqs_input.h"
#include "adapters/aws/sqs/sqs_query.h"
#include "adapters/aws/sqs/sqs_shapes.h"
#include "base/rng.h"
#include "bus/limits.h"
#include "net/message.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <spdlog/logger.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace eventbus;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// What was decoded and found right has every required member.
void check_decoding(const std::string& form) {
  const aws::AwsResult<std::vector<aws::FormField>> fields = aws::decode_form(form);
  if (!fields) return;
  const std::string* action = aws::find_field(*fields, "Action");
  const aws::OperationShapes* shapes = action ? aws::sqs_shapes(*action) : nullptr;
  if (!shapes) return;
  aws::AwsResult<boost::json::object> input = aws::decode_query(*fields, shapes->input);
  if (!input || aws::check_input(shapes->input, *input)) return;
  for (const aws::SqsMember& member : shapes->input)
    require(!member.required || input->contains(member.name), "a required member is missing");
  aws::encode_query(*input, shapes->input);
}

struct Bus {
  testing::ManualClock clock{testing::test_epoch()};
  SeededRng rng{1};
  Limits limits;
  spdlog::logger log{"fuzz"};
  boost::asio::io_context io{1};
  std::unique_ptr<Storage> storage = make_memory_storage(clock);
  QueueService queues{*storage, clock, limits, log};
  QueueMessages messages{queues, *storage, clock, rng, limits, log};
  MessageMoves moves{queues, *storage, clock, rng, log, [this](boost::asio::awaitable<void> work) {
                       boost::asio::co_spawn(io, std::move(work), boost::asio::detached);
                     }};
  std::unique_ptr<aws::Service> service = aws::make_sqs_service({queues, messages, moves});

  std::optional<net::Response> answer(std::string form) {
    aws::RequestContext context;
    context.scope = {"000000000000", "us-east-1"};
    context.service = "sqs";
    context.request_id = "r";
    context.host = "h";
    net::Request request;
    request.method = "POST";
    request.target = "/000000000000/q";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = std::move(form);
    std::optional<net::Response> response;
    boost::asio::co_spawn(io, service->handle(std::move(context), std::move(request)),
                          [&](std::exception_ptr thrown, net::Response answered) {
                            if (thrown) std::rethrow_exception(thrown);
                            response = std::move(answered);
                          });
    io.restart();
    io.poll();
    return response;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string form(reinterpret_cast<const char*>(data), size);
  check_decoding(form);
  Bus bus;
  require(bus.answer("Action=CreateQueue&QueueName=q")->status == 200, "no queue");
  require(bus.answer("Action=SendMessage&MessageBody=m")->status == 200, "no message");
  if (const std::optional<net::Response> response = bus.answer(form))
    require(response->status < 500 && response->body.starts_with("<"), "a form was answered with a 5xx, or not in XML");
  return 0;
}
