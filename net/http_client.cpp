#include "net/http_client.h"

#include "net/client_connection.h"
#include "net/client_pool.h"
#include "net/deadline.h"
#include "net/interrupt.h"
#include "net/name_resolver.h"
#include "net/request_writer.h"
#include "net/response_parser.h"
#include "net/url.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <utility>

namespace eventbus::net {

namespace {

using Progress = ClientConnection::Progress;

// Reads of one request between two looks at what else the thread has to do, its deadlines among them.
constexpr int kReadsInARow = 64;

// What came of one request on one connection.
struct Conversation {
  std::optional<ClientError> error;
  Response response;      // without an error
  bool reusable = false;  // the connection can take another request
  bool unheard = false;   // the connection ended before a byte of the answer came
};

// The bytes of a request that are still to be sent.
class Outgoing {
 public:
  // A small body goes with the head, in one write.
  Outgoing(std::string head, std::string_view body) : head_(std::move(head)), rest_(body) {
    constexpr std::size_t kSmallBytes = 64 << 10;
    if (body.size() <= kSmallBytes) {
      head_.append(body);
      rest_ = {};
    }
  }
  std::string_view next() const {
    const std::string_view head = std::string_view(head_).substr(of_head_);
    return head.empty() ? rest_ : head;
  }
  bool done() const { return next().empty(); }
  void sent(std::size_t bytes) {
    if (of_head_ < head_.size()) {
      of_head_ += bytes;
    } else {
      rest_.remove_prefix(bytes);
    }
  }

 private:
  std::string head_;
  std::size_t of_head_ = 0;
  std::string_view rest_;
};

// Sends what the connection takes now. False: it takes nothing any more.
bool send_some(ClientConnection& connection, Outgoing& outgoing, ClientConnection::Wants& wants) {
  while (!outgoing.done()) {
    std::size_t bytes = 0;
    switch (connection.write_some(outgoing.next(), bytes)) {
      case Progress::kMoved:
        outgoing.sent(bytes);
        continue;
      case Progress::kWantsRead:
        return true;  // the answer is waited for anyway
      case Progress::kWantsWrite:
        wants.write = true;
        return true;
      default:
        return false;
    }
  }
  return true;
}

// Sends the request and reads its answer, both as they can: a server may answer before it has read everything, and one
// that closes while we send may have said why.
asio::awaitable<Conversation> converse(ClientConnection& connection, Outgoing outgoing, ResponseParser& parser,
                                       Interrupt& interrupt) {
  Conversation conversation;
  bool can_send = true;
  bool has_surplus = false;
  int reads = 0;
  std::array<char, 16 * 1024> buffer;
  while (parser.state() != ResponseParser::State::kDone && parser.state() != ResponseParser::State::kFault) {
    ClientConnection::Wants wants{.read = true};
    can_send = can_send && send_some(connection, outgoing, wants);

    std::size_t bytes = 0;
    const Progress progress = connection.read_some(buffer.data(), buffer.size(), bytes);
    if (progress == Progress::kMoved) {
      has_surplus = parser.feed({buffer.data(), bytes}) < bytes;
      if (++reads % kReadsInARow == 0) co_await asio::post(asio::use_awaitable);
      if (interrupt.fired()) conversation.error = {ClientError::kTimeout, "the deadline passed within the answer"};
    } else if (progress == Progress::kEnd) {
      parser.end_of_input(true);
    } else if (progress == Progress::kBroken || progress == Progress::kFailed) {
      parser.end_of_input(false);
    } else {
      if (progress == Progress::kWantsWrite) wants.write = true;
      conversation.error = co_await connection.wait(wants, interrupt);
    }
    if (conversation.error) co_return conversation;
  }
  if (parser.state() == ResponseParser::State::kFault) {
    conversation.error = parser.fault();
    conversation.unheard = !parser.started();
    co_return conversation;
  }
  conversation.reusable = parser.keep_alive() && outgoing.done() && !has_surplus;
  conversation.response = parser.take();
  co_return conversation;
}

class PooledClient final : public HttpClient {
 public:
  PooledClient(Options options, Clock& clock, std::shared_ptr<const TlsContext> tls)
      : options_(std::move(options)),
        clock_(clock),
        idle_clock_(options_.idle_clock ? *options_.idle_clock : clock),
        tls_(std::move(tls)),
        resolver_(clock) {}

