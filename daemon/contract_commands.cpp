#include "daemon/contract_commands.h"

#include "bus/arn.h"
#include "bus/default_bus.h"
#include "daemon/json_response.h"

#include <boost/json/array.hpp>

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus {
namespace {

namespace json = boost::json;

constexpr std::size_t kRequestDepthMax = kDetailDepthMax + 2;

// A request's members, of which each must mean something. The first thing that is wrong is kept.
class Request {
 public:
  static Result<Request> parse(const net::Request& request) {
    Result<json::value> body = schemas::parse_document(request.body, kRequestDepthMax);
    if (!body) return invalid("the request " + body.error().message);
    if (!body->is_object()) return invalid("the request is not an object");
    return Request(std::move(body->get_object()));
  }

  std::optional<std::string> text(std::string_view name) {
    const json::value* value = take(name);
    if (!value) return std::nullopt;
    if (value->is_string()) return std::string(value->get_string());
    wrong_ = "\"" + std::string(name) + "\" must be text";
    return std::nullopt;
  }
  std::string needed(std::string_view name) {
    std::optional<std::string> value = text(name);
    if (!value && wrong_.empty()) wrong_ = "\"" + std::string(name) + "\" is missing";
    return value.value_or("");
  }
  // An object, or text with JSON in it, as text.
  std::string document(std::string_view name) {
    const json::value* value = object_.if_contains(name);
    if (!value || value->is_string()) return needed(name);
    ++taken_;
    return json::serialize(*value);
  }
  json::value object(std::string_view name) {
    const json::value* value = take(name);
    if (value && value->is_object()) return *value;
    wrong_ = "\"" + std::string(name) + "\" must be an object";
    return json::object();
  }
  bool names_bus() const { return object_.contains("bus"); }
  BusKey bus(const Scope& default_scope) {
    const std::string name = text("bus").value_or(std::string(kDefaultBus));
    const Scope scope{text("account").value_or(default_scope.account), text("region").value_or(default_scope.region)};
    if (!name.starts_with("arn:")) return {scope, name};
    const std::optional<Arn> arn = Arn::parse(name);
    constexpr std::string_view kResource = "event-bus/";
    if (arn && arn->service == "events" && arn->resource.starts_with(kResource))
      return {arn->scope(), arn->resource.substr(kResource.size())};
    wrong_ = "\"bus\" is not the ARN of an event bus";
    return {};
  }

  // Call it when everything has been read.
  Result<void> fault() const {
    if (!wrong_.empty()) return invalid(wrong_);
    if (taken_ != object_.size()) return invalid("there are members that mean nothing here");
    return {};
  }

 private:
  explicit Request(json::object object) : object_(std::move(object)) {}
  const json::value* take(std::string_view name) {
    const json::value* value = object_.if_contains(name);
    if (value) ++taken_;
    return value;
  }

  json::object object_;
  std::size_t taken_ = 0;
  std::string wrong_;
};

// ---- list

json::object shown(const BoundContract& contract) {
  const auto count = [&](ContractCounters::Result result) { return contract.counters->count(result); };
  return {{"name", contract.record.name},
          {"version", contract.record.version},
          {"source", contract.record.source},
          {"detailType", contract.record.detail_type},
          {"subject", schemas::to_string(contract.record.subject)},
          {"from", contract.configured ? "configuration" : "catalog"},
          {"fits", count(ContractCounters::kFits)},
          {"violates", count(ContractCounters::kViolates)},
          {"rejected", count(ContractCounters::kRejected)}};
}

json::object shown(const ContractBook::Listed& listed) {
  constexpr std::array<const char*, 3> kFrom = {"default", "catalog", "configuration"};
  json::array contracts;
  for (const BusContracts::Bound& bound : listed.contracts->all()) contracts.push_back(shown(*bound));
  return {{"bus", bus_arn(listed.bus.scope, listed.bus.name)},
          {"name", listed.bus.name},
          {"mode", to_string(listed.contracts->mode())},
          {"modeFrom", kFrom[static_cast<std::size_t>(listed.mode_from)]},
          {"contracts", std::move(contracts)}};
}

asio::awaitable<net::Response> list(ContractBook& contracts, Scope scope, net::Request request) {
  Result<Request> members = Request::parse(request);
  if (!members) co_return refusal(members.error());
  const bool one = members->names_bus();
  const BusKey wanted = members->bus(scope);
  if (const auto fault = members->fault(); !fault) co_return refusal(fault.error());
  json::array buses;
  for (const ContractBook::Listed& listed : contracts.list())
    if (!one || listed.bus == wanted) buses.push_back(shown(listed));
  co_return json_response(200, json::object{{"buses", std::move(buses)}});
}

// ---- changes

asio::awaitable<net::Response> bind(ContractBook& contracts, Scope scope, net::Request request) {
  Result<Request> members = Request::parse(request);
  if (!members) co_return refusal(members.error());
  BusKey bus = members->bus(scope);
  ContractRecord record;
  record.name = members->needed("name");
  record.version = members->needed("version");
  record.source = members->needed("source");
  record.detail_type = members->needed("detailType");
  record.schema = members->document("schema");
  const auto subject = schemas::parse_subject(members->text("subject").value_or("detail"));
  if (const auto fault = members->fault(); !fault) co_return refusal(fault.error());
  if (!subject) co_return refusal(subject.error());
  record.subject = *subject;
  const Result<bool> bound = co_await contracts.bind(std::move(bus), std::move(record));
  if (!bound) co_return refusal(bound.error());
  co_return json_response(200, json::object{{"bound", *bound}});
}

asio::awaitable<net::Response> unbind(ContractBook& contracts, Scope scope, net::Request request) {
  Result<Request> members = Request::parse(request);
  if (!members) co_return refusal(members.error());
  BusKey bus = members->bus(scope);
  std::string name = members->needed("name"), version = members->needed("version");
  if (const auto fault = members->fault(); !fault) co_return refusal(fault.error());
  const Result<void> unbound = co_await contracts.unbind(std::move(bus), std::move(name), std::move(version));
  if (!unbound) co_return refusal(unbound.error());
  co_return json_response(200, json::object());
}

asio::awaitable<net::Response> set_mode(ContractBook& contracts, Scope scope, net::Request request) {
  Result<Request> members = Request::parse(request);
  if (!members) co_return refusal(members.error());
  BusKey bus = members->bus(scope);
  const std::optional<ValidationMode> mode = parse_validation_mode(members->needed("mode"));
  if (const auto fault = members->fault(); !fault) co_return refusal(fault.error());
  if (!mode) co_return json_error(400, "\"mode\" must be off, warn or reject");
  const Result<void> set = co_await contracts.set_mode(std::move(bus), *mode);
  if (!set) co_return refusal(set.error());
  co_return json_response(200, json::object());
}

// ---- validate

Result<std::string> text_of(const json::value& event, std::string_view member) {
  const json::value* value = event.get_object().if_contains(member);
  if (!value || !value->is_string()) return invalid("the event has no \"" + std::string(member) + "\"");
  return std::string(value->get_string());
}

Result<json::object> verdicts(const ContractBook& contracts, const BusKey& bus, json::value event) {
  TRY(const std::string source, text_of(event, "source"));
  TRY(const std::string detail_type, text_of(event, "detail-type"));
  if (!event.get_object().contains("detail")) return invalid("the event has no \"detail\"");
  json::array all;
  const std::shared_ptr<const AllContracts> snapshot = contracts.contracts();
  if (const BusContracts* of_bus = snapshot->find(bus.scope, bus.name)) {
    for (const BusContracts::Bound& bound : of_bus->of(source, detail_type)) {
      json::array violations;
      for (const schemas::Violation& violation : bound->check(event, 20))
        violations.push_back(json::object{{"path", violation.path}, {"reason", violation.reason}});
      all.push_back(json::object{{"name", bound->record.name},
                                 {"version", bound->record.version},
                                 {"fits", violations.empty()},
                                 {"violations", std::move(violations)}});
    }
  }
  return json::object{{"contracts", std::move(all)}};
}

asio::awaitable<net::Response> validate(ContractBook& contracts, Scope scope, net::Request request) {
  Result<Request> members = Request::parse(request);
  if (!members) co_return refusal(members.error());
  const BusKey bus = members->bus(scope);
  json::value event = members->object("event");
  if (const auto fault = members->fault(); !fault) co_return refusal(fault.error());
  const Result<json::object> answer = verdicts(contracts, bus, std::move(event));
  if (!answer) co_return refusal(answer.error());
  co_return json_response(200, *answer);
}

using Command = asio::awaitable<net::Response> (*)(ContractBook&, Scope, net::Request);

net::Handler handler(Command command, ContractBook& contracts, Scope scope) {
  return [command, &contracts, scope = std::move(scope)](net::Request request) {
    return command(contracts, scope, std::move(request));
  };
}

}  // namespace

std::map<std::string, net::Handler, std::less<>> contract_commands(ContractBook& contracts, Scope default_scope) {
  return {{"/_eventbus/schemas/list", handler(list, contracts, default_scope)},
          {"/_eventbus/schemas/bind", handler(bind, contracts, default_scope)},
          {"/_eventbus/schemas/unbind", handler(unbind, contracts, default_scope)},
          {"/_eventbus/schemas/mode", handler(set_mode, contracts, default_scope)},
          {"/_eventbus/schemas/validate", handler(validate, contracts, default_scope)}};
}

}  // namespace eventbus
