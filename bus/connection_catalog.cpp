#include "bus/connection_catalog.h"

#include "base/log_value.h"
#include "bus/scope_reset.h"

#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace eventbus {

namespace {

constexpr std::string_view kConnections = "connection/";
constexpr std::string_view kDestinations = "api-destination/";

std::string scope_path(const Scope& scope) { return scope.account + "/" + scope.region + "/"; }
std::string path_of(std::string_view kind, const ConnectionKey& key) {
  return std::string(kind) + scope_path(key.scope) + key.name;
}

// "connection/000000000000/us-east-1/crm" → the scope.
std::optional<Scope> scope_of(std::string_view path) {
  const std::size_t account = path.find('/') + 1;
  const std::size_t region = path.find('/', account) + 1;
  const std::size_t name = region == 0 ? region : path.find('/', region) + 1;
  if (account == 0 || region == 0 || name == 0) return std::nullopt;
  return Scope{std::string(path.substr(account, region - account - 1)),
               std::string(path.substr(region, name - region - 1))};
}

Error damaged(std::string_view path, std::string_view why) {
  return internal("catalog key \"" + std::string(path) + "\": " + std::string(why));
}

}  // namespace

ConnectionCatalog::ConnectionCatalog(Storage& storage, Clock& clock, Rng& rng, const ConnectionLimits& limits,
                                     SecretKeys keys, spdlog::logger& log)
    : storage_(storage), clock_(clock), rng_(rng), limits_(limits), keys_(std::move(keys)), log_(log) {}

ConnectionCatalog::~ConnectionCatalog() = default;

ConnectionCatalog::ScopeState& ConnectionCatalog::scope_state(const Scope& scope) {
  std::unique_lock lock(mutex_);
  std::unique_ptr<ScopeState>& state = scopes_[scope];
  if (!state) state = std::make_unique<ScopeState>();
  return *state;
}

const ConnectionCatalog::ScopeState* ConnectionCatalog::find_scope(const Scope& scope) const {
  const auto found = scopes_.find(scope);
  return found == scopes_.end() ? nullptr : found->second.get();
}

std::vector<ConnectionCatalog::Connection> ConnectionCatalog::authorizing() const {
  std::vector<Connection> found;
  std::shared_lock lock(mutex_);
  for (const auto& [scope, state] : scopes_) {
    for (const auto& [name, entry] : state->connections) {
      if (entry->state() == ConnectionState::kAuthorizing) found.push_back(entry);
    }
  }
  return found;
}

// ---- Changing ----

asio::awaitable<CatalogResult<void>> ConnectionCatalog::commit(Scope scope, CatalogWrite change) {
  const std::string path = change.key;
  Commit commit;
  commit.catalog.push_back(std::move(change));
  Result<CommitReceipt> committed = co_await storage_.commit(std::move(commit));
  if (committed) co_return CatalogResult<void>();
  if (committed.error().code != ErrorCode::kConflict) co_return std::move(committed).error();
  if (Result<void> reread = read_stored(scope_path(scope)); !reread) co_return std::move(reread).error();
  co_return CatalogError(
      unavailable(path.substr(path.rfind('/') + 1) + " has just been changed by a request that failed; try again."));
}

