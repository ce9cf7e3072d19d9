#include "bus/schedule_catalog.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace eventbus {

namespace {

std::string scope_path(const Scope& scope) { return scope.account + "/" + scope.region + "/"; }
std::string group_path(const ScheduleGroupKey& key) { return "schedule-group/" + scope_path(key.scope) + key.name; }

bool is_default(const ScheduleGroupKey& key) { return key.name == ScheduleCatalog::kDefaultGroup; }

// Captured from us-east-1 in 2026.
Error not_for_the_default_group() { return invalid("This operation cannot be performed on schedule group default."); }

ScheduleCatalog::Group default_group(const Scope& scope) {
  ScheduleGroupEntry entry;
  entry.key = {scope, std::string(ScheduleCatalog::kDefaultGroup)};
  entry.record.name = entry.key.name;
  return std::make_shared<ScheduleGroupEntry>(std::move(entry));
}

}  // namespace

// Under mutex_.
bool ScheduleCatalog::has_group(const ScheduleGroupKey& key) const { return is_default(key) || groups_.contains(key); }

Error ScheduleCatalog::no_group(const ScheduleGroupKey& key) const {
  return not_found("Schedule group " + key.name + " does not exist.");
}

Result<ScheduleCatalog::Group> ScheduleCatalog::group(const ScheduleGroupKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = groups_.find(key);
  if (found != groups_.end()) return found->second;
  if (is_default(key)) return default_group(key.scope);
  return no_group(key);
}

std::vector<ScheduleCatalog::Group> ScheduleCatalog::groups(const Scope& scope) const {
  std::vector<Group> found;
  const std::lock_guard lock(mutex_);
  const ScheduleGroupKey own{scope, std::string(kDefaultGroup)};
  const bool stored = groups_.contains(own);  // it has tags
  for (auto group = groups_.lower_bound({scope, ""}); group != groups_.end() && group->first.scope == scope; ++group) {
    if (!stored && group->first > own && (found.empty() || found.back()->key < own))
      found.push_back(default_group(scope));
    found.push_back(group->second);
  }
  if (!stored && (found.empty() || found.back()->key < own)) found.push_back(default_group(scope));
  return found;
}

asio::awaitable<Result<void>> ScheduleCatalog::put_group(ScheduleGroupEntry entry) {
  Commit change;
  change.catalog.push_back({group_path(entry.key), encode(entry.record), std::nullopt});
  CO_TRY_VOID(co_await commit(std::move(change)));
  const std::lock_guard lock(mutex_);
  ScheduleGroupKey key = entry.key;
  groups_[std::move(key)] = std::make_shared<ScheduleGroupEntry>(std::move(entry));
  co_return Result<void>();
}

asio::awaitable<Result<std::string>> ScheduleCatalog::create_group(ScheduleGroupKey key, Tags tags,
                                                                   std::string client_token) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const AsyncMutex::Guard guard = co_await mutation_.lock();
  if (is_default(key)) co_return not_for_the_default_group();
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = groups_.find(key); known != groups_.end()) {
      const ScheduleGroupRecord& made = known->second->record;
      if (!client_token.empty() && made.client_token == client_token && made.tags == tags)
        co_return schedule_group_arn(key);
      co_return conflict("Schedule group " + key.name + " already exists.");
    }
    const auto here = [&](const auto& group) { return group.first.scope == key.scope; };
    if (static_cast<std::size_t>(std::ranges::count_if(groups_, here)) >= limits_.groups)
      co_return limit_exceeded("The maximum number of schedule groups has been reached.");
  }
  if (tags.size() > limits_.tags) co_return limit_exceeded("The maximum number of tags has been reached.");
  const TimePoint now = dependencies_.clock.now();
  ScheduleGroupRecord record{key.name, std::move(client_token), now, now, std::move(tags)};
  std::string arn = schedule_group_arn(key);
  CO_TRY_VOID(co_await put_group({std::move(key), std::move(record)}));
  co_return arn;
}

asio::awaitable<Result<void>> ScheduleCatalog::delete_group(ScheduleGroupKey key) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const AsyncMutex::Guard guard = co_await mutation_.lock();
  if (is_default(key)) co_return not_for_the_default_group();
  Commit change;
  std::vector<ScheduleKey> gone;
  {
    const std::lock_guard lock(mutex_);
    if (!has_group(key)) co_return no_group(key);
    for (auto slot = slots_.lower_bound({key, ""}); slot != slots_.end() && slot->first.group == key; ++slot)
      gone.push_back(slot->first);
  }
  change.catalog.push_back({group_path(key), std::nullopt, std::nullopt});
  for (const ScheduleKey& schedule : gone) {
    const std::string path = scope_path(key.scope) + key.name + "/" + schedule.name;
    change.catalog.push_back({"schedule/" + path, std::nullopt, std::nullopt});
    change.catalog.push_back({"schedule-progress/" + path, std::nullopt, std::nullopt});
  }
  CO_TRY_VOID(co_await commit(std::move(change)));
  const std::lock_guard lock(mutex_);
  for (const ScheduleKey& schedule : gone) remove(schedule);
  groups_.erase(key);
  co_return Result<void>();
}

asio::awaitable<Result<void>> ScheduleCatalog::tag_group(ScheduleGroupKey key, Tags tags) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const AsyncMutex::Guard guard = co_await mutation_.lock();
  CO_TRY(const Group before, group(key));
  ScheduleGroupEntry next = *before;
  for (auto& [name, value] : tags) next.record.tags.insert_or_assign(name, value);
  // AWS: TagResource has no error for a quota.
  if (next.record.tags.size() > limits_.tags) co_return invalid("The maximum number of tags has been reached.");
  next.record.modified_at = dependencies_.clock.now();
  co_return co_await put_group(std::move(next));
}

asio::awaitable<Result<void>> ScheduleCatalog::untag_group(ScheduleGroupKey key, std::vector<std::string> keys) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const AsyncMutex::Guard guard = co_await mutation_.lock();
  CO_TRY(const Group before, group(key));
  ScheduleGroupEntry next = *before;
  for (const std::string& name : keys) next.record.tags.erase(name);
  next.record.modified_at = dependencies_.clock.now();
  co_return co_await put_group(std::move(next));
}

}  // namespace eventbus
