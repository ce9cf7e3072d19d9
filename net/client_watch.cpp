#include "net/client_watch.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <poll.h>
#include <utility>

namespace eventbus::net {

using boost::system::error_code;

ClientWatch::ClientWatch(ServerSocket& socket, ReadBuffer& input)
    : socket_(socket), input_(input), ended_(socket.get_executor(), asio::steady_timer::time_point::max()) {}

void ClientWatch::begin(TlsChannel* tls, std::shared_ptr<void> keeper, std::function<void()> left) {
  on_ = true;
  tls_ = tls;
  left_ = std::move(left);
  read(std::move(keeper));
}

asio::awaitable<void> ClientWatch::ended() {
  while (on_) co_await ended_.async_wait(asio::as_tuple(asio::use_awaitable));
}

void ClientWatch::read(std::shared_ptr<void> keeper) {
  if (tls_ != nullptr) return read_tls(std::move(keeper));
  const ReadBuffer::Space space = input_.space();
  socket_.async_read_some(asio::buffer(space.data, space.size),
                          [this, keeper = std::move(keeper)](error_code error, std::size_t bytes) mutable {
                            on_read(error, bytes, std::move(keeper));
                          });
}

void ClientWatch::read_tls(std::shared_ptr<void> keeper) {
  socket_.async_wait(ServerSocket::wait_read, [this, keeper = std::move(keeper)](error_code error) mutable {
    if (error) return on_read(error, 0, std::move(keeper));
    const ReadBuffer::Space space = input_.space();
    std::size_t bytes = 0;
    switch (tls_->read(space.data, space.size, bytes)) {
      case TlsChannel::Progress::kMoved:
      case TlsChannel::Progress::kWantsRead:
      case TlsChannel::Progress::kWantsWrite:
        return on_read({}, bytes, std::move(keeper));
      default:
        return on_read(asio::error::eof, 0, std::move(keeper));
    }
  });
}

void ClientWatch::on_read(error_code error, std::size_t bytes, std::shared_ptr<void> keeper) {
  input_.commit(bytes);
  if (!error && left_ && !input_.full()) return read(std::move(keeper));
  on_ = false;
  // Aborted by a deadline, or the end of the server: whoever waits for this read sees which.
  if (error && error != asio::error::operation_aborted) {
    saw_end_ = true;
    if (const std::function<void()> left = std::exchange(left_, nullptr)) left();
  }
  ended_.cancel();
}

bool client_has_left(const ServerSocket& socket) {
  pollfd state{const_cast<ServerSocket&>(socket).native_handle(), POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0;  // errors and a hang-up are always told
}

}  // namespace eventbus::net
