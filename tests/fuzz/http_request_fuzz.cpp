// Bytes of one connection, cut where the input says, through the request parser. Whatever they are: no crash, no byte
// read twice, limits kept, and the same requests however the bytes are cut.
#include "net/request_parser.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using eventbus::net::Request;
using eventbus::net::RequestParser;
using eventbus::net::ServerLimits;

constexpr std::size_t kBodySpareBytes = 64;

ServerLimits small_limits() {
  ServerLimits limits;
  limits.header_bytes_max = 2'000;
  limits.headers_max = 20;
  limits.body_bytes_max = 3'000;
  return limits;
}

void require(bool condition) {
  if (!condition) std::abort();
}

struct Outcome {
  std::vector<Request> requests;
  unsigned fault = 0;
};

// As a session does it: what the parser leaves stays in front of what arrives next.
Outcome parse(std::string_view bytes, std::size_t step) {
  static const ServerLimits limits = small_limits();
  RequestParser parser(limits);
  Outcome outcome;
  std::string buffer;
  while (!bytes.empty()) {
    buffer.append(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    for (;;) {
      const RequestParser::State before = parser.state();
      const std::size_t used = parser.feed(buffer);
      require(used <= buffer.size());
      buffer.erase(0, used);
      if (parser.state() == RequestParser::State::kFault) {
        outcome.fault = parser.fault().status;
        require(outcome.fault >= 400 && outcome.fault < 500);
        static_cast<void>(parser.take());
        return outcome;
      }
      if (parser.state() == RequestParser::State::kDone) {
        static_cast<void>(parser.keep_alive());
        Request request = parser.take();
        require(request.body.size() <= limits.body_bytes_max);
        require(request.body.capacity() - request.body.size() >= kBodySpareBytes);
        require(request.headers.size() <= limits.headers_max);
        outcome.requests.push_back(std::move(request));
        parser.reset();
        continue;
      }
      if (used == 0 && parser.state() == before) break;
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = parse(bytes, std::max<std::size_t>(bytes.size(), 1));
  const Outcome cut = parse(bytes, std::size_t{data[0]} % 64 + 1);
  // Faults may be found earlier or later, but a request that was read in both is the same.
  for (std::size_t i = 0; i < std::min(whole.requests.size(), cut.requests.size()); ++i) {
    require(whole.requests[i].method == cut.requests[i].method);
    require(whole.requests[i].target == cut.requests[i].target);
    require(whole.requests[i].body == cut.requests[i].body);
    require(whole.requests[i].headers.size() == cut.requests[i].headers.size());
  }
  if (whole.fault == 0 && cut.fault == 0) require(whole.requests.size() == cut.requests.size());
  return 0;
}
