#include "bus/log_ids.h"

#include <charconv>
#include <string>
#include <utility>

namespace eventbus {

namespace {

constexpr std::string_view kKey = "log-ids";  // → the first number that was never reserved, in decimal
constexpr LogId kBlock = 1'000;

}  // namespace

asio::awaitable<Result<LogId>> LogIds::next() {
  const AsyncMutex::Guard guard = co_await mutex_.lock();
  if (next_ == floor_) {
    const std::optional<CatalogEntry> entry = storage_.catalog().get(kKey);
    LogId first = 1;
    if (entry) {
      const char* const end = entry->value.data() + entry->value.size();
      if (std::from_chars(entry->value.data(), end, first).ptr != end)
        co_return internal("catalog key \"log-ids\": it holds no number");
    }
    Commit commit;
    commit.catalog.push_back({std::string(kKey), std::to_string(first + kBlock), entry ? entry->revision : 0});
    CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
    next_ = first;
    floor_ = first + kBlock;
  }
  co_return next_++;
}

}  // namespace eventbus