  asio::awaitable<Result<Response, ClientError>> send(ClientRequest request) override {
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    Result<Response, ClientError> result = co_await send_by_deadline(std::move(request));
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return result;
  }

  void close_idle() override {
    std::lock_guard lock(mutex_);
    for (const std::weak_ptr<ClientPool>& known : pools_) {
      if (const auto pool = known.lock(); pool && pool->owner() == std::this_thread::get_id()) pool->clear();
    }
  }

  asio::awaitable<void> keep_tidy() override {
    const std::shared_ptr<ClientPool> pool = pool_of(co_await asio::this_coro::executor);
    co_await asio::this_coro::throw_if_cancelled(false);
    while ((co_await asio::this_coro::cancellation_state).cancelled() == asio::cancellation_type::none) {
      co_await idle_clock_.sleep_until(idle_clock_.now() + options_.idle_timeout / 2);
      pool->sweep(idle_clock_.now());
    }
  }

 private:
  std::shared_ptr<ClientPool> pool_of(const asio::any_io_executor& executor) {
    asio::execution_context& context = asio::query(executor, asio::execution::context);
    return asio::use_service<ClientPools>(context).of(identity_, [this] {
      auto pool = std::make_shared<ClientPool>(options_.idle_timeout, options_.idle_connections_per_host_max);
      std::lock_guard lock(mutex_);
      std::erase_if(pools_, [](const std::weak_ptr<ClientPool>& known) { return known.expired(); });
      pools_.push_back(pool);
      return pool;
    });
  }

  asio::awaitable<Result<Response, ClientError>> send_by_deadline(ClientRequest request) {
    Result<Url> url = parse_url(request.url);
    if (!url) {
      ClientError error{ClientError::kBadUrl, std::move(url).error().message};
      co_return error;
    }
    if (clock_.now() >= request.deadline) {
      ClientError error{ClientError::kTimeout, "the deadline passed before the request was sent"};
      co_return error;
    }
    Interrupt interrupt;
    Deadline deadline(co_await asio::this_coro::executor, clock_, request.deadline, [&interrupt] { interrupt.fire(); });
    Result<Response, ClientError> result = co_await exchange(request, *url, interrupt);
    deadline.stop();
    co_return result;
  }

  asio::awaitable<Result<Response, ClientError>> exchange(const ClientRequest& request, const Url& url,
                                                          Interrupt& interrupt) {
    const bool close = asks_to_close(request);
    const std::shared_ptr<ClientPool> pool = pool_of(co_await asio::this_coro::executor);
    const std::string key = (url.tls ? "https://" : "http://") + url.host + ":" + std::to_string(url.port);
    const std::string head = request_head(request, url, options_.user_agent);
    const ResponseParser::Options answer{.header_bytes_max = options_.header_bytes_max,
                                         .body_bytes_max = request.body_bytes_max,
                                         .clip_body = request.clip_body,
                                         .head_request = request.method == "HEAD"};
    std::unique_ptr<ClientConnection> connection;
    if (!close) connection = pool->take(key, idle_clock_.now());
    for (;;) {
      const bool is_fresh = connection == nullptr;
      if (is_fresh) {
        Result<std::unique_ptr<ClientConnection>, ClientError> opened = co_await open(url, request.deadline, interrupt);
        if (!opened) co_return std::move(opened).error();
        connection = *std::move(opened);
      }
      ResponseParser parser(answer);
      Outgoing outgoing(head, request.body);
      Conversation conversation = co_await converse(*connection, std::move(outgoing), parser, interrupt);
      if (conversation.error && conversation.unheard && !is_fresh) {
        connection.reset();  // it had been closed while it was idle
        continue;
      }
      if (conversation.error) co_return *std::move(conversation.error);
      if (conversation.reusable && !close) pool->put(key, std::move(connection), idle_clock_.now());
      co_return std::move(conversation.response);
    }
  }

