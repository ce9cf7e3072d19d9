#include "daemon/healthcheck.h"

#include "base/clock.h"
#include "net/http_client.h"
#include "net/url.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace eventbus {
namespace {

constexpr std::size_t kAnswerBytesMax = 64 * 1024;

using Answer = std::optional<Result<net::Response, net::ClientError>>;
asio::awaitable<void> ask(net::HttpClient& client, net::ClientRequest request, Answer& answer) {
  answer.emplace(co_await client.send(std::move(request)));
}

}  // namespace

Result<void> check_health(const std::string& endpoint, std::chrono::milliseconds timeout) {
  const Result<net::Url> url = net::parse_url(endpoint);
  if (!url || url->target != "/") return invalid("\"" + endpoint + "\" is not an endpoint like http://127.0.0.1:4566");
  SystemClock clock;
  net::HttpClient::Options options;
  options.verify_servers = false;  // its certificate is for the name that clients use, not for the one we use
  TRY(const std::unique_ptr<net::HttpClient> client, net::HttpClient::make(std::move(options), clock));

  net::ClientRequest request;
  request.method = "GET";
  request.url = endpoint.substr(0, endpoint.find_last_not_of('/') + 1) + "/_eventbus/ready";
  request.deadline = clock.now() + timeout;
  request.body_bytes_max = kAnswerBytesMax;
  request.clip_body = true;
  request.close = true;
  Answer answer;
  asio::io_context io{1};
  asio::co_spawn(io, ask(*client, std::move(request), answer), [](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
  io.run();
  if (!*answer) {
    const net::ClientError& error = answer->error();
    return unavailable(endpoint + ": " +
                       (error.kind == net::ClientError::kTimeout ? "no answer in time" : error.message));
  }
  const net::Response& response = **answer;
  if (response.status == 200) return {};
  return unavailable(endpoint + " is not ready: " + (response.body.empty() ? "no answer" : response.body));
}

}  // namespace eventbus
