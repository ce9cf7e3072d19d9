// Clients that change connections and API destinations.

#include "tests/simulation/web_servers.h"
#include "tests/simulation/workload_change.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace eventbus::simulation {

namespace {

ConnectionKey key_of(const std::string& name) { return {kHome, name}; }

ConnectionAuth auth_of(const std::string& name, bool oauth, const std::string& secret) {
  ConnectionAuth auth;
  auth.secret = secret;
  if (!oauth) {
    auth.type = AuthorizationType::kApiKey;
    auth.name = "X-Api-Key";
    return auth;
  }
  auth.type = AuthorizationType::kOAuthClientCredentials;
  auth.name = name;
  auth.token_endpoint = WebServers::token_endpoint();
  auth.token_method = "POST";
  return auth;
}

asio::awaitable<CatalogResult<void>> create(Life& life, std::string name, ConnectionAuth auth) {
  const auto made = co_await life.connections->create_connection(key_of(name), {{}, {}, std::move(auth)});
  if (!made) co_return made.error();
  co_return CatalogResult<void>();
}

asio::awaitable<CatalogResult<void>> update(Life& life, std::string name, ConnectionAuth auth) {
  ConnectionCatalog::ConnectionChanges changes;
  changes.auth = std::move(auth);
  const auto updated = co_await life.connections->update_connection(key_of(name), std::move(changes));
  if (!updated) co_return updated.error();
  co_return CatalogResult<void>();
}

asio::awaitable<CatalogResult<void>> deauthorize(Life& life, std::string name) {
  const auto done = co_await life.connections->deauthorize_connection(key_of(name));
  if (!done) co_return done.error();
  co_return CatalogResult<void>();
}

asio::awaitable<CatalogResult<void>> erase(Life& life, std::string name) {
  const auto done = co_await life.connections->delete_connection(key_of(name));
  if (!done) co_return done.error();
  co_return CatalogResult<void>();
}

asio::awaitable<CatalogResult<void>> put(Life& life, std::string name, DestinationSpec spec, bool is_new) {
  ConnectionCatalog::ApiDestinationSettings settings;
  settings.connection_arn = spec.connection;
  settings.endpoint = WebServers::endpoint(name);
  settings.method = "POST";
  settings.rate_per_second = spec.rate;
  const auto done = is_new ? co_await life.connections->create_api_destination(key_of(name), std::move(settings))
                           : co_await life.connections->update_api_destination(key_of(name), std::move(settings));
  if (!done) co_return done.error();
  co_return CatalogResult<void>();
}

asio::awaitable<CatalogResult<void>> erase_destination(Life& life, std::string name) {
  co_return co_await life.connections->delete_api_destination(key_of(name));
}

// Those of a connection that was made; and whatever it has that the clients cannot know by themselves.
void note_arn(World& world, const std::string& name) {
  ConnectionSpec& spec = world.auditor.web.connection(name).spec.newest();
  const auto found = world.life->connections->connection(key_of(name));
  if (spec.exists && found) spec.arn = (*found)->arn();
}

asio::awaitable<void> authorize(World& world, Life& life, std::string name) {
  WebAuditor::Connection& connection = world.auditor.web.connection(name);
  ConnectionSpec next = connection.spec.latest();
  const bool is_new = !std::exchange(next.exists, true);
  if (is_new) next.arn.clear();
  next.authorized = true;
  next.secret = "secret-" + std::to_string(++world.last_secret);
  const ConnectionAuth auth = auth_of(name, connection.oauth, next.secret);
  world.trace.note((is_new ? "create connection " : "authorize connection ") + name + " with " + next.secret);
  Call call = [&life, name, auth] { return update(life, name, auth); };
  if (is_new) call = [&life, name, auth] { return create(life, name, auth); };
  co_await carry_out(world, life, "connection " + name, connection, std::move(next), std::move(call),
                     is_new ? std::optional(ErrorCode::kConflict) : std::nullopt);
  if (!life.over() && !world.auditor.history.failed()) note_arn(world, name);
}

// As carry_out(), of what is refused when its connection has gone meanwhile.
asio::awaitable<void> put_unless_refused(World& world, Life& life, std::string name, DestinationSpec next,
                                         bool is_new) {
  WebAuditor::Destination& destination = world.auditor.web.destination(name);
  History& history = world.auditor.history;
  destination.changing = true;
  destination.spec.change_begins(next, history.tick());
  for (bool again = false;; again = true) {
    const CatalogResult<void> done = co_await put(life, name, next, is_new);
    if (life.over()) co_return;
    if (done || (again && is_new && done.error().code == ErrorCode::kConflict)) {
      destination.spec.change_done(history.tick());
      world.trace.note("destination " + name + " is changed");
      break;
    }
    if (done.error().code == ErrorCode::kNotFound) {
      world.trace.note("refused: " + done.error().message);
      if (!again) destination.spec.change_refused();  // else it stays in doubt
      break;
    }
    if (done.error().code != ErrorCode::kUnavailable)
      co_return history.fail("destination " + name + " cannot be put: " + done.error().message);
    co_await world.clock.sleep_for(Duration(700));
    if (life.over()) co_return;
  }
  destination.changing = false;
}

// One that leads to a connection there is; none: nothing can be done.
std::optional<std::string> some_connection(World& world, Dice& dice) {
  std::vector<std::string> arns;
  for (const auto& [name, connection] : world.auditor.web.connections())
    if (connection.spec.settled() && !connection.changing && connection.spec.latest().exists)
      arns.push_back(connection.spec.latest().arn);
  if (arns.empty()) return std::nullopt;
  return dice.pick(arns);
}

}  // namespace

