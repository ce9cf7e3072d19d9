#include "daemon/backup_command.h"

#include "base/async_mutex.h"
#include "base/log_value.h"
#include "base/stopwatch.h"
#include "bus/json_text.h"
#include "daemon/json_response.h"

#include <spdlog/logger.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace eventbus {
namespace {

constexpr std::size_t kNameBytesMax = 128;

struct Backups {
  Backups(Checkpoints& source, BackupPolicy allowed, spdlog::logger& logger)
      : checkpoints(source), policy(std::move(allowed)), log(logger) {}

  Checkpoints& checkpoints;
  const BackupPolicy policy;
  spdlog::logger& log;
  AsyncMutex one_at_a_time;
};

struct Refusal {
  unsigned status;
  std::string sentence;

  Refusal(unsigned http_status, std::string why) : status(http_status), sentence(std::move(why)) {}
  Refusal(Error error)
      : status(400), sentence(std::move(error.message)) {}  // NOLINT(google-explicit-constructor): for TRY
};

bool is_name(std::string_view text) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (text.empty() || text.size() > kNameBytesMax || !letter_or_digit(text.front())) return false;
  for (char c : text) {
    if (!letter_or_digit(c) && c != '.' && c != '_' && c != '-') return false;
  }
  return true;
}

// "localhost:4566", "127.0.0.1:4566", "[::1]:4566", and not a name that a page made to stand for this machine (DNS
// rebinding), which a browser would let post here.
bool names_this_machine(std::string_view host) {
  if (host.starts_with('[')) return true;
  host = host.substr(0, host.find(':'));
  return host == "localhost" || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

Result<std::filesystem::path, Refusal> directory_of(const net::Request& request, const BackupPolicy& policy) {
  const std::string_view body = request.body;
  if (!is_json(body) || json_kind(body) != JsonKind::kObject) return Refusal(400, "the request is not a JSON object");
  std::optional<std::string> name;
  std::optional<std::string> directory;
  bool others = false;
  for_each_member(body, [&](std::string_view key, std::string_view value) {
    std::optional<std::string>* const member = key == "name" ? &name : key == "directory" ? &directory : nullptr;
    others = others || member == nullptr || json_kind(value) != JsonKind::kString;
    if (!others) *member = unescaped(value.substr(1, value.size() - 2));
  });
  if (others || name.has_value() == directory.has_value()) {
    return Refusal(400, "either \"name\" or \"directory\" is needed, a string, and nothing else");
  }
  if (name && !is_name(*name)) {
    return Refusal(400,
                   "a name has letters, digits, '.', '_' and '-', begins with a letter or digit, and has 128 at most");
  }
  if (name) return policy.backups / *name;
  if (policy.any_directory && !names_this_machine(request.header("host"))) {
    return Refusal(403, "a directory is taken from an endpoint that is an address or localhost");
  }
  if (!policy.any_directory) {
    return Refusal(403, "this daemon can be reached from other machines, so that it writes nowhere but to " +
                            policy.backups.string() + ": give a name in place of a directory");
  }
  std::filesystem::path path = std::filesystem::path(*directory).lexically_normal();
  if (!path.is_absolute() || directory->find('\0') != std::string::npos) {
    return Refusal(400, "the directory is not an absolute path");
  }
  if (!path.has_filename()) path = path.parent_path();  // "/backups/" is "/backups"
  return path;
}

unsigned status_of(const Error& error) {
  if (error.code == ErrorCode::kInvalid) return 400;
  if (error.code == ErrorCode::kConflict) return 409;
  return error.code == ErrorCode::kUnavailable ? 503 : 500;
}

asio::awaitable<net::Response> answer(std::shared_ptr<Backups> backups, net::Request request) {
  auto directory = directory_of(request, backups->policy);
  if (!directory) co_return json_error(directory.error().status, directory.error().sentence);
  const AsyncMutex::Guard guard = co_await backups->one_at_a_time.lock();
  const Stopwatch stopwatch;
  const Result<void> made = co_await backups->checkpoints.checkpoint(*directory);
  if (!made) {
    backups->log.warn("Backup failed. directory={} reason={}", log_value(directory->string()),
                      log_value(made.error().message));
    co_return json_error(status_of(made.error()), made.error().message);
  }
  backups->log.info("Backup made. directory={} milliseconds={}", log_value(directory->string()),
                    stopwatch.elapsed().count() / 1'000);
  co_return json_response(200, boost::json::object{{"directory", directory->string()}});
}

}  // namespace

net::Handler backup_command(Checkpoints& checkpoints, BackupPolicy policy, spdlog::logger& log) {
  const auto backups = std::make_shared<Backups>(checkpoints, std::move(policy), log);
  return [backups](net::Request request) { return answer(backups, std::move(request)); };
}

}  // namespace eventbus
