#include "logs/log_store.h"

#include "base/lenient_sleep.h"
#include "bus/log_batch.h"
#include "bus/log_delivery.h"
#include "bus/scope_reset.h"

#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace eventbus {

namespace {

constexpr Duration kHousekeepingEvery = std::chrono::minutes(1), kLeniency = std::chrono::hours(1);
// A publisher that still holds a group that is gone may append to its log for so long.
constexpr Duration kGoneLogsKeptFor = std::chrono::minutes(1);
constexpr std::size_t kPoliciesMax = 10;  // AWS: 10 resource policies per account and region

Error no_such_group() { return not_found("The specified log group does not exist."); }
Error no_such_stream() { return not_found("The specified log stream does not exist."); }
Error no_such_policy(std::string_view name) {
  return not_found("Policy with name [" + std::string(name) + "] does not exist.");
}

}  // namespace

TimePoint expiry_horizon(const LogGroup& group, TimePoint now) {
  if (!group.retention_days) return TimePoint::min();
  return now - std::chrono::days(*group.retention_days);
}

LogStore::LogStore(Storage& storage, LogIds& ids, Clock& clock, Rng& rng, spdlog::logger& log)
    : storage_(storage), ids_(ids), clock_(clock), rng_(rng), log_(log), zones_(storage) {}

LogStore::~LogStore() = default;

Result<void> LogStore::load() {
  std::map<std::string, GroupState*> by_stream_prefix;
  for (const CatalogEntry& entry : storage_.catalog().list(kLogGroupKeys)) {
    TRY(LogGroup group, decode_log_group(entry));
    GroupState& state = scopes_[group.scope][group.name];
    state.group = std::make_shared<const LogGroup>(std::move(group));
    by_stream_prefix[log_stream_prefix(*state.group)] = &state;
  }
  for (const CatalogEntry& entry : storage_.catalog().list(kLogStreamKeys)) {
    TRY(LogStream stream, decode_log_stream(entry));
    const std::string prefix = entry.key.substr(0, entry.key.size() - stream.name.size());
    const auto group = by_stream_prefix.find(prefix);
    if (group == by_stream_prefix.end()) return internal("catalog key \"" + entry.key + "\": its group does not exist");
    const std::string name = stream.name;
    group->second->streams[name] = std::make_shared<const LogStream>(std::move(stream));
  }
  for (const CatalogEntry& entry : storage_.catalog().list(kLogPolicyKeys)) {
    TRY(LogPolicy policy, decode_log_policy(entry));
    const std::string name = policy.name;
    policies_[split_scoped_key(entry.key)->scope][name] = std::move(policy);
  }
  return {};
}

// ---- Reading ----

std::shared_ptr<const LogGroupInfo> LogStore::find(const Scope& scope, std::string_view name) const {
  Result<LogGroupPtr> found = group(scope, name);
  return found ? std::move(*found) : nullptr;
}

Result<LogGroupPtr> LogStore::group(const Scope& scope, std::string_view name) const {
  std::shared_lock lock(mutex_);
  const auto groups = scopes_.find(scope);
  if (groups == scopes_.end()) return no_such_group();
  const auto found = groups->second.find(name);
  if (found == groups->second.end()) return no_such_group();
  return found->second.group;
}

std::vector<LogGroupPtr> LogStore::groups(const Scope& scope) const {
  std::vector<LogGroupPtr> all;
  std::shared_lock lock(mutex_);
  if (const auto groups = scopes_.find(scope); groups != scopes_.end())
    for (const auto& [name, state] : groups->second) all.push_back(state.group);
  return all;
}

LogStore::GroupState* LogStore::state_of(const LogGroup& group) {
  const auto groups = scopes_.find(group.scope);
  if (groups == scopes_.end()) return nullptr;
  const auto found = groups->second.find(group.name);
  // A group that was deleted and made anew is another one.
  const bool same = found != groups->second.end() && found->second.group->deliveries == group.deliveries;
  return same ? &found->second : nullptr;
}

LogStreamPtr LogStore::stream(const LogGroup& group, std::string_view name) const {
  std::shared_lock lock(mutex_);
  const GroupState* const state = const_cast<LogStore*>(this)->state_of(group);  // only to read
  if (!state) return nullptr;
  const auto found = state->streams.find(name);
  return found == state->streams.end() ? nullptr : found->second;
}

std::vector<LogStreamPtr> LogStore::streams(const LogGroup& group) const {
  std::vector<LogStreamPtr> all;
  std::shared_lock lock(mutex_);
  if (const GroupState* const state = const_cast<LogStore*>(this)->state_of(group))  // only to read
    for (const auto& [name, stream] : state->streams) all.push_back(stream);
  return all;
}

