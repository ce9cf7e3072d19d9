#include "net/name_resolver.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <netdb.h>
#include <optional>
#include <set>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace eventbus::net {

namespace {

// Long enough that a busy destination is not looked up for each call, short enough that a moved one is found again.
constexpr Duration kRememberedFor{5'000};
constexpr std::size_t kRememberedMax = 1'000;

using Lookup = NameResolver::Lookup;

// Somebody who waits. Its timer never expires by itself: it is cancelled when the answer is there.
struct Waiter {
  std::shared_ptr<asio::steady_timer> timer;
  std::optional<Lookup> answer;  // under the core's mutex
};

struct Remembered {
  Lookup lookup;
  TimePoint until;
};

}  // namespace

class NameResolver::Core {
 public:
  Core(Clock& clock, Find find, std::size_t threads_max)
      : clock_(clock), find_(std::move(find)), threads_max_(threads_max) {}

  ~Core() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    has_work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // Leaves the list however its coroutine ends: answered, cancelled, or destroyed with its io_context.
  struct Registration {
    Core& core;
    const std::string& host;
    std::shared_ptr<Waiter> waiter;
    ~Registration() { core.leave(host, waiter); }
  };

  // The answer if it is remembered; otherwise `waiter` will be woken.
  std::optional<Lookup> remembered_or_join(const std::string& host, const std::shared_ptr<Waiter>& waiter) {
    std::lock_guard lock(mutex_);
    if (const auto found = remembered_.find(host); found != remembered_.end()) {
      if (clock_.now() < found->second.until) return found->second.lookup;
      remembered_.erase(found);
    }
    std::list<std::shared_ptr<Waiter>>& waiters = waiting_[host];
    waiters.push_back(waiter);
    if (!asked_.contains(host)) ask(host);
    return std::nullopt;
  }

  std::optional<Lookup> take_answer(Waiter& waiter) {
    std::lock_guard lock(mutex_);
    return std::exchange(waiter.answer, std::nullopt);
  }

 private:
  void ask(const std::string& host) {
    asked_.insert(host);
    queue_.push_back(host);
    if (idle_ >= queue_.size()) {
      has_work_.notify_one();
    } else if (threads_.size() < threads_max_) {
      threads_.emplace_back([this] { work(); });
    }
  }

  void leave(const std::string& host, const std::shared_ptr<Waiter>& waiter) {
    std::lock_guard lock(mutex_);
    const auto waiters = waiting_.find(host);
    if (waiters == waiting_.end()) return;
    waiters->second.remove(waiter);
    if (waiters->second.empty()) waiting_.erase(waiters);
  }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      has_work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      --idle_;
      if (stopping_) return;
      const std::string host = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      const Lookup lookup = find_(host);
      lock.lock();
      publish(host, lookup);
    }
  }

  void publish(const std::string& host, const Lookup& lookup) {
    asked_.erase(host);
    if (lookup.error.empty()) remember(host, lookup);
    const auto waiters = waiting_.find(host);
    if (waiters == waiting_.end()) return;
    for (const std::shared_ptr<Waiter>& waiter : waiters->second) {
      waiter->answer = lookup;
      // Under the mutex: the waiter cannot leave, and so its io_context cannot end, before this is posted.
      asio::post(waiter->timer->get_executor(), [timer = waiter->timer] { timer->cancel(); });
    }
    waiting_.erase(waiters);
  }

  void remember(const std::string& host, const Lookup& lookup) {
    const TimePoint now = clock_.now();
    if (remembered_.size() >= kRememberedMax) {
      std::erase_if(remembered_, [now](const auto& entry) { return entry.second.until <= now; });
    }
    if (remembered_.size() < kRememberedMax) remembered_[host] = {lookup, now + kRememberedFor};
  }

  Clock& clock_;
  const Find find_;
  const std::size_t threads_max_;
  std::mutex mutex_;
  std::condition_variable has_work_;
  std::deque<std::string> queue_;
  std::set<std::string> asked_;  // queued or being looked up
  std::map<std::string, std::list<std::shared_ptr<Waiter>>> waiting_;
  std::map<std::string, Remembered> remembered_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

NameResolver::NameResolver(Clock& clock, Find find, std::size_t threads_max)
    : core_(std::make_unique<Core>(clock, std::move(find), threads_max)) {}
NameResolver::~NameResolver() = default;

asio::awaitable<Result<std::vector<asio::ip::address>, ClientError>> NameResolver::resolve(std::string host,
                                                                                           Interrupt& interrupt) {
  boost::system::error_code not_literal;
  const asio::ip::address literal = asio::ip::make_address(host, not_literal);
  if (!not_literal) co_return std::vector{literal};

  const auto waiter = std::make_shared<Waiter>();
  waiter->timer =
      std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  std::optional<Lookup> answer = core_->remembered_or_join(host, waiter);
  if (!answer) {
    const Core::Registration registration{*core_, host, waiter};
    const Interrupt::Hook hook(interrupt, [timer = waiter->timer] { timer->cancel(); });
    co_await waiter->timer->async_wait(asio::as_tuple(asio::use_awaitable));
    answer = core_->take_answer(*waiter);
  }
  ClientError error;
  if (answer && answer->error.empty()) {
    co_return std::move(answer->addresses);
  } else if (answer) {
    error.kind = answer->unknown ? ClientError::kResolve : ClientError::kConnect;
    error.message = "cannot resolve " + host + ": " + answer->error;
  } else if (interrupt.fired()) {
    error = {ClientError::kTimeout, "the deadline passed while resolving " + host};
  } else {
    error = {ClientError::kCancelled, "the request was cancelled"};
  }
  co_return error;
}

NameResolver::Lookup NameResolver::find_by_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  Lookup lookup;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code != 0) {
    lookup.error = ::gai_strerror(code);
    lookup.unknown = code == EAI_NONAME || code == EAI_NODATA || code == EAI_ADDRFAMILY;
    return lookup;
  }
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (at->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), at->ai_addr, at->ai_addrlen);
    endpoint.resize(at->ai_addrlen);
    if (std::ranges::find(lookup.addresses, endpoint.address()) == lookup.addresses.end()) {
      lookup.addresses.push_back(endpoint.address());
    }
  }
  ::freeaddrinfo(found);
  if (lookup.addresses.empty()) {
    lookup.error = "the name has no address";
    lookup.unknown = true;
  }
  return lookup;
}

}  // namespace eventbus::net
