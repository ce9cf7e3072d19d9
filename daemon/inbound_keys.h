#pragma once

#include "adapters/aws/request_authenticator.h"
#include "base/clock.h"
#include "base/result.h"
#include "daemon/text_file.h"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace spdlog {
class logger;
}

namespace eventbus {

namespace asio = boost::asio;

// Who may call, as the keys file says, and again when it says something else. A file that cannot be read keeps the keys
// that were there.
class InboundKeys {
 public:
  InboundKeys(std::string path, Clock& clock, spdlog::logger& log);

  // At start, before anybody is served. Errors: see daemon/keys_file.h.
  Result<void> load();
  // Reads the file, whether it changed or not, and says in the log what came of it. Not concurrently with watch().
  void reload();
  // Looks every second whether the file has changed.
  asio::awaitable<void> watch();

  aws::RequestAuthenticator& authenticator() { return authenticator_; }

 private:
  const std::string path_;
  Clock& clock_;
  spdlog::logger& log_;
  aws::RequestAuthenticator authenticator_;
  FileStamp stamp_;
};

}  // namespace eventbus
