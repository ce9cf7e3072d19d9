#include "daemon/shard.h"

#include <boost/asio/post.hpp>

#include <pthread.h>
#include <string>
#include <utility>

namespace eventbus {

Shard::Shard() : work_(io_.get_executor()) {}

Shard::~Shard() { join(); }

Result<void> Shard::listen(net::HttpServer::Options options, std::shared_ptr<net::ConnectionBudget> budget,
                           net::Handler handler, net::ErrorRenderer render_error) {
  TRY(server_,
      net::HttpServer::listen(io_, std::move(options), std::move(budget), std::move(handler), std::move(render_error)));
  return {};
}

void Shard::start(std::size_t index, bool counted) {
  asio::post(io_, [this] { server_->run(); });
  thread_ = std::thread([this, index, counted] {
    pthread_setname_np(pthread_self(), ("shard-" + std::to_string(index)).c_str());
    if (counted) {
      loop_.run();
    } else {
      io_.run();
    }
  });
}

void Shard::stop_accepting() {
  asio::post(io_, [this] {
    server_->stop();
    server_->end_waits();
  });
}

void Shard::abort_connections() {
  asio::post(io_, [this] { server_->abort(); });
}

void Shard::join() {
  work_.reset();
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace eventbus