std::vector<LogPolicy> LogStore::policies(const Scope& scope) const {
  std::vector<LogPolicy> all;
  std::shared_lock lock(mutex_);
  if (const auto found = policies_.find(scope); found != policies_.end())
    for (const auto& [name, policy] : found->second) all.push_back(policy);
  return all;
}

// ---- Groups ----

asio::awaitable<Result<void>> LogStore::create_group(LogGroup group) {
  const AsyncMutex::Guard guard = co_await changes_.lock();
  if (find(group.scope, group.name)) co_return conflict("The specified log group already exists");
  CO_TRY(group.deliveries, co_await ids_.next());
  group.arn = log_group_arn(group.scope, group.name);
  group.created_at = clock_.now();
  Commit commit;
  commit.catalog.push_back({log_group_key(group.scope, group.name), encode(group), std::nullopt});
  CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  std::unique_lock lock(mutex_);
  const Scope scope = group.scope;
  const std::string name = group.name;
  scopes_[scope][name].group = std::make_shared<const LogGroup>(std::move(group));
  co_return Result<void>();
}

asio::awaitable<Result<void>> LogStore::delete_group(Scope scope, std::string name) {
  const AsyncMutex::Guard guard = co_await changes_.lock();
  CO_TRY(const LogGroupPtr group, this->group(scope, name));
  if (group->deletion_protected)
    co_return invalid("The log group has deletion protection enabled. Disable it before the group is deleted.");

  Commit commit;
  add_removal(*group, commit);
  for (const LogPolicy& policy : policies(scope))
    if (policy.resource_arn == group->arn)
      commit.catalog.push_back({log_policy_key(scope, policy.name), std::nullopt, std::nullopt});
  CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  std::unique_lock lock(mutex_);
  scopes_[scope].erase(name);
  if (scopes_[scope].empty()) scopes_.erase(scope);
  if (const auto policies = policies_.find(scope); policies != policies_.end())
    std::erase_if(policies->second, [&](const auto& policy) { return policy.second.resource_arn == group->arn; });
  co_return Result<void>();
}

void LogStore::add_removal(const LogGroup& group, Commit& commit) const {
  commit.catalog.push_back({log_group_key(group.scope, group.name), std::nullopt, std::nullopt});
  const std::string gone = encode(GoneLog{0, clock_.now()});
  commit.catalog.push_back({gone_log_key(group.deliveries), gone, std::nullopt});
  for (const LogStreamPtr& stream : streams(group)) {
    commit.catalog.push_back({log_stream_key(group, stream->name), std::nullopt, std::nullopt});
    if (stream->log != 0) commit.catalog.push_back({gone_log_key(stream->log), gone, std::nullopt});
  }
}

asio::awaitable<Result<std::size_t>> LogStore::reset(ResetScope scope) {
  const AsyncMutex::Guard guard = co_await changes_.lock();
  std::vector<LogGroupPtr> gone;
  Commit commit;
  {
    std::shared_lock lock(mutex_);
    for (const auto& [each, groups] : scopes_)
      for (const auto& [name, state] : groups)
        if (scope.covers(each)) gone.push_back(state.group);
    for (const auto& [each, policies] : policies_)
      for (const auto& [name, policy] : policies)
        if (scope.covers(each)) commit.catalog.push_back({log_policy_key(each, name), std::nullopt, std::nullopt});
  }
  for (const LogGroupPtr& group : gone) add_removal(*group, commit);
  if (commit.empty()) co_return gone.size();

  std::function<Result<void>()> forget = [this, &scope]() -> Result<void> {
    std::unique_lock lock(mutex_);
    std::erase_if(scopes_, [&](const auto& each) { return scope.covers(each.first); });
    std::erase_if(policies_, [&](const auto& each) { return scope.covers(each.first); });
    return {};
  };
  CO_TRY_VOID(co_await commit_and_follow(storage_, std::move(commit), std::move(forget)));
  co_return gone.size();
}

asio::awaitable<Result<void>> LogStore::change_group(Scope scope, std::string name, Change change) {
  const AsyncMutex::Guard guard = co_await changes_.lock();
  CO_TRY(const LogGroupPtr before, group(scope, name));
  LogGroup next = *before;
  CO_TRY_VOID(change(next));
  Commit commit;
  commit.catalog.push_back({log_group_key(scope, name), encode(next), std::nullopt});
  CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  std::unique_lock lock(mutex_);
  scopes_[scope][name].group = std::make_shared<const LogGroup>(std::move(next));
  co_return Result<void>();
}

// ---- Streams ----

