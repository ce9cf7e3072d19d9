#pragma once

#include "base/async_mutex.h"
#include "base/clock.h"
#include "base/worker_thread.h"
#include "bus/arn.h"
#include "bus/bus_policy.h"
#include "bus/bus_records.h"
#include "bus/bus_state.h"
#include "bus/catalog_error.h"
#include "bus/compiled_bus.h"
#include "bus/lane_directory.h"
#include "bus/limits.h"
#include "bus/reset.h"
#include "bus/schedule_directory.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

// Buses, rules, targets and their tags: the control plane's whole state. Stored in the Catalog and read from it once,
// at start; from then on memory is what everybody reads, and it changes only after the commit that made a change
// durable.
//
// A mutation validates, commits and applies under its scope's mutex, so parallel calls all land, one after another.
// Readers take an immutable snapshot (BusState) and are never blocked by a commit. Safe to call from any thread.
//
// Errors carry AWS's words. kInvalid: the request; kNotFound; kConflict: exists already; kLimit; kUnavailable: storage
// did not take it and nothing has changed. Names, lengths and enums are not checked here: that is the wire's business
// (adapters/aws/events/constraints.cpp).
//
// Stored documents (formats: bus/bus_records.cpp):
//   bus/<account>/<region>/<bus>           a bus; the default bus has one only once something of it was set
//   rule/<account>/<region>/<bus>/<rule>   a rule with its targets; a rule's name holds no '/', a bus's may
//   lane/<account>/<region>/<lane id>      an outbox lane that lost its target and may still hold deliveries
class BusCatalog final : public BusDirectory, public LaneDirectory, public ScheduleDirectory {
 public:
  // The counters of a rule, kept as long as the rule. May return nullptr (no metrics wanted).
  using RuleMetricsSource =
      std::function<std::shared_ptr<RuleMetrics>(const Scope&, std::string_view bus, std::string_view rule)>;

  // Is what the ARN names on another machine, although this daemon could have such a thing (a queue, a bus, a log
  // group)? Decides for all of the catalog's life; any thread.
  using LeadsElsewhere = std::function<bool(const Arn&)>;

  // `leads_elsewhere` may be null: nothing does.
  BusCatalog(Storage& storage, Clock& clock, const Limits& limits, RuleMetricsSource metrics, spdlog::logger& log,
             LeadsElsewhere leads_elsewhere = nullptr);
  ~BusCatalog() override;

  // Reads everything stored. Called once, before anything else. kInternal names the document that cannot be read.
  Result<void> load();

  // ---- Reading ----

  std::shared_ptr<const CompiledBus> find(const Scope& scope, std::string_view bus) const override;

  // "Event bus X does not exist."
  CatalogResult<std::shared_ptr<const BusState>> bus(const BusKey& key) const;
  // "Rule X does not exist on EventBus Y."
  CatalogResult<std::shared_ptr<const RuleEntry>> rule(const RuleKey& key) const;
  // By name; the default bus is among them.
  std::vector<std::shared_ptr<const BusState>> buses(const Scope& scope) const;

  // The enabled ones, of all default buses.
  std::vector<ScheduledRule> scheduled_rules() const override;
  std::optional<ScheduledRule> scheduled_rule(const Scope& scope, std::string_view name) const override;

  // ---- Buses (bus_catalog_buses.cpp) ----

  // kConflict when it exists; a caller that wants idempotence takes that as success.
  asio::awaitable<CatalogResult<std::shared_ptr<const BusState>>> create_bus(BusKey key, BusSettings settings,
                                                                             Tags tags);
  // Members that are given change; an empty text, or an empty configuration, clears.
  asio::awaitable<CatalogResult<std::shared_ptr<const BusState>>> update_bus(BusKey key, BusSettings changes);
  // A bus that does not exist is deleted successfully. kInvalid: the default bus, a bus with rules.
  asio::awaitable<CatalogResult<void>> delete_bus(BusKey key);

  asio::awaitable<CatalogResult<void>> put_permission(BusKey key, Permission permission);
  asio::awaitable<CatalogResult<void>> put_policy(BusKey key, std::string document);
  asio::awaitable<CatalogResult<void>> remove_permission(BusKey key, std::string statement_id);
  asio::awaitable<CatalogResult<void>> remove_all_permissions(BusKey key);

  // ---- Rules (bus_catalog_rules.cpp) ----

  // Who acts: users may not touch managed rules; services of the daemon (archives, discoverers) own them.
  struct Actor {
    std::string account;     // CreatedBy of a new rule
    std::string managed_by;  // of a service: what it puts is managed by it; empty = a user
  };

