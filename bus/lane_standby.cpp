#include "bus/lane_standby.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <cstdint>
#include <string>
#include <utility>

namespace eventbus {

namespace {

namespace json = boost::json;

constexpr std::string_view kPrefix = "standby/";
constexpr std::int64_t kVersion = 1;

std::string path(QueueId lane) { return std::string(kPrefix) + std::to_string(lane); }
std::int64_t milliseconds(TimePoint when) { return when.time_since_epoch().count(); }

std::optional<TimePoint> time_in(const json::object& document, std::string_view member) {
  const json::value* value = document.if_contains(member);
  if (!value || !value->is_int64()) return std::nullopt;
  return TimePoint(Duration(value->get_int64()));
}

}  // namespace

Result<void> LaneStandby::load() {
  std::map<QueueId, Period> periods;
  for (const CatalogEntry& entry : storage_.catalog().list(kPrefix)) {
    QueueId lane = 0;
    std::from_chars(entry.key.data() + kPrefix.size(), entry.key.data() + entry.key.size(), lane);
    boost::system::error_code failed;
    const json::value document = json::parse(entry.value, failed);
    const std::optional<TimePoint> since =
        !failed && document.is_object() ? time_in(document.get_object(), "since") : std::nullopt;
    if (lane == 0 || !since) return internal("catalog key \"" + entry.key + "\": malformed");
    if (storage_.queues().exists(lane)) periods.emplace(lane, Period{*since, time_in(document.get_object(), "until")});
  }
  std::lock_guard lock(mutex_);
  periods_ = std::move(periods);
  return {};
}

asio::awaitable<Result<void>> LaneStandby::begin(QueueId lane) {
  std::optional<Period> known = period(lane);
  if (known && !known->until) co_return Result<void>();
  co_return co_await write(lane, Period{clock_.now(), std::nullopt});
}

asio::awaitable<Result<void>> LaneStandby::end(QueueId lane) {
  std::optional<Period> known = period(lane);
  if (!known || known->until) co_return Result<void>();
  co_return co_await write(lane, Period{known->since, clock_.now()});
}

asio::awaitable<Result<void>> LaneStandby::write(QueueId lane, Period period) {
  {
    std::lock_guard lock(mutex_);
    periods_[lane] = period;
  }
  json::object document{{"version", kVersion}, {"since", milliseconds(period.since)}};
  if (period.until) document["until"] = milliseconds(*period.until);
  Commit commit;
  commit.catalog.push_back({path(lane), json::serialize(document), std::nullopt});
  Result<CommitReceipt> written = co_await storage_.commit(std::move(commit));
  if (!written) co_return std::move(written).error();
  co_return Result<void>();
}

asio::awaitable<Result<void>> LaneStandby::forget(QueueId lane) {
  {
    std::lock_guard lock(mutex_);
    if (periods_.erase(lane) == 0) co_return Result<void>();
  }
  Commit commit;
  commit.catalog.push_back({path(lane), std::nullopt, std::nullopt});
  Result<CommitReceipt> written = co_await storage_.commit(std::move(commit));
  if (!written) co_return std::move(written).error();
  co_return Result<void>();
}

std::optional<LaneStandby::Period> LaneStandby::period(QueueId lane) const {
  std::lock_guard lock(mutex_);
  const auto found = periods_.find(lane);
  return found == periods_.end() ? std::nullopt : std::optional(found->second);
}

bool LaneStandby::remembers(QueueId lane) const { return period(lane).has_value(); }

TimePoint LaneStandby::age_from(QueueId lane, TimePoint accepted_at) const {
  const std::optional<Period> known = period(lane);
  if (!known) return accepted_at;
  return std::max(accepted_at, known->until.value_or(clock_.now()));
}

std::size_t LaneStandby::size() const {
  std::lock_guard lock(mutex_);
  std::size_t standing = 0;
  for (const auto& [lane, period] : periods_) standing += period.until ? 0 : 1;
  return standing;
}

}  // namespace eventbus
