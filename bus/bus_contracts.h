#pragma once

#include "bus/contract_metrics.h"
#include "bus/contract_records.h"
#include "bus/event.h"
#include "bus/scope.h"
#include "schemas/schema_validator.h"
#include "schemas/violation.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace eventbus {

// A contract bound to a bus, compiled. Immutable.
struct BoundContract {
  ContractRecord record;
  schemas::SchemaValidator validator;
  std::shared_ptr<ContractCounters> counters;
  bool configured = false;     // by the configuration file, which is not changed here
  std::uint64_t revision = 0;  // of the stored document; 0: there is none

  // Holds the whole event, as a tree, against the schema; what of it is the subject's business. The envelope's
  // "version" is always "0" and the one that schemas of envelopes ask for is theirs: it is taken to be that of the
  // binding.
  std::vector<schemas::Violation> check(boost::json::value& event, std::size_t most) const;
  bool fits(boost::json::value& event) const;
};

// How an event failed all contracts that its bus has for it; in the words of the newest.
struct ContractViolation {
  std::shared_ptr<const BoundContract> contract;
  std::string path, reason;  // schemas::Violation; the path begins at the subject

  // "the contract audio-uploaded, version 1: /metadata/size must be at least 0, is -1"
  std::string to_string() const;
};

// The contracts of one bus at one moment: immutable, shared by all who publish. Safe to use from any thread.
class BusContracts {
 public:
  using Bound = std::shared_ptr<const BoundContract>;
  BusContracts(ValidationMode mode, std::vector<Bound> all);

  ValidationMode mode() const { return mode_; }
  const std::vector<Bound>& all() const { return all_; }  // by name and version

  // Those for events of this source and detail-type, newest version first; empty: there are none.
  const std::vector<Bound>& of(std::string_view source, std::string_view detail_type) const;

  // Null: it fits one of them, or there are none. Counts.
  std::shared_ptr<const ContractViolation> check(const Event& event) const;

 private:
  struct Hash {
    std::size_t operator()(const std::pair<std::string_view, std::string_view>& key) const {
      return std::hash<std::string_view>()(key.first) * 31 + std::hash<std::string_view>()(key.second);
    }
  };
  const ValidationMode mode_;
  std::vector<Bound> all_;
  // Keys live in the records of `all_`.
  std::unordered_map<std::pair<std::string_view, std::string_view>, std::vector<Bound>, Hash> by_event_;
};

// The contracts of all buses at one moment.
class AllContracts {
 public:
  bool empty() const { return by_scope_.empty(); }
  // Null: none, and no mode of its own.
  const BusContracts* find(const Scope& scope, std::string_view bus) const;
  void put(const Scope& scope, const std::string& bus, std::shared_ptr<const BusContracts> contracts);

  using OfScope = std::map<std::string, std::shared_ptr<const BusContracts>, std::less<>>;
  const std::map<Scope, OfScope>& by_scope() const { return by_scope_; }

 private:
  std::map<Scope, OfScope> by_scope_;
};

}  // namespace eventbus
