#include "adapters/aws/events/put_events.h"

#include "adapters/aws/events/events_api.h"
#include "adapters/aws/events/put_events_request.h"
#include "bus/arn.h"
#include "bus/bus_contracts.h"
#include "bus/default_bus.h"
#include "bus/event.h"
#include "bus/json_text.h"
#include "bus/text_length.h"
#include "bus/trace_header.h"

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace eventbus::aws {

namespace {

constexpr std::size_t kSourceMax = 256;
constexpr std::size_t kDetailTypeMax = 128;
constexpr std::size_t kResultBytes = 51;  // of an accepted entry in the answer, comma included

// Why an entry was refused.
struct EntryFailure {
  std::string_view code;
  std::string message;
};

// --- the request as a whole

std::optional<AwsError> refuse_whole(const PutEventsApi& api, const PutEventsRequest& request, std::string_view body) {
  if (may_break_constraints(request, api.limits.put_events_entries)) {
    AwsResult<json::object> tree = decode_json(body);
    if (!tree) return std::move(tree).error();
    if (api.constraints)
      if (std::optional<AwsError> violation = (*api.constraints)("PutEvents", *tree)) return violation;
    if (!request.entries || request.entries->empty()) return validation("At least one entry is required.");
    if (request.entries->size() > api.limits.put_events_entries)
      return validation("More than " + std::to_string(api.limits.put_events_entries) + " entries in the request.");
  }
  return std::nullopt;
}

// The decoder stops at the first thing that has the wrong type; the model says in AWS's words what is wrong with it.
AwsError undecodable(const PutEventsApi& api, std::string_view body, AwsError found) {
  AwsResult<json::object> tree = decode_json(body);
  if (tree && api.constraints)
    if (std::optional<AwsError> violation = (*api.constraints)("PutEvents", *tree)) return std::move(*violation);
  return found;
}

std::size_t size_of(const std::vector<PutEventsEntry>& entries) {
  std::size_t bytes = 0;
  for (const PutEventsEntry& entry : entries) bytes += entry_size(entry);
  return bytes;
}

// --- one entry

EntryFailure not_valid(std::string_view parameter, std::string_view reason) {
  std::string message = "Parameter ";
  message += parameter;
  message += " is not valid. Reason: ";
  message += reason;
  return {"InvalidArgument", std::move(message)};
}

// No text has more UTF-16 units than bytes.
bool is_longer(std::string_view text, std::size_t most) { return text.size() > most && utf16_length(text) > most; }

// AWS: an empty text counts as missing (behaviour §5).
bool is_missing(const std::optional<std::string_view>& text) { return !text || text->empty(); }

std::optional<EntryFailure> check_entry(const PutEventsEntry& entry, const Limits& limits) {
  if (is_missing(entry.source)) return not_valid("Source", "Source is a required argument.");
  if (is_missing(entry.detail_type)) return not_valid("DetailType", "DetailType is a required argument.");
  if (is_missing(entry.detail)) return not_valid("Detail", "Detail is a required argument.");
  if (is_longer(*entry.source, kSourceMax))
    return not_valid("Source", "Source must have length less than or equal to 256.");
  if (is_longer(*entry.detail_type, kDetailTypeMax))
    return not_valid("DetailType", "DetailType must have length less than or equal to 128.");
  if (entry.source->starts_with("aws.") && !limits.allow_aws_sources)
    return EntryFailure{"NotAuthorizedForSourceException", "Not authorized for the source."};
  return std::nullopt;
}

// AWS: an ARN's account and region win over the caller's.
void address(Publisher::Addressed& to, const PutEventsEntry& entry, const Scope& caller) {
  to.scope = caller;
  to.bus = entry.event_bus_name.value_or(kDefaultBus);
  if (!to.bus.starts_with("arn:")) return;
  if (const std::optional<Arn> arn = Arn::parse(to.bus)) {
    to.scope = arn->scope();
    to.bus = arn->resource.substr(arn->resource.find('/') + 1);
  }
}

// Makes the entry an event, or says why it is none; then `accepted` is unspecified.
std::optional<EntryFailure> accept_entry(const PutEventsEntry& entry, const PutEventsApi& api,
                                         const RequestContext& context, TimePoint now, Publisher::Addressed& accepted) {
  if (std::optional<EntryFailure> failure = check_entry(entry, api.limits)) return failure;
  address(accepted, entry, context.scope);
  Event& event = accepted.event;
  event.id = api.rng.uuid();
  event.source = *entry.source;
  event.detail_type = *entry.detail_type;
  event.origin = {context.scope.account, accepted.scope.region};
  event.time = entry.time_milliseconds ? TimePoint(Duration(*entry.time_milliseconds))
                                       : std::chrono::floor<std::chrono::seconds>(now);
  event.accepted_at = now;
  // AWS: the entry's header beats the request's, even a malformed one (behaviour §20).
  event.trace_header = propagated_trace_header(entry.trace_header.value_or(context.trace_header), now, api.rng);
  std::span<const std::string_view> resources;
  if (entry.resources) resources = *entry.resources;
  std::optional<std::string> json = make_envelope(event, resources, *entry.detail);
  if (!json) return EntryFailure{"MalformedDetail", "Detail is malformed."};
  event.json = std::move(*json);
  return std::nullopt;
}

// Holds the event against the contracts of its bus. Where the bus rejects, what does not fit is a failure; where it
// warns, the event goes on with a mark. AWS has nothing like it, so the code is ours.
std::optional<EntryFailure> check_contracts(const PutEventsApi& api, const AllContracts& contracts,
                                            Publisher::Addressed& event) {
  const BusContracts* bus = contracts.find(event.scope, event.bus);
  if (!bus) return std::nullopt;
  event.violation = api.contracts->check(*bus, event.scope, event.bus, event.event);
  if (!event.violation || bus->mode() != ValidationMode::kReject) return std::nullopt;
  return EntryFailure{"SchemaViolation", "Event does not fit " + event.violation->to_string() + "."};
}

void log_refused(const PutEventsApi& api, const PutEventsEntry& entry, const RequestContext& context,
                 Publisher::Addressed& event, const EntryFailure& failure) {
  address(event, entry, context.scope);
  event.event.source = entry.source.value_or("");
  event.event.detail_type = entry.detail_type.value_or("");
  event.event.origin = context.scope;
  const BusLogSettings settings = api.bus_log->settings(event.scope, event.bus);
  api.bus_log->refused({event.scope, event.bus, context.request_id, event.event, settings}, 400, failure.message);
}

// --- the answer

void append_accepted(std::string& results, std::string_view event_id) {
  if (!results.empty()) results += ',';
  results += "{\"EventId\":\"";
  results += event_id;
  results += "\"}";
}

void append_refused(std::string& results, const EntryFailure& failure) {
  if (!results.empty()) results += ',';
  results += "{\"ErrorCode\":\"";
  results += failure.code;
  results += "\",\"ErrorMessage\":";
  append_json_string(results, failure.message);
  results += '}';
}

std::string answer(std::string_view results, std::size_t failed) {
  std::string body = "{\"FailedEntryCount\":" + std::to_string(failed) + ",\"Entries\":[";
  body += results;
  body += "]}";
  return body;
}

AwsError refused(PutEventsApi& api, AwsError error) {
  api.metrics.put_events_failed();
  return error;
}

}  // namespace

asio::awaitable<AwsResult<std::string>> put_events(PutEventsApi& api, const RequestContext& context,
                                                   const net::Request& request) {
  const TimePoint now = api.clock.now();

  // Decode, and refuse what makes the whole request fail.
  AwsResult<PutEventsRequest> decoded = decode_put_events(request.body);
  if (!decoded) co_return refused(api, undecodable(api, request.body, std::move(decoded).error()));
  const std::size_t bytes = decoded->entries ? size_of(*decoded->entries) : 0;
  api.metrics.put_events_size(bytes);
  if (std::optional<AwsError> refusal = refuse_whole(api, *decoded, request.body))
    co_return refused(api, std::move(*refusal));
  const std::vector<PutEventsEntry>& entries = *decoded->entries;
  if (bytes > api.limits.put_events_bytes)
    co_return refused(api, validation("Total size of the entries in the request is over the limit."));

  // A bad entry gets its own error, in its own place; the good ones go on.
  std::string results;
  std::vector<Publisher::Addressed> accepted;
  results.reserve(entries.size() * kResultBytes);
  accepted.reserve(entries.size());
  const std::shared_ptr<const AllContracts> contracts = api.contracts ? api.contracts->contracts() : nullptr;
  for (const PutEventsEntry& entry : entries) {
    Publisher::Addressed& event = accepted.emplace_back();
    std::optional<EntryFailure> failure = accept_entry(entry, api, context, now, event);
    if (!failure && contracts && !contracts->empty()) failure = check_contracts(api, *contracts, event);
    if (failure) {
      append_refused(results, *failure);
      if (api.bus_log) log_refused(api, entry, context, event, *failure);
      accepted.pop_back();
    } else {
      append_accepted(results, event.event.id);
      if (api.bus_log) event.request_id = context.request_id;
    }
  }
  const std::size_t failed = entries.size() - accepted.size();

  // Match and make durable. Beyond this point the client's events are safe.
  if (!accepted.empty()) {
    Result<void> published = co_await api.publisher.publish(std::move(accepted));
    if (!published && published.error().code == ErrorCode::kLimit) {
      api.metrics.put_events_throttled();
      co_return throttling(std::move(published).error().message);
    }
    if (!published) co_return refused(api, AwsError(std::move(published).error()));
  }
  api.metrics.put_events_accepted(entries.size(), failed, api.clock.now() - now);
  co_return answer(results, failed);
}

asio::awaitable<AwsResult<std::string>> put_events(EventsApi& api, const RequestContext& context,
                                                   const net::Request& request) {
  return put_events(api.put_events, context, request);
}

}  // namespace eventbus::aws
