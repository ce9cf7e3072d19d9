// Anchor H10: what HTTP alone costs. A plain Boost.Beast server that reads each request and answers a fixed 200, with
// the read buffer reserved (Beast's 512-byte first reads would double the cost of a 10 KB body), on one thread.
//   fixed_200_server            listens on a free port of 127.0.0.1 and prints it
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <cstdio>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBufferBytes = 64 * 1024;

asio::awaitable<void> serve(tcp::socket socket) {
  socket.set_option(tcp::no_delay(true));
  beast::flat_buffer buffer;
  buffer.reserve(kReadBufferBytes);
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(16 * 1024 * 1024);
    auto [read_error, read_bytes] = co_await http::async_read(socket, buffer, parser, kAwait);
    if (read_error) co_return;
    http::response<http::string_body> response(http::status::ok, parser.get().version());
    response.set(http::field::content_type, "application/x-amz-json-1.1");
    response.body() = R"({"FailedEntryCount":0,"Entries":[]})";
    response.keep_alive(parser.get().keep_alive());
    response.prepare_payload();
    auto [write_error, write_bytes] = co_await http::async_write(socket, response, kAwait);
    if (write_error || !response.keep_alive()) co_return;
  }
}

asio::awaitable<void> accept(tcp::acceptor acceptor) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(kAwait);
    if (!error) asio::co_spawn(acceptor.get_executor(), serve(std::move(socket)), asio::detached);
  }
}

}  // namespace

int main() {
  asio::io_context io(1);
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::printf("%u\n", static_cast<unsigned>(acceptor.local_endpoint().port()));
  std::fflush(stdout);
  asio::co_spawn(io, accept(std::move(acceptor)), asio::detached);
  io.run();
}
