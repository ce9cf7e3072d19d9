#pragma once

#include "net/http_client.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::testing {

// Answers from a script and keeps what it was asked. An empty script answers 200.
class FakeHttpClient final : public net::HttpClient {
 public:
  using Answer = Result<net::Response, net::ClientError>;

  std::vector<net::ClientRequest> requests;
  std::deque<Answer> script;

  void answer(unsigned status, std::string body = "", std::vector<net::Header> headers = {}) {
    script.push_back(net::Response{status, std::move(headers), std::move(body)});
  }
  void fail(net::ClientError::Kind kind) { script.push_back(net::ClientError{kind, "scripted"}); }

  asio::awaitable<Answer> send(net::ClientRequest request) override {
    requests.push_back(std::move(request));
    co_await asio::post(asio::use_awaitable);  // others get their turn, as with a real exchange
    if (script.empty()) co_return net::Response{};
    Answer next = std::move(script.front());
    script.pop_front();
    co_return next;
  }
  void close_idle() override {}
  asio::awaitable<void> keep_tidy() override { co_return; }
};

}  // namespace eventbus::testing
