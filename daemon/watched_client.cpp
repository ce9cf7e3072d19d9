#include "daemon/watched_client.h"

#include <algorithm>

namespace eventbus {

// Is over however its coroutine ends.
class WatchedClient::Call {
 public:
  explicit Call(WatchedClient& client) : client_(client) {
    const TimePoint now = client_.system_.now();
    std::lock_guard lock(client_.mutex_);
    self_ = client_.began_.insert(client_.began_.end(), now);
  }
  ~Call() {
    std::lock_guard lock(client_.mutex_);
    client_.began_.erase(self_);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  WatchedClient& client_;
  std::list<TimePoint>::iterator self_;
};

asio::awaitable<Result<net::Response, net::ClientError>> WatchedClient::send(net::ClientRequest request) {
  const Call call(*this);
  co_return co_await inner_->send(std::move(request));
}

std::size_t WatchedClient::under_way() const {
  std::lock_guard lock(mutex_);
  return began_.size();
}

std::size_t WatchedClient::to_be_waited_for(TimePoint now, Duration patience) const {
  std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(began_, [&](TimePoint began) { return now < began + patience; }));
}

}  // namespace eventbus