asio::awaitable<Result<bool>> LogStore::has_delivery(LogGroupPtr group, std::string stream) {
  const std::optional<TimePoint> when = time_of_delivery_stream(stream);
  if (!when) co_return false;
  CO_TRY(const std::vector<LogZone> zones, co_await zones_.of(group->deliveries));
  for (const LogZone& zone : zones) {
    if (*when < zone.accepted_first || *when > zone.accepted_last) continue;
    for (std::uint64_t from = zone.first; from <= zone.last;) {
      CO_TRY(const std::vector<LogEntry> entries,
             co_await storage_.log().read(group->deliveries, from, zone.last - from + 1, 1 << 20));
      if (entries.empty()) break;
      for (const LogEntry& entry : entries) {
        if (entry.accepted_at != *when) continue;
        CO_TRY(const LogBatch batch, LogBatch::decode(entry.payload));
        if (batch.stream == stream) co_return true;
      }
      from = entries.back().sequence + 1;
    }
  }
  co_return false;
}

asio::awaitable<Result<LogStreamPtr>> LogStore::store(LogGroupPtr group, LogStream stream) {
  const LogStreamPtr before = this->stream(*group, stream.name);
  Commit commit;
  commit.catalog.push_back({log_stream_key(*group, stream.name), encode(stream), std::nullopt});
  if (before && before->log != 0 && before->log != stream.log)
    commit.catalog.push_back({gone_log_key(before->log), encode(GoneLog{0, clock_.now()}), std::nullopt});
  CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  const auto next = std::make_shared<const LogStream>(std::move(stream));
  std::unique_lock lock(mutex_);
  if (GroupState* const state = state_of(*group)) state->streams[next->name] = next;
  co_return LogStreamPtr(next);
}

bool LogStore::is_current(const LogGroup& group) const {
  std::shared_lock lock(mutex_);
  return const_cast<LogStore*>(this)->state_of(group) != nullptr;  // only to read
}

asio::awaitable<Result<void>> LogStore::create_stream(LogGroupPtr group, std::string name) {
  const AsyncMutex::Guard guard = co_await changes_.lock();
  if (!is_current(*group)) co_return no_such_group();
  const LogStreamPtr record = stream(*group, name);
  bool exists = record && record->log != 0;
  if (!record) {
    CO_TRY(exists, co_await has_delivery(group, name));
  }
  if (exists) co_return conflict("The specified log stream already exists");
  LogStream created;
  created.name = std::move(name);
  created.created_at = clock_.now();
  CO_TRY(created.log, co_await ids_.next());
  CO_TRY_VOID(co_await store(std::move(group), std::move(created)));
  co_return Result<void>();
}

asio::awaitable<Result<LogStreamPtr>> LogStore::writable_stream(LogGroupPtr group, std::string name) {
  if (LogStreamPtr record = stream(*group, name); record && record->log != 0) co_return record;
  const AsyncMutex::Guard guard = co_await changes_.lock();
  if (!is_current(*group)) co_return no_such_group();
  const LogStreamPtr record = stream(*group, name);
  if (record && record->log != 0) co_return record;
  if (record) co_return no_such_stream();
  CO_TRY(const bool delivered, co_await has_delivery(group, name));
  if (!delivered) co_return no_such_stream();
  LogStream written;
  written.created_at = *time_of_delivery_stream(name);
  written.name = std::move(name);
  written.with_delivery = true;
  CO_TRY(written.log, co_await ids_.next());
  co_return co_await store(std::move(group), std::move(written));
}

asio::awaitable<Result<void>> LogStore::delete_stream(LogGroupPtr group, std::string name) {
  const AsyncMutex::Guard guard = co_await changes_.lock();
  if (!is_current(*group)) co_return no_such_group();
  const LogStreamPtr record = stream(*group, name);
  CO_TRY(const bool delivered, co_await has_delivery(group, name));
  const bool exists = record ? record->log != 0 : delivered;
  if (!exists) co_return no_such_stream();

  if (delivered) {
    // The delivery stays in the group's log; a record says that it is not to be seen.
    LogStream deleted;
    deleted.name = std::move(name);
    deleted.created_at = clock_.now();
    CO_TRY_VOID(co_await store(std::move(group), std::move(deleted)));
    co_return Result<void>();
  }
  Commit commit;
  commit.catalog.push_back({log_stream_key(*group, name), std::nullopt, std::nullopt});
  commit.catalog.push_back({gone_log_key(record->log), encode(GoneLog{0, clock_.now()}), std::nullopt});
  CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  std::unique_lock lock(mutex_);
  if (GroupState* const state = state_of(*group)) state->streams.erase(name);
  co_return Result<void>();
}

// ---- Resource policies: kept, not enforced ----

