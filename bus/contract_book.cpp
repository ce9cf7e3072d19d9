#include "bus/contract_book.h"

#include "base/log_value.h"
#include "bus/arn.h"

#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <utility>

namespace eventbus {

namespace {

constexpr std::string_view kContracts = "contract/";
constexpr std::string_view kModes = "contract-mode/";
constexpr std::size_t kContractsPerBusMax = 1'000;
constexpr Duration kOneLinePer{60'000};

std::string path_of(std::string_view kind, const BusKey& bus) {
  return std::string(kind) + bus.scope.account + "/" + bus.scope.region + "/" + bus.name;
}

std::string path_of(const BusKey& bus, std::string_view name, std::string_view version) {
  return path_of(kContracts, bus) + "/" + std::string(name) + "/" + std::string(version);
}

// "000000000000/us-east-1/orders" → the bus. Names of buses may hold '/'.
std::optional<BusKey> bus_of(std::string_view path) {
  const std::size_t account = path.find('/');
  const std::size_t region = account == std::string_view::npos ? account : path.find('/', account + 1);
  if (region == std::string_view::npos || region + 1 == path.size()) return std::nullopt;
  return BusKey{{std::string(path.substr(0, account)), std::string(path.substr(account + 1, region - account - 1))},
                std::string(path.substr(region + 1))};
}

Error damaged(std::string_view path, std::string_view why) {
  return internal("catalog key \"" + std::string(path) + "\" " + std::string(why));
}

std::string label(const ContractRecord& record) { return record.name + ", version " + record.version; }

}  // namespace

ContractBook::ContractBook(Dependencies dependencies) : dependencies_(dependencies), limiter_(kOneLinePer) {}

// ---- at start

Result<void> ContractBook::load(const std::vector<ConfiguredContracts>& configured) {
  configured_ = configured;
  auto books = std::make_shared<Books>();
  for (const ConfiguredContracts& bus : configured_) TRY_VOID(add_configured(*books, bus));
  TRY_VOID(read_stored(*books));
  books_.store(std::move(books));
  publish();
  return {};
}

Result<void> ContractBook::add_configured(Books& books, const ConfiguredContracts& configured) {
  Book& book = books[configured.bus];
  if (configured.mode) book.configured_mode = configured.mode;
  for (const ContractRecord& record : configured.contracts) {
    TRY(BusContracts::Bound bound, compile(configured.bus, record, true, 0));
    book.contracts.insert_or_assign(Id{record.name, record.version}, std::move(bound));
  }
  return {};
}

Result<void> ContractBook::read_stored(Books& books) {
  for (const CatalogEntry& stored : dependencies_.storage.catalog().list(kContracts))
    TRY_VOID(read_contract(books, stored));
  for (const CatalogEntry& stored : dependencies_.storage.catalog().list(kModes)) TRY_VOID(read_mode(books, stored));
  return {};
}

Result<void> ContractBook::read_contract(Books& books, const CatalogEntry& stored) {
  Result<ContractRecord> record = decode_contract(stored.value);
  if (!record) return damaged(stored.key, record.error().message);
  const std::string ending = "/" + record->name + "/" + record->version;
  std::string_view path = std::string_view(stored.key).substr(kContracts.size());
  if (!path.ends_with(ending)) return damaged(stored.key, "holds another contract");
  path.remove_suffix(ending.size());
  const std::optional<BusKey> bus = bus_of(path);
  if (!bus) return damaged(stored.key, "names no bus");
  Result<BusContracts::Bound> bound = compile(*bus, *std::move(record), false, stored.revision);
  if (!bound) return damaged(stored.key, "holds a schema that cannot be used: " + bound.error().message);
  const auto [place, is_new] =
      books[*bus].contracts.try_emplace({(*bound)->record.name, (*bound)->record.version}, *bound);
  if (!is_new && place->second->record != (*bound)->record)
    dependencies_.log.warn(
        "A bound contract differs from the configured one of its version, which counts. bus={} contract={}",
        bus_arn(bus->scope, bus->name), log_value(label((*bound)->record)));
  return {};
}

Result<void> ContractBook::read_mode(Books& books, const CatalogEntry& stored) {
  const std::optional<BusKey> bus = bus_of(std::string_view(stored.key).substr(kModes.size()));
  if (!bus) return damaged(stored.key, "names no bus");
  const Result<ValidationMode> mode = decode_validation_mode(stored.value);
  if (!mode) return damaged(stored.key, mode.error().message);
  Book& book = books[*bus];
  book.stored_mode = *mode;
  book.mode_revision = stored.revision;
  return {};
}

Result<BusContracts::Bound> ContractBook::compile(const BusKey& bus, ContractRecord record, bool configured,
                                                  std::uint64_t revision) {
  TRY_VOID(check_record(record));
  TRY(schemas::SchemaValidator validator, schemas::SchemaValidator::compile(record.schema));
  auto counters = dependencies_.metrics.counters({bus.scope, bus.name, record.name, record.version});
  return std::make_shared<const BoundContract>(
      BoundContract{std::move(record), std::move(validator), std::move(counters), configured, revision});
}

// ---- publishing

std::shared_ptr<const ContractViolation> ContractBook::check(const BusContracts& contracts, const Scope& scope,
                                                             std::string_view bus, const Event& event) const {
  std::shared_ptr<const ContractViolation> violation = contracts.check(event);
  if (!violation) return nullptr;
  const ContractRecord& record = violation->contract->record;
  const std::string arn = bus_arn(scope, bus);
  const std::optional<std::uint64_t> held_back =
      limiter_.admit(arn + " " + record.name + " " + record.version, dependencies_.clock.now());
  if (!held_back) return violation;
  dependencies_.log.warn(
      "event does not fit its contract ({}) bus={} event_id={} source={} detail_type={} contract={} version={} path={} "
      "reason={} more_since_last_line={}",
      contracts.mode() == ValidationMode::kReject ? "refused" : "accepted", arn, event.id, log_value(event.source),
      log_value(event.detail_type), record.name, record.version, log_value(violation->path),
      log_value(violation->reason), *held_back);
  return violation;
}

// ---- administration

ContractBook::Book ContractBook::book_of(const BusKey& bus) const {
  const std::shared_ptr<const Books> books = books_.load();
  const auto found = books->find(bus);
  return found == books->end() ? Book() : found->second;
}

asio::awaitable<Result<bool>> ContractBook::bind(BusKey bus, ContractRecord record) {
  const AsyncMutex::Guard guard = co_await mutation_.lock();
  Book book = book_of(bus);
  const Id id{record.name, record.version};
  if (const auto known = book.contracts.find(id); known != book.contracts.end()) {
    if (known->second->record == record) co_return false;
    co_return conflict("the contract " + label(record) +
                       " is bound already and is another one; versions do not change, bind the next one");
  }
  if (book.contracts.size() >= kContractsPerBusMax)
    co_return limit_exceeded("a bus can have " + std::to_string(kContractsPerBusMax) + " contracts");
  CO_TRY(const BusContracts::Bound compiled, compile(bus, std::move(record), false, 0));
  CatalogWrite change{path_of(bus, id.first, id.second), encode(compiled->record), 0};
  CO_TRY(const std::uint64_t revision, co_await commit(std::move(change)));
  auto bound = std::make_shared<BoundContract>(*compiled);
  bound->revision = revision;
  book.contracts.emplace(id, std::move(bound));
  apply(bus, std::move(book));
  co_return true;
}

asio::awaitable<Result<void>> ContractBook::unbind(BusKey bus, std::string name, std::string version) {
  const AsyncMutex::Guard guard = co_await mutation_.lock();
  Book book = book_of(bus);
  const auto found = book.contracts.find({name, version});
  if (found == book.contracts.end()) co_return not_found("the bus has no contract " + name + ", version " + version);
  if (found->second->configured)
    co_return conflict("the contract " + label(found->second->record) + " is bound in the configuration file");
  CatalogWrite change{path_of(bus, name, version), std::nullopt, found->second->revision};
  CO_TRY_VOID(co_await commit(std::move(change)));
  book.contracts.erase(found);
  apply(bus, std::move(book));
  co_return Result<void>();
}

asio::awaitable<Result<void>> ContractBook::set_mode(BusKey bus, ValidationMode mode) {
  const AsyncMutex::Guard guard = co_await mutation_.lock();
  Book book = book_of(bus);
  if (book.configured_mode) co_return conflict("the mode of this bus is set in the configuration file");
  if (book.stored_mode == mode) co_return Result<void>();
  CatalogWrite change{path_of(kModes, bus), encode(mode), book.mode_revision};
  CO_TRY(book.mode_revision, co_await commit(std::move(change)));
  book.stored_mode = mode;
  apply(bus, std::move(book));
  co_return Result<void>();
}

asio::awaitable<Result<std::uint64_t>> ContractBook::commit(CatalogWrite change) {
  const std::string path = change.key;
  Commit commit;
  commit.catalog.push_back(std::move(change));
  // A client that goes away must not part what is stored from what is in memory.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  Result<CommitReceipt> committed = co_await dependencies_.storage.commit(std::move(commit));
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (committed) {
    const std::optional<CatalogEntry> stored = dependencies_.storage.catalog().get(path);
    co_return stored ? stored->revision : 0;
  }
  if (committed.error().code != ErrorCode::kConflict) co_return std::move(committed).error();
  CO_TRY_VOID(load(configured_));
  co_return unavailable("the contracts of the bus have just been changed by a request that failed; try again");
}

void ContractBook::apply(const BusKey& bus, Book book) {
  auto books = std::make_shared<Books>(*books_.load());
  const bool empty = book.contracts.empty() && !book.configured_mode && !book.stored_mode;
  if (empty)
    books->erase(bus);
  else
    books->insert_or_assign(bus, std::move(book));
  books_.store(std::move(books));
  publish();
}

void ContractBook::publish() {
  auto all = std::make_shared<AllContracts>();
  for (const auto& [bus, book] : *books_.load()) {
    std::vector<BusContracts::Bound> contracts;
    for (const auto& [id, bound] : book.contracts) contracts.push_back(bound);
    const ValidationMode mode =
        book.configured_mode ? *book.configured_mode : book.stored_mode.value_or(ValidationMode::kWarn);
    all->put(bus.scope, bus.name, std::make_shared<BusContracts>(mode, std::move(contracts)));
  }
  published_.store(std::move(all));
}

std::vector<ContractBook::Listed> ContractBook::list() const {
  std::vector<Listed> listed;
  const std::shared_ptr<const Books> books = books_.load();
  const std::shared_ptr<const AllContracts> all = contracts();
  for (const auto& [scope, of_scope] : all->by_scope()) {
    for (const auto& [name, contracts] : of_scope) {
      Listed one{{scope, name}, ModeFrom::kDefault, contracts};
      if (const auto book = books->find(one.bus); book != books->end()) {
        if (book->second.stored_mode) one.mode_from = ModeFrom::kCatalog;
        if (book->second.configured_mode) one.mode_from = ModeFrom::kConfiguration;
      }
      listed.push_back(std::move(one));
    }
  }
  return listed;
}

}  // namespace eventbus
