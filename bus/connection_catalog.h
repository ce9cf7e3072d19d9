#pragma once

#include "base/async_mutex.h"
#include "base/clock.h"
#include "base/rng.h"
#include "base/secret_keys.h"
#include "bus/catalog_error.h"
#include "bus/connection_limits.h"
#include "bus/connection_records.h"
#include "bus/reset.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

// A connection as it is at one moment; immutable.
struct ConnectionEntry {
  Scope scope;
  ConnectionRecord record;
  std::shared_ptr<const ConnectionAuth> auth;  // null: deauthorized, or its secret cannot be opened
  std::string unreadable;                      // why the stored secret cannot be opened; else empty
  std::uint64_t revision = 0;

  ConnectionKey key() const { return {scope, record.name}; }
  std::string arn() const { return connection_arn(scope, record); }
  // What clients see. A secret that cannot be opened makes the connection DEAUTHORIZED until its key is back, whatever
  // is stored of its state.
  ConnectionState state() const { return unreadable.empty() ? record.state : ConnectionState::kDeauthorized; }
  const std::string& state_reason() const { return unreadable.empty() ? record.state_reason : unreadable; }
};

// An API destination as it is at one moment; immutable.
struct ApiDestinationEntry {
  Scope scope;
  ApiDestinationRecord record;
  std::uint64_t revision = 0;

  std::string arn() const { return api_destination_arn(scope, record); }
};

// Connections and API destinations: stored in the Catalog and read from it once, at start; from then on memory is what
// everybody reads, and it changes only after the commit that made a change durable. The same contract as BusCatalog: a
// mutation validates, commits and applies under its scope's mutex; readers never wait; safe to call from any thread.
//
// The secrets of connections are stored sealed, in memory they are open. Nothing of them is ever in an error or a log
// line.
//
// Errors carry AWS's words. kInvalid: the request; kNotFound; kConflict: exists already; kLimit; kUnavailable: storage
// did not take it and nothing has changed.
//
// Stored documents (formats: bus/connection_records.cpp):
//   connection/<account>/<region>/<name>
//   api-destination/<account>/<region>/<name>
class ConnectionCatalog {
 public:
  using Connection = std::shared_ptr<const ConnectionEntry>;
  using ApiDestination = std::shared_ptr<const ApiDestinationEntry>;

  ConnectionCatalog(Storage& storage, Clock& clock, Rng& rng, const ConnectionLimits& limits, SecretKeys keys,
                    spdlog::logger& log);
  ~ConnectionCatalog();

  // Reads everything stored. Called once, before anything else. kInternal names the document that cannot be read; a
  // secret that cannot be opened is no error, but logged and a reason for its connection to be DEAUTHORIZED.
  Result<void> load();

  // Called with each connection that becomes AUTHORIZING, after the change is durable: somebody is to get its first
  // token and to say what came of it (authorization_ended). Set once, before requests are served.
  void on_authorizing(std::function<void(const Connection&)> begin) { on_authorizing_ = std::move(begin); }
  // Those that were AUTHORIZING when the daemon last ended.
  std::vector<Connection> authorizing() const;

  // Seals anew what was sealed with a key that is not the first of the file any more; how many. After that the old keys
  // may leave the file.
  asio::awaitable<CatalogResult<std::size_t>> reseal();

  // Connections and API destinations; how many that were.
  asio::awaitable<Result<std::size_t>> reset(ResetScope scope);

  // ---- Connections (connection_catalog_connections.cpp) ----

  // "Failed to describe the connection(s). Connection 'X' does not exist."
  CatalogResult<Connection> connection(const ConnectionKey& key) const;
  // By ARN; nullptr when there is none of that ARN, be it of that name.
  Connection connection_of(std::string_view arn) const;
  std::vector<Connection> connections(const Scope& scope) const;  // by name

  struct NewConnection {
    std::optional<std::string> description, kms_key_identifier;
    ConnectionAuth auth;
  };
  asio::awaitable<CatalogResult<Connection>> create_connection(ConnectionKey key, NewConnection wanted);
  // Members that are given change. With `auth` the connection is authorized again; of it, too, only what is given
  // changes, unless its type is another one.
  struct ConnectionChanges {
    std::optional<std::string> description, kms_key_identifier;
    std::optional<ConnectionAuth> auth;
  };
  asio::awaitable<CatalogResult<Connection>> update_connection(ConnectionKey key, ConnectionChanges changes);
  // Both answer the connection as it was before.
  asio::awaitable<CatalogResult<Connection>> deauthorize_connection(ConnectionKey key);
  asio::awaitable<CatalogResult<Connection>> delete_connection(ConnectionKey key);

