#pragma once

#include "base/async_mutex.h"
#include "base/clock.h"
#include "base/published.h"
#include "base/result.h"
#include "bus/bus_contracts.h"
#include "bus/bus_records.h"
#include "bus/contract_records.h"
#include "bus/event.h"
#include "bus/log_limiter.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

// Which contracts the events of which bus are held against, and what becomes of those that do not fit. Two sources: the
// configuration file, which is read at start and not changed here, and what people bind while the daemon runs, which is
// stored in the Catalog. Of a bus that is in both, contracts add up, and the file's mode wins. Contracts belong to the
// name of a bus, whether there is one or not.
//
// Readers take a snapshot and never wait; mutations validate, commit and apply one after the other. Safe to call from
// any thread.
//
// Stored documents (formats: bus/contract_records.cpp):
//   contract/<account>/<region>/<bus>/<name>/<version>
//   contract-mode/<account>/<region>/<bus>
class ContractBook {
 public:
  struct Dependencies {
    Storage& storage;
    Clock& clock;
    ContractMetrics& metrics;
    spdlog::logger& log;
  };
  explicit ContractBook(Dependencies dependencies);

  // Reads everything stored and adds what is configured. Called once, before anything else. kInvalid: a configured
  // contract is wrong; kInternal names the stored document that cannot be read.
  Result<void> load(const std::vector<ConfiguredContracts>& configured);

  // ---- publishing

  std::shared_ptr<const AllContracts> contracts() const { return published_.load(); }
  // Null: the event fits, or nobody asks. Counts; and says so in the daemon's log, once a minute for each contract.
  std::shared_ptr<const ContractViolation> check(const BusContracts& contracts, const Scope& scope,
                                                 std::string_view bus, const Event& event) const;

  // ---- administration

  // Binds a contract; binding the same once more changes nothing (false). kInvalid: the record or its schema, in words
  // that name the place. kConflict: this version is bound already and is another one, since versions do not change.
  // kLimit; kUnavailable: storage did not take it.
  asio::awaitable<Result<bool>> bind(BusKey bus, ContractRecord record);
  // kNotFound; kConflict: the configuration file has bound it; kUnavailable.
  asio::awaitable<Result<void>> unbind(BusKey bus, std::string name, std::string version);
  // kConflict: the configuration file has set it; kUnavailable.
  asio::awaitable<Result<void>> set_mode(BusKey bus, ValidationMode mode);

  enum class ModeFrom { kDefault, kCatalog, kConfiguration };
  struct Listed {
    BusKey bus;
    ModeFrom mode_from = ModeFrom::kDefault;
    std::shared_ptr<const BusContracts> contracts;
  };
  // Buses that have contracts or a mode, in order.
  std::vector<Listed> list() const;

 private:
  using Id = std::pair<std::string, std::string>;  // name, version
  // What one bus has; by the mutation in progress changed and then published.
  struct Book {
    std::optional<ValidationMode> configured_mode, stored_mode;
    std::uint64_t mode_revision = 0;
    std::map<Id, BusContracts::Bound> contracts;
  };
  using Books = std::map<BusKey, Book>;

  Result<BusContracts::Bound> compile(const BusKey& bus, ContractRecord record, bool configured,
                                      std::uint64_t revision);
  Result<void> add_configured(Books& books, const ConfiguredContracts& configured);
  Result<void> read_stored(Books& books);
  Result<void> read_contract(Books& books, const CatalogEntry& stored);
  Result<void> read_mode(Books& books, const CatalogEntry& stored);
  // Commits the change and gives the new revision. On kConflict, when a commit that failed turns out to be stored after
  // all, everything is read anew and the answer is kUnavailable.
  asio::awaitable<Result<std::uint64_t>> commit(CatalogWrite change);
  Book book_of(const BusKey& bus) const;
  void apply(const BusKey& bus, Book book);
  void publish();

  Dependencies dependencies_;
  std::vector<ConfiguredContracts> configured_;
  AsyncMutex mutation_;
  Published<Books> books_{std::make_shared<Books>()};
  Published<AllContracts> published_{std::make_shared<AllContracts>()};
  mutable LogLimiter limiter_;
};

}  // namespace eventbus
