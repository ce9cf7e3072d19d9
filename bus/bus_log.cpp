#include "bus/bus_log.h"

#include "bus/arn.h"
#include "bus/bus_contracts.h"
#include "bus/json_text.h"

#include <boost/json/serialize.hpp>

#include <array>
#include <optional>
#include <utility>

namespace eventbus {

namespace {

using Level = BusLogLevel;

// AWS: "a record over 1 MB loses fields" (behaviour §18).
constexpr std::size_t kRecordBytesMax = 1'000'000;

constexpr std::array<std::pair<std::string_view, Level>, 4> kLevels = {
    {{"OFF", Level::kOff}, {"ERROR", Level::kError}, {"INFO", Level::kInfo}, {"TRACE", Level::kTrace}}};

std::string_view name_of(Level level) { return kLevels[static_cast<std::size_t>(level)].first; }

// A JSON object that is written member by member.
class Object {
 public:
  Object& text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(text_, value);
    return *this;
  }
  Object& text_if(std::string_view name, std::string_view value) { return value.empty() ? *this : text(name, value); }
  Object& number(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  Object& raw(std::string_view name, std::string_view json) {
    key(name);
    text_ += json;
    return *this;
  }
  Object& texts(std::string_view name, const std::vector<std::string>& values) {
    key(name);
    text_ += '[';
    for (const std::string& value : values) {
      if (text_.back() != '[') text_ += ',';
      append_json_string(text_, value);
    }
    text_ += ']';
    return *this;
  }
  std::string close() && { return std::move(text_) + '}'; }

 private:
  void key(std::string_view name) {
    if (text_.size() > 1) text_ += ',';
    append_json_string(text_, name);
    text_ += ':';
  }
  std::string text_ = "{";
};

std::int64_t milliseconds(TimePoint when) { return when.time_since_epoch().count(); }

// What every record begins with.
struct Head {
  const Scope& scope;
  std::string_view bus, request_id, event_id, invocation_id;
  TimePoint now;
};

Object begin(const Head& head, std::string_view type, Level level) {
  Object record;
  record.text("resource_arn", bus_arn(head.scope, head.bus)).text("event_bus_name", head.bus);
  record.text_if("request_id", head.request_id).text_if("event_id", head.event_id);
  record.text_if("invocation_id", head.invocation_id);
  record.number("message_timestamp_ms", milliseconds(head.now)).text("message_type", type);
  record.text("log_level", name_of(level));
  return record;
}

// A field that may be too large for its record.
struct LargeField {
  std::string_view name;
  std::string_view json;
};

// The record with `details` and the large fields in them, or without those if it would be too large.
std::string finish(Object record, Object details, const std::vector<LargeField>& large,
                   const std::optional<std::string>& error = std::nullopt) {
  std::size_t size = error ? error->size() : 0;
  for (const LargeField& field : large) size += field.json.size();
  const bool fits = size < kRecordBytesMax;
  std::vector<std::string> dropped;
  for (const LargeField& field : large) {
    if (fits)
      details.raw(field.name, field.json);
    else
      dropped.emplace_back(field.name);
  }
  record.raw("details", std::move(details).close());
  if (error) record.raw("error", *error);
  if (!dropped.empty()) record.texts("dropped_fields", dropped);
  return std::move(record).close();
}

// The text of one member of the envelope, as it stands.
std::string_view member_of(std::string_view envelope, std::string_view wanted) {
  std::string_view found;
  for_each_member(envelope, [&](std::string_view key, std::string_view value) {
    if (key == wanted) found = value;
  });
  return found;
}

Object describe(const Event& event) {
  Object details;
  details.text_if("caller_account_id", event.origin.account);
  if (event.time != TimePoint()) details.number("source_time_ms", milliseconds(event.time));
  details.text_if("source", event.source).text_if("detail_type", event.detail_type);
  const std::string_view resources = member_of(event.json, "resources");
  if (!resources.empty()) details.raw("resources", resources);
  return details;
}

// Ours: AWS knows no contracts.
std::string described(const ContractViolation& violation) {
  Object object;
  object.text("contract", violation.contract->record.name).text("version", violation.contract->record.version);
  object.text("path", violation.path).text("reason", violation.reason);
  return std::move(object).close();
}

std::vector<LargeField> detail_of(const Event& event, const BusLogSettings& settings) {
  const std::string_view detail = settings.full_detail ? member_of(event.json, "detail") : std::string_view();
  return detail.empty() ? std::vector<LargeField>() : std::vector<LargeField>{{"event_detail", detail}};
}

std::string quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

std::string error_of(std::optional<unsigned> http_status, std::string_view message, std::string_view service) {
  Object error;
  if (http_status) error.number("http_status_code", *http_status);
  error.text("error_message", message).text_if("aws_service", service);
  return std::move(error).close();
}

std::string_view service_of(std::string_view target_arn, std::string& owner) {
  const std::optional<Arn> arn = Arn::parse(target_arn);
  owner = arn ? arn->service : std::string();
  return owner;
}

struct Ending {
  std::string_view type, status;
  Level level;
};

Ending ending_of(const AttemptOutcome& outcome) {
  if (outcome.kind == AttemptOutcome::kDelivered) return {"INVOCATION_ATTEMPT_SUCCESS", "SUCCESS", Level::kTrace};
  if (outcome.kind == AttemptOutcome::kFailed)
    return {"INVOCATION_ATTEMPT_PERMANENT_FAILURE", "PERMANENT_FAILURE", Level::kError};
  if (outcome.throttled) return {"INVOCATION_ATTEMPT_THROTTLE", "THROTTLED", Level::kError};
  return {"INVOCATION_ATTEMPT_RETRYABLE_FAILURE", "RETRYABLE_FAILURE", Level::kError};
}

// What kind of attempt it is; AWS's names.
std::string_view type_of(const BusLog::Invocation& invocation) {
  if (invocation.held_back) return "THROTTLE";
  return invocation.attempt == 1 ? "FIRST" : "RETRY";
}

Head head_of(const BusLog::Invocation& invocation, TimePoint now) {
  return {invocation.target.bus_scope, invocation.target.bus, {}, invocation.delivery.event_id, invocation.id, now};
}

Object describe(const BusLog::Invocation& invocation) {
  Object details;
  details.text("rule_arn", invocation.delivery.rule_arn);
  details.text_if("role_arn", invocation.target.target.role_arn.value_or(""));
  details.text("target_arn", invocation.delivery.target_arn);
  return details;
}

Object with_latencies(Object details, const BusLog::Invocation& invocation, std::string_view status,
                      const BusLog::Latencies& latencies) {
  details.number("total_attempts", invocation.attempt).text("final_invocation_status", status);
  details.number("ingestion_to_start_latency_ms", latencies.start.count());
  details.number("ingestion_to_complete_latency_ms", latencies.complete.count());
  return details;
}

}  // namespace

BusLogSettings bus_log_settings(const LogConfig& config) {
  BusLogSettings settings;
  for (const auto& [name, level] : kLevels)
    if (config.level == name) settings.level = level;
  settings.full_detail = config.include_detail == "FULL";
  return settings;
}

void BusLog::arrived(const Arrival& arrival, const std::vector<Match>& matches) const {
  const BusLogSettings& settings = arrival.settings;
  if (observer_) observer_->arrived(arrival, matches, clock_.now());
  if (!settings.wants(Level::kInfo)) return;
  const Event& event = arrival.event;
  const Head head{arrival.scope, arrival.bus, arrival.request_id, event.id, {}, clock_.now()};
  const std::vector<LargeField> detail = detail_of(event, settings);
  const std::string_view type = arrival.forwarded ? "EVENT_RECEIPT" : "EVENT_INGEST_SUCCESS";
  Object arrived = describe(event);
  if (arrival.violation) arrived.raw("contract_violation", described(*arrival.violation));
  sink_(finish(begin(head, type, Level::kInfo), std::move(arrived), detail));
  if (settings.wants(Level::kTrace))
    sink_(finish(begin(head, "RULE_MATCH_START", Level::kTrace), describe(event), detail));
  for (const Match& match : matches) {
    Object details;
    details.text("rule_arn", match.rule_arn).texts("target_arns", match.target_arns);
    details.texts("invocation_ids", match.invocation_ids);
    sink_(finish(begin(head, "RULE_MATCH", Level::kInfo), std::move(details), {}));
  }
  if (matches.empty()) sink_(finish(begin(head, "NO_STANDARD_RULES_MATCHED", Level::kInfo), describe(event), {}));
}

void BusLog::refused(const Arrival& arrival, unsigned http_status, std::string_view message) const {
  if (!arrival.settings.wants(Level::kError)) return;
  const Head head{arrival.scope, arrival.bus, arrival.request_id, arrival.event.id, {}, clock_.now()};
  sink_(finish(begin(head, "EVENT_INGEST_FAILURE", Level::kError), describe(arrival.event),
               detail_of(arrival.event, arrival.settings), error_of(http_status, message, "")));
}

void BusLog::attempt_begins(const Invocation& invocation) const {
  if (!invocation.settings.wants(Level::kError)) return;
  const Head head = head_of(invocation, clock_.now());
  std::vector<LargeField> large;
  std::string input, properties;
  if (invocation.settings.full_detail && !invocation.delivery.input.empty()) {
    input = quoted(invocation.delivery.input);
    properties = boost::json::serialize(invocation.target.target.parameters);
    large = {{"target_input", input}, {"target_properties", properties}};
  }
  const auto write = [&](std::string_view type, Level level) {
    if (!invocation.settings.wants(level)) return;
    Object details = describe(invocation);
    details.number("attempt_count", invocation.attempt);
    if (type == "INVOCATION_ATTEMPT_START") details.text("attempt_type", type_of(invocation));
    sink_(finish(begin(head, type, level), std::move(details), large));
  };
  // AWS: the three have the same fields (EventBridge user guide, event bus log schema).
  if (invocation.attempt == 1) write("INVOCATION_START", Level::kTrace);
  if (invocation.held_back) write("INVOCATION_THROTTLE_START", Level::kError);
  write("INVOCATION_ATTEMPT_START", Level::kTrace);
}

void BusLog::attempt_ended(const Invocation& invocation, const AttemptOutcome& outcome, Duration took) const {
  if (observer_) observer_->attempt_ended(invocation, outcome, clock_.now());
  const Ending ending = ending_of(outcome);
  if (!invocation.settings.wants(ending.level)) return;
  Object details = describe(invocation);
  details.text("attempt_type", type_of(invocation)).number("attempt_count", invocation.attempt);
  details.number("target_duration_ms", took.count()).text("invocation_status", ending.status);
  std::vector<LargeField> large;
  std::string body;
  if (invocation.settings.full_detail && !outcome.response_body.empty()) {
    body = quoted(outcome.response_body);
    large = {{"target_response_body", body}};
  }
  std::optional<std::string> error;
  std::string service;
  if (outcome.kind != AttemptOutcome::kDelivered)
    error = error_of(outcome.http_status, outcome.failure.message, service_of(invocation.delivery.target_arn, service));
  sink_(finish(begin(head_of(invocation, clock_.now()), ending.type, ending.level), std::move(details), large, error));
}

void BusLog::forwarded(const Invocation& invocation) const {
  if (observer_) observer_->succeeded(invocation, clock_.now());
}

void BusLog::succeeded(const Invocation& invocation, const Latencies& since_ingestion) const {
  if (observer_) observer_->succeeded(invocation, clock_.now());
  if (!invocation.settings.wants(Level::kInfo)) return;
  Object details = with_latencies(describe(invocation), invocation, "SUCCESS", since_ingestion);
  details.number("ingestion_to_success_latency_ms", since_ingestion.complete.count());
  sink_(finish(begin(head_of(invocation, clock_.now()), "INVOCATION_SUCCESS", Level::kInfo), std::move(details), {}));
}

void BusLog::failed(const Invocation& invocation, const Latencies& since_ingestion, const DeliveryFailure& failure,
                    bool dead_letter_kept) const {
  if (observer_) observer_->failed(invocation, failure, dead_letter_kept, clock_.now());
  if (!invocation.settings.wants(Level::kError)) return;
  const Head head = head_of(invocation, clock_.now());
  std::string service;
  const std::string error =
      error_of(std::nullopt, failure.message, service_of(invocation.delivery.target_arn, service));
  sink_(finish(begin(head, "INVOCATION_FAILURE", Level::kError),
               with_latencies(describe(invocation), invocation, "FAILURE", since_ingestion), {}, error));
  if (!invocation.delivery.dead_letter_arn) return;
  Object details = describe(invocation);
  details.text("dead_letter_queue_arn", *invocation.delivery.dead_letter_arn);
  details.text("dead_letter_status", dead_letter_kept ? "SENT" : "LOST");
  sink_(finish(begin(head, "INVOCATION_DLQ", Level::kError), std::move(details), {}));
}

}  // namespace eventbus