  // Creates the rule, or replaces all settings of it; targets stay, and tags count for a new rule only. Returns its
  // ARN.
  asio::awaitable<CatalogResult<std::string>> put_rule(RuleKey key, RuleSettings settings, Tags tags, Actor actor);
  // A rule that does not exist is deleted successfully. kInvalid: it has targets.
  asio::awaitable<CatalogResult<void>> delete_rule(RuleKey key, bool force);
  asio::awaitable<CatalogResult<void>> set_rule_state(RuleKey key, RuleState state);

  // ---- Rules of services of the daemon (bus_catalog_managed.cpp) ----

  // Puts a managed rule and its one target, replacing what the rule was, in one commit with the documents that the
  // service keeps about it. When one of these is no longer what the service takes it for, nothing happens, and the
  // answer is kUnavailable. kConflict: a rule of this name is somebody else's.
  asio::awaitable<CatalogResult<void>> put_managed_rule(RuleKey key, RuleSettings settings, TargetRecord target,
                                                        Actor service, std::vector<CatalogWrite> documents);
  // Erases it with its target, if there still is one of this service, in one commit with the documents.
  asio::awaitable<CatalogResult<void>> erase_managed_rule(RuleKey key, std::string managed_by,
                                                          std::vector<CatalogWrite> documents);

  // ---- Targets (bus_catalog_targets.cpp) ----

  // All or none: each target replaces the one of its id, or is added.
  asio::awaitable<CatalogResult<void>> put_targets(RuleKey key, std::vector<Target> targets, Actor actor);
  // Ids that the rule does not have are passed over.
  asio::awaitable<CatalogResult<void>> remove_targets(RuleKey key, std::vector<std::string> ids, bool force);

  // A lane of a target that deliveries may wait in.
  struct Lane {
    QueueId queue = 0;
    std::string rule_arn, target_id, target_arn;
    bool orphaned = false;  // its target is gone; it lives until it is empty
  };
  std::vector<Lane> outbox_lanes() const;
  std::vector<QueueId> lanes() const override;

  // Drops orphaned lanes that are empty and lost their target more than a minute ago (a publisher that still holds an
  // older snapshot may write to one). The daemon calls it every minute or so.
  asio::awaitable<CatalogResult<void>> drop_empty_lanes();

  std::shared_ptr<const LaneTarget> lane(QueueId lane) const override;
  LogConfig log_config(const Scope& scope, std::string_view bus) const override;

  // Throws away what waits in a lane, by hand: the deliveries are lost. A lane that lost its target goes with them.
  // Returns how many there were. kNotFound: no such lane.
  asio::awaitable<CatalogResult<std::uint64_t>> discard_lane(QueueId lane);

  // Targets that were put when their ARN was one of this daemon's own, and that lead elsewhere now, have no lane yet:
  // gives them one. After load(), before events are published.
  asio::awaitable<CatalogResult<void>> give_missing_lanes();

  // ---- Reset (bus_catalog_reset.cpp) ----

  // Buses, rules, targets and lanes with all that waits in them; how many buses and rules that were. Default buses are
  // as they were at first.
  asio::awaitable<Result<std::size_t>> reset(ResetScope scope);

  // ---- What events are matched with (bus_catalog_merges.cpp) ----

  // Merges the rules of buses that have not changed since the last call into one segment each, in the background. The
  // daemon calls it every minute or so.
  void settle_rules();
  // Waits for the merges that are under way.
  void finish_merges() { worker_.drain(); }

  // ---- Tags (bus_catalog_tags.cpp) ----

  // A bus, or a rule of it.
  struct Taggable {
    BusKey bus;
    std::optional<std::string> rule;
  };
  CatalogResult<Tags> tags(const Taggable& resource) const;
  asio::awaitable<CatalogResult<void>> tag(Taggable resource, Tags added);
  asio::awaitable<CatalogResult<void>> untag(Taggable resource, std::vector<std::string> keys);

 private:
  using BusPointer = std::shared_ptr<const BusState>;

  // AWS's one text for every exceeded quota (behaviour §4).
  static Error quota_exceeded() { return limit_exceeded("The requested resource exceeds the maximum number allowed."); }

  // Everything of one account in one region.
  struct ScopeState {
    AsyncMutex mutation;  // held by the one mutation in progress
    // Under BusCatalog::mutex_:
    std::map<std::string, BusPointer, std::less<>> buses;
    std::map<QueueId, OrphanedLane> orphans;
    std::set<std::string, std::less<>> merging;  // buses whose rules are being merged
    // The last merge of a bus, for a mutation that began before it was adopted: the state it is about to apply has not
    // seen it.
    std::map<std::string, std::shared_ptr<const rules::RuleMerge>, std::less<>> adopted;
    std::map<std::string, std::weak_ptr<const BusState>, std::less<>> seen;  // by settle_rules
  };

  // A bus as it is read from storage.
  struct StoredBus {
    BusRecord record;
    std::uint64_t revision = 0;
    RuleEntries rules;
  };