template <typename Entry>
asio::awaitable<CatalogResult<void>> ConnectionCatalog::write_entry(ConnectionKey key, std::string path,
                                                                    std::shared_ptr<const Entry> before,
                                                                    std::shared_ptr<Entry> next,
                                                                    Entries<Entry> ScopeState::*entries) {
  ScopeState& scope = scope_state(key.scope);
  CatalogWrite change{path, std::nullopt, before ? before->revision : 0};
  if (next) change.value = encode(next->record);
  // A client that goes away must not part what is stored from what is in memory: until that is done nothing throws for
  // a cancellation.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  CatalogResult<void> committed = co_await commit(key.scope, std::move(change));
  if (committed) {
    if (next) {
      const std::optional<CatalogEntry> stored = storage_.catalog().get(path);
      next->revision = stored ? stored->revision : 0;
    }
    std::unique_lock lock(mutex_);
    if (next)
      (scope.*entries).insert_or_assign(key.name, std::move(next));
    else
      (scope.*entries).erase(key.name);
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return committed;
}

asio::awaitable<CatalogResult<void>> ConnectionCatalog::write(ConnectionKey key, Connection before,
                                                              std::shared_ptr<ConnectionEntry> next) {
  std::string path = path_of(kConnections, key);
  return write_entry(std::move(key), std::move(path), std::move(before), std::move(next), &ScopeState::connections);
}

asio::awaitable<CatalogResult<void>> ConnectionCatalog::write(ApiDestinationKey key, ApiDestination before,
                                                              std::shared_ptr<ApiDestinationEntry> next) {
  std::string path = path_of(kDestinations, key);
  return write_entry(std::move(key), std::move(path), std::move(before), std::move(next), &ScopeState::destinations);
}

asio::awaitable<CatalogResult<std::size_t>> ConnectionCatalog::reseal() {
  std::vector<Scope> scopes;
  {
    std::shared_lock lock(mutex_);
    for (const auto& [scope, state] : scopes_) scopes.push_back(scope);
  }
  std::size_t resealed = 0;
  for (const Scope& scope : scopes) {
    CO_TRY(const std::size_t here, co_await reseal_scope(scope));
    resealed += here;
  }
  co_return resealed;
}

asio::awaitable<CatalogResult<std::size_t>> ConnectionCatalog::reseal_scope(Scope scope) {
  const AsyncMutex::Guard guard = co_await scope_state(scope).mutation.lock();
  std::size_t resealed = 0;
  for (const Connection& before : connections(scope)) {
    if (!before->record.secret || !before->auth || keys_.is_current(*before->record.secret)) continue;
    auto next = std::make_shared<ConnectionEntry>(*before);
    CO_TRY(next->record.secret, keys_.seal(secret_document(*before->auth), before->arn()));
    CO_TRY_VOID(co_await write(before->key(), before, std::move(next)));
    ++resealed;
  }
  co_return resealed;
}

asio::awaitable<Result<std::size_t>> ConnectionCatalog::reset(ResetScope scope) {
  std::vector<Scope> scopes;
  {
    std::shared_lock lock(mutex_);
    scopes = covered_scopes(scopes_, scope);
  }
  ResetOfScope reset = [this](Scope each) { return reset_scope(std::move(each)); };
  co_return co_await reset_each(std::move(scopes), std::move(reset));
}

asio::awaitable<Result<std::size_t>> ConnectionCatalog::reset_scope(Scope scope) {
  const AsyncMutex::Guard guard = co_await scope_state(scope).mutation.lock();
  Commit commit;
  for (const std::string_view kind : {kConnections, kDestinations})
    for (CatalogEntry& entry : storage_.catalog().list(std::string(kind) + scope_path(scope)))
      commit.catalog.push_back({std::move(entry.key), std::nullopt, std::nullopt});
  const std::size_t gone = commit.catalog.size();
  if (gone == 0) co_return gone;

  std::function<Result<void>()> reread = [this, &scope] { return read_stored(scope_path(scope)); };
  CO_TRY_VOID(co_await commit_and_follow(storage_, std::move(commit), std::move(reread)));
  co_return gone;
}

// ---- Loading ----

Result<void> ConnectionCatalog::load() { return read_stored(""); }

Result<void> ConnectionCatalog::read_stored(const std::string& below) {
  std::vector<Connection> connections;
  for (const CatalogEntry& stored : storage_.catalog().list(std::string(kConnections) + below)) {
    const std::optional<Scope> scope = scope_of(stored.key);
    if (!scope) return damaged(stored.key, "malformed");
    Result<ConnectionRecord> record = decode_connection(stored.value);
    if (!record) return damaged(stored.key, record.error().message);
    auto entry = std::make_shared<ConnectionEntry>();
    entry->scope = *scope;
    entry->record = *std::move(record);
    entry->revision = stored.revision;
    open_secret(*entry);
    connections.push_back(std::move(entry));
  }
  std::vector<ApiDestination> destinations;
  for (const CatalogEntry& stored : storage_.catalog().list(std::string(kDestinations) + below)) {
    const std::optional<Scope> scope = scope_of(stored.key);
    if (!scope) return damaged(stored.key, "malformed");
    Result<ApiDestinationRecord> record = decode_api_destination(stored.value);
    if (!record) return damaged(stored.key, record.error().message);
    destinations.push_back(
        std::make_shared<ApiDestinationEntry>(ApiDestinationEntry{*scope, *std::move(record), stored.revision}));
  }

  std::unique_lock lock(mutex_);
  for (auto& [scope, state] : scopes_) {
    if (!scope_path(scope).starts_with(below)) continue;
    state->connections.clear();
    state->destinations.clear();
  }
  const auto state_of = [&](const Scope& scope) -> ScopeState& {
    std::unique_ptr<ScopeState>& state = scopes_[scope];
    if (!state) state = std::make_unique<ScopeState>();
    return *state;
  };
  for (Connection& entry : connections) state_of(entry->scope).connections.emplace(entry->record.name, entry);
  for (ApiDestination& entry : destinations) state_of(entry->scope).destinations.emplace(entry->record.name, entry);
  return {};
}

void ConnectionCatalog::open_secret(ConnectionEntry& entry) const {
  if (!entry.record.secret) return;
  const std::string arn = entry.arn();
  Result<std::string> document = keys_.open(*entry.record.secret, arn);
  if (document) {
    Result<ConnectionAuth> auth = parse_secret_document(entry.record.type, *document);
    if (auth) {
      entry.auth = std::make_shared<const ConnectionAuth>(*std::move(auth));
      return;
    }
    document = std::move(auth).error();
  }
  entry.unreadable = "The secret of this connection cannot be read: " + document.error().message + ".";
  log_.error("The secret of a connection cannot be read, the connection is DEAUTHORIZED. connection={} reason={}", arn,
             log_value(document.error().message));
}

}  // namespace eventbus
