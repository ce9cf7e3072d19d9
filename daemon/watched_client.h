#pragma once

#include "base/clock.h"
#include "net/http_client.h"

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace eventbus {

// The HTTP client of all targets, with an eye on what is under way: whoever moves a virtual clock waits for the answers
// of others, for so long. Safe to call from any thread.
class WatchedClient final : public net::HttpClient {
 public:
  // Begun and ended calls are timed by `system`: others answer in real time.
  WatchedClient(std::unique_ptr<net::HttpClient> inner, Clock& system) : inner_(std::move(inner)), system_(system) {}

  asio::awaitable<Result<net::Response, net::ClientError>> send(net::ClientRequest request) override;
  void close_idle() override { inner_->close_idle(); }
  asio::awaitable<void> keep_tidy() override { return inner_->keep_tidy(); }

  std::size_t under_way() const;
  // Those of them that have not been waited for until `now` for as long as `patience`.
  std::size_t to_be_waited_for(TimePoint now, Duration patience) const;

 private:
  class Call;

  const std::unique_ptr<net::HttpClient> inner_;
  Clock& system_;
  mutable std::mutex mutex_;
  std::list<TimePoint> began_;
};

}  // namespace eventbus
