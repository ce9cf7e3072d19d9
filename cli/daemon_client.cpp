#include "cli/daemon_client.h"

#include "bus/json_text.h"
#include "net/http_client.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace eventbus::cli {
namespace {

namespace asio = boost::asio;
using Sent = Result<net::Response, net::ClientError>;

asio::awaitable<void> send_into(std::optional<Sent>& answer, net::HttpClient& client, net::ClientRequest request) {
  answer = co_await client.send(std::move(request));
}

// {"error": "…"}, as the daemon's own API refuses.
std::string error_of(const net::Response& response) {
  std::string sentence = "status " + std::to_string(response.status);
  for_each_member(response.body, [&](std::string_view key, std::string_view value) {
    if (key != "error" || json_kind(value) != JsonKind::kString) return;
    JsonCursor cursor(value);
    sentence = unescaped(*cursor.string());
  });
  return sentence;
}

std::string without_slash(const std::string& endpoint) {
  const std::size_t end = endpoint.find_last_not_of('/');
  return endpoint.substr(0, end == std::string::npos ? 0 : end + 1);
}

Result<std::string> send(const std::string& endpoint, net::ClientRequest request, Duration timeout) {
  SystemClock clock;
  net::HttpClient::Options options;
  options.user_agent = "eventbusctl/" EVENTBUS_VERSION;
  TRY(const std::unique_ptr<net::HttpClient> client, net::HttpClient::make(std::move(options), clock));
  request.deadline = clock.now() + timeout;
  request.close = true;

  asio::io_context io(1);
  std::optional<Sent> answer;
  std::exception_ptr thrown;
  asio::co_spawn(io, send_into(answer, *client, std::move(request)), [&](std::exception_ptr error) { thrown = error; });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  if (!*answer) return unavailable("no answer from " + endpoint + ": " + (*answer).error().message);
  net::Response& response = **answer;
  if (response.status == 200) return std::move(response.body);
  const std::string sentence = error_of(response);
  return response.status == 404 ? not_found(sentence) : invalid(sentence);
}

}  // namespace

Result<std::string> post_command(const std::string& endpoint, const std::string& path, std::string body,
                                 Duration timeout) {
  net::ClientRequest request;
  request.url = without_slash(endpoint) + path;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(body);
  return send(endpoint, std::move(request), timeout);
}

Result<std::string> ask(const std::string& endpoint, const std::string& path, Duration timeout) {
  net::ClientRequest request;
  request.method = "GET";
  request.url = without_slash(endpoint) + path;
  return send(endpoint, std::move(request), timeout);
}

}  // namespace eventbus::cli
