#include "bus/archive_catalog.h"

#include "bus/archive_rule.h"

#include <mutex>
#include <utility>

namespace eventbus {

namespace {

constexpr std::string_view kArchiveKeys = "archive/";

std::string scope_path(const Scope& scope) {
  return std::string(kArchiveKeys) + scope.account + "/" + scope.region + "/";
}
std::string path_of(const ArchiveKey& key) { return scope_path(key.scope) + key.name; }
std::string gone_path(LogId log) { return std::string(kGoneArchiveKeys) + std::to_string(log); }

Error damaged(std::string_view key, std::string_view why) {
  return internal("catalog key \"" + std::string(key) + "\": " + std::string(why));
}

Error no_such_archive(std::string_view name) { return not_found("Archive " + std::string(name) + " does not exist."); }

// "archive/000000000000/us-east-1/orders"; nullopt for what is no such key.
std::optional<Scope> scope_in(std::string_view key) {
  Scope scope;
  key.remove_prefix(kArchiveKeys.size());
  for (std::string* part : {&scope.account, &scope.region}) {
    const std::size_t slash = key.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    *part = key.substr(0, slash);
    key.remove_prefix(slash + 1);
  }
  return scope;
}

Result<ArchivePtr> read_document(const CatalogEntry& entry) {
  const std::optional<Scope> scope = scope_in(entry.key);
  if (!scope) return damaged(entry.key, "malformed");
  Result<ArchiveRecord> record = decode_archive(entry.value);
  if (!record) return damaged(entry.key, record.error().message);
  auto archive = std::make_shared<Archive>();
  archive->scope = *scope;
  archive->record = *std::move(record);
  archive->revision = entry.revision;
  return ArchivePtr(std::move(archive));
}

// Nothing is kept of an empty text: AWS leaves it out of its answers.
std::optional<std::string> unless_empty(std::optional<std::string> text) {
  return text && text->empty() ? std::nullopt : std::move(text);
}

ArchiveSettings tidy(ArchiveSettings settings) {
  settings.description = unless_empty(std::move(settings.description));
  settings.event_pattern = unless_empty(std::move(settings.event_pattern));
  settings.kms_key_identifier = unless_empty(std::move(settings.kms_key_identifier));
  return settings;
}

template <typename T>
void take(std::optional<T>& setting, std::optional<T>& change) {
  if (change) setting = std::move(change);
}

}  // namespace

ArchiveCatalog::ArchiveCatalog(Dependencies dependencies) : dependencies_(dependencies) {}

ArchiveCatalog::~ArchiveCatalog() = default;

// ---- Reading ----

Result<void> ArchiveCatalog::load() {
  for (const CatalogEntry& entry : dependencies_.storage.catalog().list(kArchiveKeys)) {
    TRY(ArchivePtr archive, read_document(entry));
    ScopeState& scope = scope_state(archive->scope);
    scope.archives.insert_or_assign(archive->record.name, std::move(archive));
  }
  return {};
}

ArchiveCatalog::ScopeState& ArchiveCatalog::scope_state(const Scope& scope) {
  std::unique_lock lock(mutex_);
  std::unique_ptr<ScopeState>& state = scopes_[scope];
  if (!state) state = std::make_unique<ScopeState>();
  return *state;
}

CatalogResult<ArchivePtr> ArchiveCatalog::archive(const ArchiveKey& key) const {
  std::shared_lock lock(mutex_);
  const auto scope = scopes_.find(key.scope);
  if (scope == scopes_.end()) return no_such_archive(key.name);
  const auto found = scope->second->archives.find(key.name);
  if (found == scope->second->archives.end()) return no_such_archive(key.name);
  return found->second;
}

std::vector<ArchivePtr> ArchiveCatalog::archives(const Scope& scope) const {
  std::vector<ArchivePtr> all;
  std::shared_lock lock(mutex_);
  if (const auto state = scopes_.find(scope); state != scopes_.end())
    for (const auto& [name, archive] : state->second->archives) all.push_back(archive);
  return all;
}

std::vector<ArchivePtr> ArchiveCatalog::archives() const {
  std::vector<ArchivePtr> all;
  std::shared_lock lock(mutex_);
  for (const auto& [scope, state] : scopes_)
    for (const auto& [name, archive] : state->archives) all.push_back(archive);
  return all;
}

// Nothing is stored about it: the rule says it.
ArchiveCatalog::Status ArchiveCatalog::status(const Archive& archive) const {
  const auto rule = dependencies_.buses.rule(archive_rule(archive));
  if (rule && feeds((*rule)->record, archive)) return {};
  return {ArchiveState::kDisabled, "Managed rule for the archive was forcefully deleted."};
}

ArchiveCatalog::Contents ArchiveCatalog::stored(const Archive& archive) const {
  const EventLog::Bounds bounds = dependencies_.storage.log().bounds(archive.record.events);
  return {bounds.head + 1 - bounds.horizon, bounds.bytes()};
}

asio::awaitable<Result<ArchiveCatalog::Contents>> ArchiveCatalog::contents(ArchivePtr archive) const {
  const TimePoint expired = expired_before(archive->record.settings, dependencies_.clock.now());
  if (expired == TimePoint::min()) co_return stored(*archive);
  EventLog& log = dependencies_.storage.log();
  const LogId events = archive->record.events;
  CO_TRY(const std::uint64_t first, co_await log.seek(events, expired));
  CO_TRY(const std::vector<LogEntry> entries, co_await log.read(events, first, 1, 1));
  if (entries.empty()) co_return Contents{};
  const EventLog::Bounds bounds = log.bounds(events);
  co_return Contents{bounds.head + 1 - entries.front().sequence, bounds.bytes_ever - entries.front().bytes_before};
}

// ---- Changing ----

asio::awaitable<CatalogResult<ArchivePtr>> ArchiveCatalog::create(ArchiveKey key, std::string bus,
                                                                  ArchiveSettings settings, std::string created_by) {
  settings = tidy(std::move(settings));
  CO_TRY_VOID(check(settings));
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  if (archive(key)) co_return conflict("Archive " + key.name + " already exists.");
  CO_TRY_VOID(dependencies_.buses.bus({key.scope, bus}));

  auto next = std::make_shared<Archive>();
  next->scope = key.scope;
  next->record.name = key.name;
  next->record.bus = std::move(bus);
  next->record.settings = std::move(settings);
  next->record.id = dependencies_.rng.uuid();
  next->record.created_at = dependencies_.clock.now();
  CO_TRY(next->record.events, co_await dependencies_.log_ids.next());
  CO_TRY(next->record.zones, co_await dependencies_.log_ids.next());
  co_return co_await put(nullptr, std::move(next), std::move(created_by));
}

asio::awaitable<CatalogResult<ArchivePtr>> ArchiveCatalog::update(ArchiveKey key, Changes changes,
                                                                  std::string updated_by) {
  if (changes.event_pattern && !changes.event_pattern->empty())
    CO_TRY_VOID(check_archive_pattern(*changes.event_pattern, dependencies_.limits.event_pattern_characters));
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const ArchivePtr before, archive(key));
  auto next = std::make_shared<Archive>(*before);
  ArchiveSettings& settings = next->record.settings;
  take(settings.description, changes.description);
  take(settings.event_pattern, changes.event_pattern);
  take(settings.kms_key_identifier, changes.kms_key_identifier);
  settings.retention_days = changes.retention_days.value_or(settings.retention_days);
  settings = tidy(std::move(settings));
  co_return co_await put(before, std::move(next), std::move(updated_by));
}