  // What a mutation is about to make true.
  struct Change {
    std::shared_ptr<BusState> next;    // the bus's next snapshot; null: the bus goes
    bool bus_document = false;         // the bus's own document is written (or erased)
    std::string rule;                  // the rule whose document is written, or erased when `next` has no such rule
    std::shared_ptr<RuleEntry> entry;  // of `rule` in `next`
    std::vector<QueueId> new_lanes;
    std::vector<OrphanedLane> orphans;
    std::vector<CatalogWrite> documents;  // of the service whose rule it is: of the same commit
  };

  ScopeState& scope_state(const Scope& scope);
  BusPointer stored(const Scope& scope, std::string_view bus) const;  // null if there is none in memory
  BusPointer current(const BusKey& key) const;  // null if there is none; the default bus always is
  BusPointer default_bus(const Scope& scope) const;

  // Commits, then applies. `before` is what the change was made from; null for a new bus. When the documents are no
  // longer what it was made from (a commit that failed, when its sync did, turned out to be on the disk after all), the
  // scope is read anew and the answer is kUnavailable: clients try again by themselves.
  asio::awaitable<CatalogResult<void>> carry_out(BusKey key, BusPointer before, Change change);
  // The ordinary changes: another record for the bus; another entry for one of its rules.
  asio::awaitable<CatalogResult<BusPointer>> replace_bus(BusPointer before, BusRecord record);
  asio::awaitable<CatalogResult<void>> replace_rule(BusPointer before, RuleRecord record, Change change);
  asio::awaitable<CatalogResult<void>> replace_policy(BusPointer before, std::optional<std::string> policy);
  asio::awaitable<CatalogResult<void>> replace_tags(Taggable resource, Tags added, std::vector<std::string> removed);
  asio::awaitable<CatalogResult<void>> drop_empty_lanes_of(Scope scope);
  asio::awaitable<Result<std::size_t>> reset_scope(Scope scope);
  bool leads_elsewhere(const std::string& target_arn) const;
  bool needs_lane(const TargetRecord& target) const;  // and has none
  asio::awaitable<CatalogResult<void>> give_lanes_of(RuleKey key);
  // Merges in the background what is due (see RuleIndex::next_merge).
  void merge_rules(const BusKey& key, bool all);
  void free_retired();
  void merge_until_done(const BusKey& key, bool all);
  bool adopt(const BusKey& key, const std::shared_ptr<const rules::RuleMerge>& merge);
  static std::string lane_path(const Scope& scope, QueueId lane);
  asio::awaitable<CatalogResult<void>> drop_lanes(Scope scope, std::vector<QueueId> lanes);
  // Under mutex_.
  void index_lanes(const BusState& bus, const std::string& rule, const RuleEntry& entry);
  void index_lane(const Scope& scope, const OrphanedLane& orphan);
  Commit commit_of(const BusKey& key, const BusPointer& before, const Change& change) const;
  void apply(const BusKey& key, Change change);

  // Builds the buses of the stored documents under a key prefix "account/region/" (or "", for all).
  Result<void> read_stored(const std::string& below);
  Result<void> read_rule(const CatalogEntry& entry, std::map<BusKey, StoredBus>& buses) const;
  // Parses and compiles what a rule holds. What cannot be compiled (a document of another version of this program) is
  // logged and left out of matching, never dropped.
  std::shared_ptr<RuleEntry> entry_of(const Scope& scope, std::string_view bus, RuleRecord record) const;

  CatalogResult<void> check_rule(const BusState& bus, std::string_view name, const RuleSettings& settings) const;
  CatalogResult<void> check_pattern(const BusState& bus, std::string_view name, const std::string& pattern) const;
  CatalogResult<void> check_tags(const Tags& tags) const;

  Storage& storage_;
  Clock& clock_;
  const Limits& limits_;
  RuleMetricsSource metrics_;
  LeadsElsewhere leads_elsewhere_;
  spdlog::logger& log_;
  const std::shared_ptr<const rules::RuleSet> no_rules_;  // of default buses that nobody has touched

  mutable std::shared_mutex mutex_;
  std::map<Scope, std::unique_ptr<ScopeState>> scopes_;
  std::map<QueueId, std::shared_ptr<const LaneTarget>> lane_targets_;  // of all scopes

  // What merges have replaced. A hundred thousand rules take milliseconds to be freed: not in the thread of a request
  // that happens to be their last owner, so they are kept until only we have them.
  struct Retired {
    BusPointer bus;
    std::shared_ptr<const CompiledBus> compiled;
  };
  std::vector<Retired> retired_;  // only worker_ touches it
  WorkerThread worker_;           // the last member: its jobs use the others
};

}  // namespace eventbus
