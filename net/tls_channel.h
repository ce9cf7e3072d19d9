#pragma once

#include "net/tls_context.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct ssl_st;  // OpenSSL's SSL

namespace eventbus::net {

// TLS over a connected, non-blocking socket, without waiting: each call does what the socket allows now, and says what
// to wait for. The socket stays its owner's and must outlive the channel.
class TlsChannel {
 public:
  enum class Progress {
    kMoved,       // done: the handshake is complete, or at least a byte went through
    kWantsRead,   // call again when the socket can be read
    kWantsWrite,  // call again when it can be written
    kEnd,         // the other side has ended the stream, properly
    kBroken,      // the connection is gone: reset, or ended without TLS's own end
    kFailed,      // of the handshake and of damaged records; failure() says why
  };

  static std::unique_ptr<TlsChannel> client(std::shared_ptr<const TlsContext> context, int socket,
                                            const std::string& host);
  static std::unique_ptr<TlsChannel> server(std::shared_ptr<const TlsContext> context, int socket);
  ~TlsChannel();
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  Progress handshake();
  Progress read(char* to, std::size_t room, std::size_t& bytes);
  // `from` is not empty. Fewer bytes than offered may go.
  Progress write(std::string_view from, std::size_t& bytes);
  // Tells the other side that nothing more comes, if the socket takes that now.
  void say_end();

  const std::string& failure() const { return failure_; }
  // The handshake failed because what came was plain HTTP.
  bool met_plain_http() const { return met_plain_http_; }

 private:
  TlsChannel(std::shared_ptr<const TlsContext> context, int socket);
  Progress progress_of(int code);
  void note_failure();

  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  std::shared_ptr<const TlsContext> context_;
  std::unique_ptr<ssl_st, Free> ssl_;
  std::string failure_;
  bool met_plain_http_ = false;
  bool usable_ = true;  // after a fatal error OpenSSL must not be asked to say goodbye
};

}  // namespace eventbus::net