  // What came of authorizing `tried`: no reason means AUTHORIZED. Changes nothing when the connection is another one by
  // now, or has other credentials.
  asio::awaitable<CatalogResult<void>> authorization_ended(Connection tried, std::optional<std::string> failure);

  // ---- API destinations (connection_catalog_destinations.cpp) ----

  // "Failed to describe the api-destination(s). An api-destination 'X' does not exist."
  CatalogResult<ApiDestination> api_destination(const ApiDestinationKey& key) const;
  ApiDestination api_destination_of(std::string_view arn) const;  // nullptr as connection_of
  std::vector<ApiDestination> api_destinations(const Scope& scope) const;
  // ACTIVE: its connection exists and is AUTHORIZED.
  bool active(const ApiDestinationEntry& destination) const;

  struct ApiDestinationSettings {
    std::optional<std::string> description, connection_arn, endpoint, method;
    std::optional<std::int64_t> rate_per_second;
  };
  asio::awaitable<CatalogResult<ApiDestination>> create_api_destination(ApiDestinationKey key,
                                                                        ApiDestinationSettings wanted);
  asio::awaitable<CatalogResult<ApiDestination>> update_api_destination(ApiDestinationKey key,
                                                                        ApiDestinationSettings changes);
  asio::awaitable<CatalogResult<void>> delete_api_destination(ApiDestinationKey key);

 private:
  struct ScopeState {
    AsyncMutex mutation;  // held by the one mutation in progress
    // Under ConnectionCatalog::mutex_:
    std::map<std::string, Connection, std::less<>> connections;
    std::map<std::string, ApiDestination, std::less<>> destinations;
  };

  static Error quota_exceeded() { return limit_exceeded("The requested resource exceeds the maximum number allowed."); }

  ScopeState& scope_state(const Scope& scope);
  const ScopeState* find_scope(const Scope& scope) const;  // with mutex_ held

  // Commits one document and, when that is done, puts the entry into memory; no `next` erases. When the document is no
  // longer what it was made from (a commit that failed, when its sync did, turned out to be on the disk after all), the
  // scope is read anew and the answer is kUnavailable: clients try again by themselves.
  asio::awaitable<CatalogResult<void>> write(ConnectionKey key, Connection before,
                                             std::shared_ptr<ConnectionEntry> next);
  asio::awaitable<CatalogResult<void>> write(ApiDestinationKey key, ApiDestination before,
                                             std::shared_ptr<ApiDestinationEntry> next);
  template <typename Entry>
  using Entries = std::map<std::string, std::shared_ptr<const Entry>, std::less<>>;
  template <typename Entry>
  asio::awaitable<CatalogResult<void>> write_entry(ConnectionKey key, std::string path,
                                                   std::shared_ptr<const Entry> before, std::shared_ptr<Entry> next,
                                                   Entries<Entry> ScopeState::*entries);
  asio::awaitable<CatalogResult<void>> commit(Scope scope, CatalogWrite change);

  // The record, its credentials sealed; AUTHORIZING or AUTHORIZED as their type wants.
  CatalogResult<std::shared_ptr<ConnectionEntry>> authorized(const Scope& scope, ConnectionRecord record,
                                                             ConnectionAuth auth);
  void announce(const Connection& connection);
  asio::awaitable<CatalogResult<std::size_t>> reseal_scope(Scope scope);
  asio::awaitable<Result<std::size_t>> reset_scope(Scope scope);
  CatalogResult<void> check_rate(std::string_view action, const std::string& name, std::int64_t rate) const;
  CatalogResult<void> check_connection(std::string_view action, const std::string& arn) const;

  Result<void> read_stored(const std::string& below);
  void open_secret(ConnectionEntry& entry) const;

  Storage& storage_;
  Clock& clock_;
  Rng& rng_;
  const ConnectionLimits& limits_;
  const SecretKeys keys_;
  spdlog::logger& log_;
  std::function<void(const Connection&)> on_authorizing_;

  mutable std::shared_mutex mutex_;
  std::map<Scope, std::unique_ptr<ScopeState>> scopes_;
};

}  // namespace eventbus
