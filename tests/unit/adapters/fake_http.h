#pragma once

#include "net/http_client.h"

#include <functional>
#include <utility>
#include <vector>

namespace eventbus::testing {

// The other side of an HTTP client, as a function; keeps what it was asked.
class FakeHttp final : public net::HttpClient {
 public:
  using Answer = Result<net::Response, net::ClientError>;

  explicit FakeHttp(std::function<Answer(const net::ClientRequest&)> answer) : answer_(std::move(answer)) {}

  boost::asio::awaitable<Answer> send(net::ClientRequest request) override {
    requests.push_back(request);
    co_return answer_(request);
  }
  void close_idle() override {}
  boost::asio::awaitable<void> keep_tidy() override { co_return; }

  std::vector<net::ClientRequest> requests;

 private:
  std::function<Answer(const net::ClientRequest&)> answer_;
};

inline FakeHttp::Answer answered(unsigned status, std::string body, std::vector<net::Header> headers = {}) {
  return net::Response{status, std::move(headers), std::move(body)};
}
inline FakeHttp::Answer unreachable() { return net::ClientError{net::ClientError::kConnect, "connection refused"}; }

}  // namespace eventbus::testing
