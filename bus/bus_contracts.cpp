#include "bus/bus_contracts.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::size_t kEnvelopeDepthMax = kDetailDepthMax + 1;
constexpr std::size_t kTreeBytes = 8 * 1'024;  // on the stack; larger events take more from the heap

// What the schema is about, in the tree of an event.
const json::value& subject_in(json::value& event, const ContractRecord& record) {
  json::object& envelope = event.get_object();
  if (record.subject == schemas::Subject::kDetail) return envelope.at("detail");
  envelope["version"] = record.version;
  return event;
}

}  // namespace

std::vector<schemas::Violation> BoundContract::check(json::value& event, std::size_t most) const {
  return validator.check(subject_in(event, record), most);
}

bool BoundContract::fits(json::value& event) const { return validator.fits(subject_in(event, record)); }

std::string ContractViolation::to_string() const {
  const schemas::Violation violation{path, reason, ""};
  return "the contract " + contract->record.name + ", version " + contract->record.version + ": " +
         schemas::to_string(violation);
}

BusContracts::BusContracts(ValidationMode mode, std::vector<Bound> all) : mode_(mode), all_(std::move(all)) {
  std::ranges::sort(all_, [](const Bound& left, const Bound& right) {
    if (left->record.name != right->record.name) return left->record.name < right->record.name;
    return is_older_version(left->record.version, right->record.version);
  });
  for (const Bound& bound : all_) by_event_[{bound->record.source, bound->record.detail_type}].push_back(bound);
  for (auto& [event, bound] : by_event_)
    std::ranges::stable_sort(bound, [](const Bound& left, const Bound& right) {
      return is_older_version(right->record.version, left->record.version);
    });
}

const std::vector<BusContracts::Bound>& BusContracts::of(std::string_view source, std::string_view detail_type) const {
  static const std::vector<Bound> kNone;
  const auto found = by_event_.find({source, detail_type});
  return found == by_event_.end() ? kNone : found->second;
}

std::shared_ptr<const ContractViolation> BusContracts::check(const Event& event) const {
  if (mode_ == ValidationMode::kOff) return nullptr;
  const std::vector<Bound>& bound = of(event.source, event.detail_type);
  if (bound.empty()) return nullptr;

  unsigned char buffer[kTreeBytes];
  json::monotonic_resource memory(buffer, sizeof buffer);
  Result<json::value> tree = schemas::parse_document(event.json, kEnvelopeDepthMax, &memory);
  schemas::Violation first;
  if (tree) {
    for (const Bound& contract : bound) {
      if (!contract->fits(*tree)) continue;
      contract->counters->add(ContractCounters::kFits);
      return nullptr;
    }
    first = bound.front()->check(*tree, 1).front();
  } else {
    first.reason = std::move(tree).error().message;
  }
  bound.front()->counters->add(mode_ == ValidationMode::kReject ? ContractCounters::kRejected
                                                                : ContractCounters::kViolates);
  return std::make_shared<ContractViolation>(
      ContractViolation{bound.front(), std::move(first.path), std::move(first.reason)});
}

const BusContracts* AllContracts::find(const Scope& scope, std::string_view bus) const {
  const auto of_scope = by_scope_.find(scope);
  if (of_scope == by_scope_.end()) return nullptr;
  const auto found = of_scope->second.find(bus);
  return found == of_scope->second.end() ? nullptr : found->second.get();
}

void AllContracts::put(const Scope& scope, const std::string& bus, std::shared_ptr<const BusContracts> contracts) {
  by_scope_[scope].insert_or_assign(bus, std::move(contracts));
}

}  // namespace eventbus
