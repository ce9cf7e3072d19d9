#pragma once

#include "adapters/aws/credentials/credentials.h"
#include "base/result.h"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace eventbus::aws {

namespace asio = boost::asio;

// Where credentials come from. Safe to call from any thread; resumes on the caller's executor.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;

  // Credentials that are good now. Errors, whose messages hold no secret: kNotFound, nothing is configured there, and
  // the next source may be asked; everything else: it is configured and does not work, and asking others would only
  // hide it. kUnavailable: may work later.
  virtual asio::awaitable<Result<Credentials>> get() = 0;
};

}  // namespace eventbus::aws