asio::awaitable<Result<LogPolicy>> LogStore::put_policy(Scope scope, LogPolicy policy,
                                                        std::optional<std::string> expected_revision) {
  const AsyncMutex::Guard guard = co_await changes_.lock();
  const std::vector<LogPolicy> existing = policies(scope);
  const auto before = std::ranges::find(existing, policy.name, &LogPolicy::name);
  if (before == existing.end() && expected_revision) co_return no_such_policy(policy.name);
  if (before != existing.end() && expected_revision && before->revision != *expected_revision)
    co_return invalid("The expected revision id does not match the policy's revision id.");
  if (before == existing.end() && existing.size() >= kPoliciesMax) co_return limit_exceeded("Resource limit exceeded.");
  policy.updated_at = clock_.now();
  policy.revision = rng_.uuid();
  Commit commit;
  commit.catalog.push_back({log_policy_key(scope, policy.name), encode(policy), std::nullopt});
  CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  std::unique_lock lock(mutex_);
  policies_[scope][policy.name] = policy;
  co_return policy;
}

asio::awaitable<Result<void>> LogStore::delete_policy(Scope scope, std::string name,
                                                      std::optional<std::string> expected_revision) {
  const AsyncMutex::Guard guard = co_await changes_.lock();
  const std::vector<LogPolicy> existing = policies(scope);
  const auto policy = std::ranges::find(existing, name, &LogPolicy::name);
  if (policy == existing.end()) co_return no_such_policy(name);
  if (expected_revision && policy->revision != *expected_revision)
    co_return invalid("The expected revision id does not match the policy's revision id.");
  Commit commit;
  commit.catalog.push_back({log_policy_key(scope, name), std::nullopt, std::nullopt});
  CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  std::unique_lock lock(mutex_);
  policies_[scope].erase(name);
  co_return Result<void>();
}

// ---- Housekeeping ----

asio::awaitable<void> LogStore::run_housekeeping() {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (;;) {
    const TimePoint next = clock_.now() + kHousekeepingEvery;
    co_await sleep_between(clock_, next, next + kLeniency);
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) co_return;
    const Result<void> done = co_await keep_house();
    if (!done) log_.warn("expired log events could not be dropped error=\"{}\"", done.error().message);
  }
}

asio::awaitable<Result<void>> LogStore::keep_house() {
  CO_TRY_VOID(co_await empty_gone_logs());
  std::vector<LogGroupPtr> expiring;
  {
    std::shared_lock lock(mutex_);
    for (const auto& [scope, groups] : scopes_)
      for (const auto& [name, state] : groups)
        if (state.group->retention_days) expiring.push_back(state.group);
  }
  for (const LogGroupPtr& group : expiring) CO_TRY_VOID(co_await expire(group));
  co_return Result<void>();
}

asio::awaitable<Result<void>> LogStore::empty_gone_logs() {
  const TimePoint now = clock_.now();
  for (const CatalogEntry& entry : storage_.catalog().list(kGoneLogKeys)) {
    CO_TRY(const GoneLog gone, decode_gone_log(entry));
    if (now - gone.since < kGoneLogsKeptFor) continue;
    CO_TRY_VOID(co_await storage_.log().trim(gone.log, storage_.log().bounds(gone.log).head + 1));
    zones_.forget(gone.log);
    Commit commit;
    commit.catalog.push_back({entry.key, std::nullopt, std::nullopt});
    CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> LogStore::expire(LogGroupPtr group) {
  const TimePoint before = expiry_horizon(*group, clock_.now()) - kLogEventsAheadMax;
  CO_TRY_VOID(co_await expire(group->deliveries, before));
  for (const LogStreamPtr& stream : streams(*group)) {
    if (stream->log != 0) {
      CO_TRY_VOID(co_await expire(stream->log, before));
      continue;
    }
    // A deleted delivery is forgotten once it has expired as well.
    const std::optional<TimePoint> delivered = time_of_delivery_stream(stream->name);
    if (!delivered || *delivered >= before) continue;
    const AsyncMutex::Guard guard = co_await changes_.lock();
    if (this->stream(*group, stream->name) != stream) continue;
    Commit commit;
    commit.catalog.push_back({log_stream_key(*group, stream->name), std::nullopt, std::nullopt});
    CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
    std::unique_lock lock(mutex_);
    if (GroupState* const state = state_of(*group)) state->streams.erase(stream->name);
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> LogStore::expire(LogId log, TimePoint before) {
  const EventLog::Bounds bounds = storage_.log().bounds(log);
  if (bounds.head < bounds.horizon) co_return Result<void>();
  CO_TRY(const std::uint64_t first_kept, co_await storage_.log().seek(log, before));
  if (first_kept <= bounds.horizon) co_return Result<void>();
  co_return co_await storage_.log().trim(log, first_kept);
}

}  // namespace eventbus
