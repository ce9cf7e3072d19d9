#include "bus/schema_discovery.h"

#include "base/log_value.h"
#include "schemas/schema_content.h"

#include <spdlog/logger.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace eventbus {

namespace {

// AWS: the pattern of discoverers' rules (schema_catalog_discoverers.cpp).
bool is_discovered(std::string_view source) {
  return !source.starts_with("aws.") || source.starts_with("aws.partner/");
}

}  // namespace

SchemaDiscovery::SchemaDiscovery(SchemaCatalog& catalog, Clock& clock, spdlog::logger& log, Spawn spawn, Limits limits)
    : catalog_(catalog), clock_(clock), log_(log), spawn_(std::move(spawn)), limits_(limits) {}

SchemaDiscovery::~SchemaDiscovery() = default;

// ---- On the publisher's path ----

void SchemaDiscovery::accepted(const Scope& scope, std::string_view bus, const Event& event) {
  if (!catalog_.discovers() || !watches(scope, bus, event)) return;
  bool begin = false;
  {
    std::lock_guard lock(mutex_);
    if (!wanted(scope, event)) return;
    if (buffer_.size() >= limits_.buffered_events || buffered_bytes_ + event.json.size() > limits_.buffered_bytes) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    buffer_.push_back({scope, event.json});
    buffered_bytes_ += event.json.size();
    begin = !std::exchange(learning_, true);
  }
  if (begin) spawn_(learn());
}

bool SchemaDiscovery::watches(const Scope& scope, std::string_view bus, const Event& event) const {
  if (!is_discovered(event.source)) return false;
  const std::shared_ptr<const std::vector<DiscoveredBus>> buses = catalog_.discovered_buses();
  for (const DiscoveredBus& each : *buses) {
    if (each.bus == bus && each.scope == scope) return each.cross_account || event.origin.account == scope.account;
  }
  return false;
}

// With mutex_ held.
bool SchemaDiscovery::wanted(const Scope& scope, const Event& event) {
  const std::int64_t second = std::chrono::floor<std::chrono::seconds>(event.accepted_at).time_since_epoch().count();
  std::string kind = scope.account + '/' + scope.region + '/' + event.source;
  kind += '\0';
  kind += event.detail_type;
  if (seen_.size() >= limits_.remembered_kinds && !seen_.contains(kind)) seen_.clear();
  Seen& seen = seen_[std::move(kind)];
  if (std::exchange(seen.second, second) != second) seen.events = 0;
  if (seen.events++ < limits_.samples_per_second) return true;
  passed_over_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

// ---- In the background ----

asio::awaitable<void> SchemaDiscovery::learn() {
  co_await clock_.sleep_until(clock_.now() + limits_.gather);
  for (;;) {
    std::vector<Sample> samples;
    {
      std::lock_guard lock(mutex_);
      if (buffer_.empty()) {
        learning_ = false;
        co_return;
      }
      std::ranges::move(buffer_, std::back_inserter(samples));
      buffer_.clear();
      buffered_bytes_ = 0;
    }
    co_await learn_from(std::move(samples));
  }
}

asio::awaitable<void> SchemaDiscovery::learn_from(std::vector<Sample> samples) {
  std::map<std::pair<Scope, std::string>, schemas::LearnedSchema> shown;
  const auto discovered = catalog_.discovered_buses();
  for (const Sample& sample : samples) {
    // Somebody may have stopped or deleted the discoverer since.
    const auto same = [&](const DiscoveredBus& bus) { return bus.scope == sample.scope; };
    if (std::ranges::none_of(*discovered, same)) continue;
    learned_.fetch_add(1, std::memory_order_relaxed);
    Result<schemas::LearnedSchema> one = schemas::learn(sample.json);
    if (!one) {
      report("(unknown)", one.error().message);
      continue;
    }
    std::pair<Scope, std::string> key{sample.scope, schemas::discovered_schema_name(one->source, one->detail_type)};
    if (const auto found = shown.find(key); found != shown.end())
      found->second.shape = merged(std::move(found->second.shape), one->shape);
    else
      shown.emplace(std::move(key), *std::move(one));
  }
  for (auto& [key, schema] : shown) co_await keep(key.first, key.second, std::move(schema));
}

std::optional<SchemaDiscovery::Known> SchemaDiscovery::known(const SchemaKey& key) {
  const auto remembered = known_.find(key);
  const SchemaResult<SchemaCatalog::Schema> schema = catalog_.schema(key);
  const schemas::VersionRecord* const latest = schema ? (*schema)->record.latest() : nullptr;
  if (!latest) return std::nullopt;
  if (remembered != known_.end() && remembered->second.entry == *schema) return remembered->second;
  const SchemaResult<SchemaCatalog::Version> version = catalog_.version(key, latest->number);
  if (!version) return std::nullopt;
  std::optional<schemas::LearnedSchema> read = schemas::read_schema(version->content);
  if (!read) return std::nullopt;
  return Known{*schema, *std::move(read)};
}

asio::awaitable<void> SchemaDiscovery::keep(Scope scope, std::string name, schemas::LearnedSchema shown) {
  const SchemaKey key{scope, std::string(schemas::kDiscoveredRegistry), name};
  if (!schemas::is_schema_name(name)) {
    report(name, "no name of a schema");
    co_return;
  }
  Known next;
  if (std::optional<Known> before = known(key)) {
    next = *before;
    // Detail-types that differ in blanks only have one schema; the first one's name stays.
    next.schema.shape = merged(std::move(next.schema.shape), shown.shape);
    if (next.schema == before->schema) {
      if (known_.size() >= limits_.remembered_kinds) known_.clear();
      known_[key] = std::move(next);
      co_return;
    }
  } else {
    next.schema = std::move(shown);
  }
  std::string content = write_schema(next.schema, schemas::SchemaType::kOpenApi3);
  if (content.size() > schemas::kContentCharactersMax) {
    report(name, "its schema would be longer than 100,000 characters");
    co_return;
  }
  const SchemaResult<SchemaCatalog::Schema> put = co_await catalog_.put_discovered(scope, name, std::move(content));
  if (!put) {
    report(name, put.error().message);
    co_return;
  }
  next.entry = *put;
  known_[key] = std::move(next);
  versions_.fetch_add(1, std::memory_order_relaxed);
  log_.info("Discovered a schema. schema={} version={} account={} region={}", log_value(name),
            (*put)->record.latest()->number, scope.account, scope.region);
}

void SchemaDiscovery::report(const std::string& name, std::string_view reason) {
  failed_.fetch_add(1, std::memory_order_relaxed);
  const std::optional<std::uint64_t> held_back = failures_.admit(name + "\n" + std::string(reason), clock_.now());
  if (!held_back) return;
  log_.warn("A schema could not be discovered. schema={} reason={} more_since_last_line={}", log_value(name),
            log_value(reason), *held_back);
}

SchemaDiscovery::Counters SchemaDiscovery::counters() const {
  return {learned_.load(std::memory_order_relaxed), passed_over_.load(std::memory_order_relaxed),
          dropped_.load(std::memory_order_relaxed), failed_.load(std::memory_order_relaxed),
          versions_.load(std::memory_order_relaxed)};
}

}  // namespace eventbus
