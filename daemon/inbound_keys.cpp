#include "daemon/inbound_keys.h"

#include "daemon/keys_file.h"

#include <spdlog/logger.h>

#include <memory>
#include <utility>

namespace eventbus {
namespace {

constexpr Duration kLookEvery{1'000};

}  // namespace

InboundKeys::InboundKeys(std::string path, Clock& clock, spdlog::logger& log)
    : path_(std::move(path)),
      clock_(clock),
      log_(log),
      authenticator_(std::make_shared<const aws::AccessKeys>(), clock, log) {}

Result<void> InboundKeys::load() {
  stamp_ = FileStamp::of(path_);  // before it is read: a change in between is seen the next time
  TRY(aws::AccessKeys keys, read_keys_file(path_));
  log_.info("Requests must be signed. keys={} keys_file={}", keys.size(), path_);
  authenticator_.replace_keys(std::make_shared<const aws::AccessKeys>(std::move(keys)));
  return {};
}

void InboundKeys::reload() {
  if (const auto loaded = load(); !loaded) {
    log_.error("The keys that were there stay in force: the keys file cannot be used. reason={}",
               loaded.error().message);
  }
}

asio::awaitable<void> InboundKeys::watch() {
  for (;;) {
    co_await clock_.sleep_until(clock_.now() + kLookEvery);
    if (FileStamp::of(path_) != stamp_) reload();
  }
}

}  // namespace eventbus
