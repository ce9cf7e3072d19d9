#pragma once

#include "tests/support/certificates.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace eventbus::testing {

// The server's end of one connection, blocking. Reads that get nothing for 60 s throw, so that a broken client fails a
// test instead of hanging it; writes to a client that has gone do nothing.
class Peer {
 public:
  Peer(int socket, ssl_ctx_st* tls);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // One request: its head, and the body that Content-Length announces. Empty when the client has gone.
  std::string read_request();
  // Up to `bytes` bytes, fewer only when the client has gone.
  std::string read(std::size_t bytes);
  void wait_until_client_goes();  // what it still sends is read and forgotten
  Peer& send(std::string_view bytes);
  void end_output();  // half-closes
  void reset();       // with an RST
  // TLS: ends the TCP stream without TLS's own end.
  void cut();
  // The server name that the TLS client asked for.
  std::string server_name() const;

 private:
  friend class ScriptedServer;
  bool handshake();
  std::ptrdiff_t receive(char* to, std::size_t room);

  int socket_;
  ssl_st* tls_ = nullptr;
  std::string unread_;
};

// A TCP or TLS server on a loopback port that does on each connection exactly what its script says. Each connection has
// a thread; the script gets the connection's number, from 0.
class ScriptedServer {
 public:
  using Script = std::function<void(Peer&, int number)>;
  struct Options {
    const Certificate* certificate = nullptr;  // TLS if there is one
    std::vector<const Certificate*> chain;     // sent behind it
    bool v6 = false;
    int backlog = 64;
    // Also the handshake is the script's business: it sees plain bytes.
    bool without_handshake = false;
  };
  explicit ScriptedServer(Script script);
  ScriptedServer(Options options, Script script);
  // Ends every connection and joins; rethrows nothing: see failure().
  ~ScriptedServer();

  std::uint16_t port() const { return port_; }
  // "http://127.0.0.1:1234/path", "https://localhost:1234/path", "http://[::1]:1234/path".
  std::string url(std::string_view path = "/") const;
  int connections() const { return connections_; }
  // TLS handshakes that failed.
  int failed_handshakes() const { return failed_handshakes_; }
  // What a script threw first, or empty.
  std::string failure() const;

 private:
  void accept_all();
  void serve(int socket, int number);

  const Options options_;
  const Script script_;
  ssl_ctx_st* tls_ = nullptr;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> failed_handshakes_{0};
  mutable std::mutex mutex_;
  std::string failure_;
  std::list<int> open_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
};

}  // namespace eventbus::testing
