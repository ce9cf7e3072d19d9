#include "adapters/aws/events/put_events.h"

#include "adapters/aws/events/events_api.h"
#include "adapters/aws/events/put_events_request.h"
#include "bus/arn.h"
#include "bus/event.h"
#include "bus/json_text.h"
#include "bus/text_length.h"
#include "bus/trace_header.h"

#include <array>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace eventbus::aws {

namespace {

constexpr std::size_t kSourceMax = 256;
constexpr std::size_t kDetailTypeMax = 128;
constexpr std::string_view kDefaultBus = "default";

// What became of one entry: its event's id, or why it was refused.
struct EntryFailure {
  std::string_view code;
  std::string message;
};
using EntryResult = std::variant<std::string, EntryFailure>;

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

// AWS: an empty text counts as missing (behaviour §5).
bool is_missing(const std::optional<std::string>& text) { return !text || text->empty(); }

std::optional<EntryFailure> check_entry(const PutEventsEntry& entry, const Limits& limits) {
  if (is_missing(entry.source)) return not_valid("Source", "Source is a required argument.");
  if (is_missing(entry.detail_type)) return not_valid("DetailType", "DetailType is a required argument.");
  if (is_missing(entry.detail)) return not_valid("Detail", "Detail is a required argument.");
  if (utf16_length(*entry.source) > kSourceMax)
    return not_valid("Source", "Source must have length less than or equal to 256.");
  if (utf16_length(*entry.detail_type) > kDetailTypeMax)
    return not_valid("DetailType", "DetailType must have length less than or equal to 128.");
  if (entry.source->starts_with("aws.") && !limits.allow_aws_sources)
    return EntryFailure{"NotAuthorizedForSourceException", "Not authorized for the source."};
  return std::nullopt;
}

// AWS: an ARN's account and region win over the caller's.
void address(Publisher::Addressed& to, const PutEventsEntry& entry, const Scope& caller) {
  to.scope = caller;
  to.bus = entry.event_bus_name ? *entry.event_bus_name : kDefaultBus;
  if (!to.bus.starts_with("arn:")) return;
  if (const std::optional<Arn> arn = Arn::parse(to.bus)) {
    to.scope = arn->scope();
    to.bus = arn->resource.substr(arn->resource.find('/') + 1);
  }
}

std::variant<Publisher::Addressed, EntryFailure> accept_entry(PutEventsEntry entry, const PutEventsApi& api,
                                                              const RequestContext& context, TimePoint now) {
  if (std::optional<EntryFailure> failure = check_entry(entry, api.limits)) return std::move(*failure);
  Publisher::Addressed accepted;
  address(accepted, entry, context.scope);
  Event& event = accepted.event;
  event.id = api.rng.uuid();
  event.source = std::move(*entry.source);
  event.detail_type = std::move(*entry.detail_type);
  event.origin = {context.scope.account, accepted.scope.region};
  event.time = entry.time_milliseconds ? TimePoint(Duration(*entry.time_milliseconds))
                                       : std::chrono::floor<std::chrono::seconds>(now);
  event.accepted_at = now;
  // AWS: the entry's header beats the request's, even a malformed one (behaviour §20).
  event.trace_header =
      propagated_trace_header(entry.trace_header ? *entry.trace_header : context.trace_header, now, api.rng);
  std::optional<std::string> json =
      make_envelope(event, entry.resources ? *entry.resources : std::vector<std::string>(), *entry.detail);
  if (!json) return EntryFailure{"MalformedDetail", "Detail is malformed."};
  event.json = std::move(*json);
  return accepted;
}

// --- the answer

std::string answer(const std::vector<EntryResult>& results, std::size_t failed) {
  std::string body = "{\"FailedEntryCount\":" + std::to_string(failed) + ",\"Entries\":[";
  for (const EntryResult& result : results) {
    if (body.back() == '}') body += ',';
    if (const auto* id = std::get_if<std::string>(&result)) {
      body += "{\"EventId\":\"" + *id + "\"}";
    } else {
      const auto& failure = std::get<EntryFailure>(result);
      body += "{\"ErrorCode\":\"";
      body += failure.code;
      body += "\",\"ErrorMessage\":";
      append_json_string(body, failure.message);
      body += '}';
    }
  }
  return body + "]}";
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
  if (!decoded) co_return refused(api, std::move(decoded).error());
  if (std::optional<AwsError> refusal = refuse_whole(api, *decoded, request.body))
    co_return refused(api, std::move(*refusal));
  std::vector<PutEventsEntry> entries = std::move(*decoded->entries);
  const std::size_t bytes = size_of(entries);
  api.metrics.put_events_size(bytes);
  if (bytes > api.limits.put_events_bytes)
    co_return refused(api, validation("Total size of the entries in the request is over the limit."));

  // A bad entry gets its own error, in its own place; the good ones go on.
  std::vector<EntryResult> results;
  std::vector<Publisher::Addressed> accepted;
  results.reserve(entries.size());
  accepted.reserve(entries.size());
  for (PutEventsEntry& entry : entries) {
    std::variant<Publisher::Addressed, EntryFailure> outcome = accept_entry(std::move(entry), api, context, now);
    if (auto* good = std::get_if<Publisher::Addressed>(&outcome)) {
      results.emplace_back(good->event.id);
      accepted.push_back(std::move(*good));
    } else {
      results.emplace_back(std::get<EntryFailure>(std::move(outcome)));
    }
  }
  const std::size_t failed = results.size() - accepted.size();

  // Match and make durable. Beyond this point the client's events are safe.
  if (!accepted.empty()) {
    Result<void> published = co_await api.publisher.publish(std::move(accepted));
    if (!published && published.error().code == ErrorCode::kLimit) {
      api.metrics.put_events_throttled();
      co_return throttling(std::move(published).error().message);
    }
    if (!published) co_return refused(api, AwsError(std::move(published).error()));
  }
  api.metrics.put_events_accepted(results.size(), failed, api.clock.now() - now);
  co_return answer(results, failed);
}

asio::awaitable<AwsResult<std::string>> put_events(EventsApi& api, const RequestContext& context,
                                                   const net::Request& request) {
  return put_events(api.put_events, context, request);
}

}  // namespace eventbus::aws