  // A connection that is ready for a request, within the connect timeout.
  asio::awaitable<Result<std::unique_ptr<ClientConnection>, ClientError>> open(const Url& url,
                                                                               TimePoint request_deadline,
                                                                               Interrupt& interrupt) {
    const TimePoint deadline = std::min(request_deadline, clock_.now() + options_.connect_timeout);
    Interrupt too_slow;
    const Interrupt::Hook hook(interrupt, [&too_slow] { too_slow.fire(); });
    std::optional<Deadline> connect_deadline;
    if (deadline < request_deadline) {
      connect_deadline.emplace(co_await asio::this_coro::executor, clock_, deadline, [&too_slow] { too_slow.fire(); });
    }
    auto result = co_await open_by(url, deadline, too_slow);
    if (connect_deadline) connect_deadline->stop();
    co_return result;
  }

  asio::awaitable<Result<std::unique_ptr<ClientConnection>, ClientError>> open_by(const Url& url, TimePoint deadline,
                                                                                  Interrupt& interrupt) {
    CO_TRY(const std::vector<asio::ip::address> addresses, co_await resolver_.resolve(url.host, interrupt));
    CO_TRY(std::unique_ptr<ClientConnection> connection, co_await connect(addresses, url.port, deadline, interrupt));
    if (url.tls) {
      if (auto failure = co_await connection->secure(tls_, url.host, interrupt)) co_return *std::move(failure);
    }
    co_return connection;
  }

  // To the first address that takes us. One that does not answer leaves its fair share of the time to those after it.
  asio::awaitable<Result<std::unique_ptr<ClientConnection>, ClientError>> connect(
      const std::vector<asio::ip::address>& addresses, std::uint16_t port, TimePoint deadline, Interrupt& interrupt) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    ClientError last{ClientError::kConnect, "the name has no address"};
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      auto connection = std::make_unique<ClientConnection>(executor);
      const std::size_t left = addresses.size() - i;
      Interrupt share_spent;
      const Interrupt::Hook hook(interrupt, [&share_spent] { share_spent.fire(); });
      std::optional<Deadline> share;
      if (left > 1) {
        const TimePoint now = clock_.now();
        share.emplace(executor, clock_, now + (deadline - now) / static_cast<Duration::rep>(left),
                      [&share_spent] { share_spent.fire(); });
      }
      std::optional<ClientError> failure;
      const asio::ip::tcp::endpoint endpoint(addresses[i], port);
      failure = co_await connection->connect(endpoint, share_spent);
      if (share) share->stop();
      if (!failure) co_return connection;
      last = *std::move(failure);
      if (interrupt.fired() || last.kind == ClientError::kCancelled) break;
    }
    co_return last;
  }

  const Options options_;
  Clock& clock_;
  Clock& idle_clock_;
  const std::shared_ptr<const TlsContext> tls_;
  NameResolver resolver_;
  const std::shared_ptr<const void> identity_ = std::make_shared<int>();
  std::mutex mutex_;
  std::vector<std::weak_ptr<ClientPool>> pools_;
};

}  // namespace

Result<std::unique_ptr<HttpClient>> HttpClient::make(Options options, Clock& clock) {
  TRY(std::shared_ptr<const TlsContext> tls, TlsContext::for_client(options.extra_ca_file, options.verify_servers));
  return std::unique_ptr<HttpClient>(std::make_unique<PooledClient>(std::move(options), clock, std::move(tls)));
}

}  // namespace eventbus::net
