#pragma once

#include "daemon/config.h"
#include "daemon/readiness.h"
#include "net/message.h"
#include "storage/storage.h"

#include <functional>
#include <map>
#include <string>

namespace eventbus {

// The paths that are ours and not AWS's:
//   GET /_eventbus/health    200 while the process lives
//   GET /_eventbus/ready     200 when requests are served and storage takes writes, else 503 that says what is missing
//   GET /_eventbus/metrics   Prometheus text format
//   GET /_eventbus/info      version and settings
//   GET /_localstack/health  the alias that scripts of this ecosystem poll
//   GET /                    a greeting for people with a browser
//   GET /_eventbus/…         the questions, and
//   POST /_eventbus/…        the commands, each described where it is made
// Answers are JSON unless said otherwise. Safe to call from any shard; touches no disk, commands aside.
class AdminApi {
 public:
  struct Dependencies {
    const Config& config;
    const Readiness& readiness;
    const Storage& storage;
    std::function<std::string()> metrics;  // the text of /_eventbus/metrics
    // By path. Each takes a JSON body, and only one that says so in Content-Type: pages of other origins cannot send
    // that without being asked for permission first, which is never given.
    std::map<std::string, net::Handler, std::less<>> commands = {};
    // By path: what GET answers, at once. A path may have both.
    using Question = std::function<net::Response()>;
    std::map<std::string, Question, std::less<>> questions = {};
  };
  explicit AdminApi(Dependencies dependencies) : dependencies_(std::move(dependencies)) {}

  bool claims(const net::Request& request) const;
  // The command that the request calls, in order; null: answer() knows what to say.
  const net::Handler* command(const net::Request& request) const;
  // Says no more than that a daemon is here and well: for load balancers and orchestrators, whoever they are.
  static bool is_public(const net::Request& request);
  static net::Response forbidden();
  net::Response answer(const net::Request& request) const;

 private:
  const net::Handler* find_command(const net::Request& request) const;
  net::Response ready() const;
  net::Response info() const;

  Dependencies dependencies_;
};

}  // namespace eventbus
