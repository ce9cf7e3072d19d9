#include "bus/redrive_policy.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::uint32_t kMaxReceiveCountMax = 1'000;
constexpr std::size_t kSourceQueueArnsMax = 10;

std::optional<json::object> parse_map(std::string_view text) {
  boost::system::error_code failure;
  json::value value = json::parse(text, failure);
  if (failure || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

// AWS takes the count as a number or as a string: consoles and templates write both.
std::optional<std::int64_t> integer_of(const json::value& value) {
  if (const std::int64_t* number = value.if_int64()) return *number;
  if (const json::string* text = value.if_string()) {
    std::int64_t number = 0;
    const char* end = text->data() + text->size();
    if (const auto [stopped, error] = std::from_chars(text->data(), end, number);
        error == std::errc() && stopped == end)
      return number;
  }
  return std::nullopt;
}

std::string as_text(const json::value& value) {
  if (const json::string* text = value.if_string()) return std::string(*text);
  return json::serialize(value);
}

}  // namespace

QueueResult<RedrivePolicy> RedrivePolicy::parse(std::string_view text) {
  const auto error = [text](std::string_view reason) { return invalid_parameter(text, "RedrivePolicy", reason); };

  const std::optional<json::object> map = parse_map(text);
  if (!map) return error("Redrive policy is not a valid JSON map.");
  const json::value* target = map->if_contains("deadLetterTargetArn");
  if (!target) return error("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  const json::value* count = map->if_contains("maxReceiveCount");
  if (!count) return error("Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  for (const auto& member : *map)
    if (member.key() != "deadLetterTargetArn" && member.key() != "maxReceiveCount")
      return error("Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].");

  const json::string* arn_text = target->if_string();
  std::optional<Arn> arn = arn_text ? Arn::parse(std::string_view(arn_text->data(), arn_text->size())) : std::nullopt;
  if (!arn || arn->service != "sqs" || arn->region.empty() || arn->account.empty())
    return error("Invalid value for deadLetterTargetArn.");
  const std::optional<std::int64_t> number = integer_of(*count);
  if (!number || *number < 1 || *number > kMaxReceiveCountMax)
    return error("Invalid value for maxReceiveCount: " + as_text(*count) +
                 ", valid values are from 1 to 1000 both inclusive.");
  return RedrivePolicy{std::move(*arn), static_cast<std::uint32_t>(*number)};
}

QueueResult<RedriveAllowPolicy> RedriveAllowPolicy::parse(std::string_view text) {
  const auto error = [text](std::string_view reason) { return invalid_parameter(text, "RedriveAllowPolicy", reason); };

  const std::optional<json::object> map = parse_map(text);
  if (!map) return error("RedriveAllowPolicy is not a valid JSON map.");
  const json::value* permission = map->if_contains("redrivePermission");
  if (!permission) return error("RedriveAllowPolicy does not contain mandatory attribute: redrivePermission.");
  const json::value* arns = map->if_contains("sourceQueueArns");

  RedriveAllowPolicy policy;
  const std::string name = as_text(*permission);
  if (name == "allowAll") {
    policy.permission = kAllowAll;
  } else if (name == "denyAll") {
    policy.permission = kDenyAll;
  } else if (name == "byQueue") {
    policy.permission = kByQueue;
  } else {
    return error("Invalid value for redrivePermission: " + name + ". Valid values are: [allowAll, denyAll, byQueue].");
  }

  if (policy.permission != kByQueue) {
    if (arns) return error("sourceQueueArns can only be specified when redrivePermission is byQueue.");
    return policy;
  }
  const json::array* list = arns ? arns->if_array() : nullptr;
  if (!list || list->empty() || list->size() > kSourceQueueArnsMax)
    return error("sourceQueueArns must hold between 1 and 10 queue ARNs when redrivePermission is byQueue.");
  for (const json::value& entry : *list) {
    const json::string* arn = entry.if_string();
    if (!arn || !Arn::parse(std::string_view(arn->data(), arn->size())))
      return error("Invalid value for sourceQueueArns.");
    policy.source_queue_arns.emplace_back(*arn);
  }
  return policy;
}

bool RedriveAllowPolicy::allows(std::string_view source_arn) const {
  if (permission == kByQueue) return std::ranges::find(source_queue_arns, source_arn) != source_queue_arns.end();
  return permission == kAllowAll;
}

bool redrive_allowed(const std::string* redrive_allow_policy, std::string_view source_arn) {
  if (!redrive_allow_policy) return true;
  const QueueResult<RedriveAllowPolicy> policy = RedriveAllowPolicy::parse(*redrive_allow_policy);
  return !policy || policy->allows(source_arn);
}

}  // namespace eventbus
