#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace eventbus::net {

namespace asio = boost::asio;

// An accepted connection. Without the type-erased executor: a socket operation then costs no allocation for it.
using ServerSocket = asio::ip::tcp::socket::rebind_executor<asio::io_context::executor_type>::other;

}  // namespace eventbus::net