asio::awaitable<void> change_connection(World& world, Life& life, std::string name, Dice dice) {
  WebAuditor::Connection& connection = world.auditor.web.connection(name);
  if (connection.changing || !connection.spec.settled()) co_return;
  ConnectionSpec next = connection.spec.latest();
  const std::size_t what = next.exists ? dice.weighted({60, 15, 25}) : 0;
  if (what == 0) co_return co_await authorize(world, life, std::move(name));
  Call call;
  if (what == 1) {
    next.authorized = false;
    world.trace.note("deauthorize connection " + name);
    call = [&life, name] { return deauthorize(life, name); };
  } else {
    next = ConnectionSpec{};
    world.trace.note("delete connection " + name);
    call = [&life, name] { return erase(life, name); };
  }
  co_await carry_out(world, life, "connection " + name, connection, std::move(next), std::move(call),
                     what == 2 ? std::optional(ErrorCode::kNotFound) : std::nullopt);
}

asio::awaitable<void> change_destination(World& world, Life& life, std::string name, Dice dice) {
  WebAuditor::Destination& destination = world.auditor.web.destination(name);
  if (destination.changing || !destination.spec.settled()) co_return;
  DestinationSpec next = destination.spec.latest();
  if (next.exists && dice.percent(15)) {
    next = DestinationSpec{};
    world.trace.note("delete destination " + name);
    Call call = [&life, name] { return erase_destination(life, name); };
    co_return co_await carry_out(world, life, "destination " + name, destination, std::move(next), std::move(call),
                                 ErrorCode::kNotFound);
  }
  const std::optional<std::string> arn = some_connection(world, dice);
  if (!arn) co_return;
  const bool is_new = !std::exchange(next.exists, true);
  next.connection = *arn;
  next.rate = dice.pick(std::vector<std::int64_t>{1, 2, 5, 300});
  world.trace.note("put destination " + name + " of " + next.connection + ", " + std::to_string(next.rate) +
                   " a second");
  co_await put_unless_refused(world, life, name, std::move(next), is_new);
}

// Everything that deliveries need, for those that wait.
asio::awaitable<void> restore_connections(World& world, Life& life) {
  compare_connections(world);
  for (const auto& [name, connection] : world.auditor.web.connections()) co_await authorize(world, life, name);
  for (const auto& [name, known] : world.auditor.web.destinations()) {
    WebAuditor::Destination& destination = world.auditor.web.destination(name);
    DestinationSpec next = destination.spec.latest();
    if (!next.exists) continue;
    next.connection = world.auditor.web.connections().begin()->second.spec.latest().arn;
    Call call = [&life, name, next] { return put(life, name, next, false); };
    co_await carry_out(world, life, "destination " + name, destination, next, std::move(call), std::nullopt);
    if (life.over() || world.auditor.history.failed()) co_return;
  }
}

// ---- after a start

void compare_connections(World& world) {
  History& history = world.auditor.history;
  for (const auto& [name, known] : world.auditor.web.connections()) {
    WebAuditor::Connection& connection = world.auditor.web.connection(name);
    connection.changing = false;
    const auto found = world.life->connections->connection(key_of(name));
    const ConnectionEntry* const entry = found ? found->get() : nullptr;
    const bool is_known = connection.spec.settle(history.tick(), [&](const ConnectionSpec& spec) {
      if (!spec.exists || entry == nullptr) return !spec.exists && entry == nullptr;
      return spec.authorized ? entry->auth && entry->auth->secret == spec.secret : !entry->auth;
    });
    if (!is_known) history.fail("connection " + name + " is not as it was acknowledged");
    note_arn(world, name);
  }
  for (const auto& [name, known] : world.auditor.web.destinations()) {
    WebAuditor::Destination& destination = world.auditor.web.destination(name);
    destination.changing = false;
    const auto found = world.life->connections->api_destination(key_of(name));
    const ApiDestinationEntry* const entry = found ? found->get() : nullptr;
    const bool is_known = destination.spec.settle(history.tick(), [&](const DestinationSpec& spec) {
      if (!spec.exists || entry == nullptr) return !spec.exists && entry == nullptr;
      return entry->record.connection_arn == spec.connection && entry->record.rate_per_second == spec.rate;
    });
    if (!is_known) history.fail("destination " + name + " is not as it was acknowledged");
  }
}

}  // namespace eventbus::simulation