CatalogResult<void> ArchiveCatalog::check(const ArchiveSettings& settings) const {
  if (!settings.event_pattern) return {};
  return check_archive_pattern(*settings.event_pattern, dependencies_.limits.event_pattern_characters);
}

asio::awaitable<CatalogResult<ArchivePtr>> ArchiveCatalog::put(ArchivePtr before, std::shared_ptr<Archive> next,
                                                               std::string account) {
  const std::string path = path_of(next->key());
  BusCatalog::Actor service{std::move(account), std::string(kArchiveService)};
  std::vector<CatalogWrite> documents;
  documents.push_back({path, encode(next->record), before ? before->revision : 0});
  auto done = co_await dependencies_.buses.put_managed_rule(archive_rule(*next), archive_rule_settings(next->record),
                                                            archive_rule_target(*next), std::move(service),
                                                            std::move(documents));
  reread(next->key());
  if (!done) co_return std::move(done).error();
  co_return archive(next->key());
}

asio::awaitable<CatalogResult<void>> ArchiveCatalog::remove(ArchiveKey key) {
  ScopeState& scope = scope_state(key.scope);
  const AsyncMutex::Guard guard = co_await scope.mutation.lock();
  CO_TRY(const ArchivePtr before, archive(key));
  std::vector<CatalogWrite> documents;
  documents.push_back({path_of(key), std::nullopt, before->revision});
  // Out of sight at once; the space comes back in the background.
  const std::string since = std::to_string(dependencies_.clock.now().time_since_epoch().count());
  for (const LogId log : {before->record.events, before->record.zones})
    documents.push_back({gone_path(log), since, std::nullopt});
  auto done = co_await dependencies_.buses.erase_managed_rule(archive_rule(*before), std::string(kArchiveService),
                                                              std::move(documents));
  reread(key);
  if (done) dependencies_.zones.forget(*before);
  co_return done;
}

// Memory follows what is stored, whatever came of the commit: a write that failed may be on the disk after all.
void ArchiveCatalog::reread(const ArchiveKey& key) {
  const std::optional<CatalogEntry> entry = dependencies_.storage.catalog().get(path_of(key));
  ArchivePtr archive;
  if (entry) archive = read_document(*entry).value();  // written by this very program
  ScopeState& scope = scope_state(key.scope);
  std::unique_lock lock(mutex_);
  if (archive)
    scope.archives.insert_or_assign(key.name, std::move(archive));
  else
    scope.archives.erase(key.name);
}

}  // namespace eventbus
