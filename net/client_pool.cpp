#include "net/client_pool.h"

#include <iterator>
#include <utility>

namespace eventbus::net {

asio::execution_context::id ClientPools::id;

std::unique_ptr<ClientConnection> ClientPool::take(const std::string& key, TimePoint now) {
  owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  std::unique_ptr<ClientConnection> taken;
  while (!taken && !found->second.empty()) {
    Idle idle = std::move(found->second.back());
    found->second.pop_back();
    if (now - idle.since < idle_timeout_ && idle.connection->is_quiet()) taken = std::move(idle.connection);
  }
  if (found->second.empty()) idle_.erase(found);
  return taken;
}

void ClientPool::put(const std::string& key, std::unique_ptr<ClientConnection> connection, TimePoint now) {
  if (now - swept_ > idle_timeout_ / 2) sweep(now);
  std::vector<Idle>& idle = idle_[key];
  if (idle.size() >= per_host_max_) idle.erase(idle.begin());
  idle.push_back({std::move(connection), now});
}

void ClientPool::sweep(TimePoint now) {
  swept_ = now;
  for (auto host = idle_.begin(); host != idle_.end();) {
    std::erase_if(host->second, [&](const Idle& idle) { return now - idle.since >= idle_timeout_; });
    host = host->second.empty() ? idle_.erase(host) : std::next(host);
  }
}

}  // namespace eventbus::net
