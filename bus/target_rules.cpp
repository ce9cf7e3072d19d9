#include "bus/target_rules.h"

#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace eventbus {

namespace {

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "us-east-1", "us-gov-west-1", and what an operator calls his own site in the same form. AWS has a list; ours would be
// old.
bool region_shaped(std::string_view region) {
  const std::size_t last_dash = region.rfind('-');
  if (last_dash == std::string_view::npos || std::count(region.begin(), region.end(), '-') < 2) return false;
  const std::string_view words = region.substr(0, last_dash), number = region.substr(last_dash + 1);
  const auto word_character = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
  return !number.empty() && all_digits(number) && std::all_of(words.begin(), words.end(), word_character) &&
         words.front() != '-' && words.back() != '-' && words.find("--") == std::string_view::npos;
}

constexpr std::string_view kBusPrefix = "event-bus/", kLogGroupPrefix = "log-group:";

bool is_bus(const Arn& arn) { return arn.service == "events" && arn.resource.starts_with(kBusPrefix); }
bool is_api_destination(const Arn& arn) {
  return arn.service == "events" && arn.resource.starts_with("api-destination/");
}

// Behaviour §9: targets that EventBridge reaches in a role, never by a resource policy.
bool needs_role(const Arn& arn) {
  constexpr std::array kServices = {"kinesis",   "firehose",     "states", "ecs",      "batch",
                                    "codebuild", "codepipeline", "ssm",    "redshift", "redshift-serverless",
                                    "sagemaker", "execute-api"};
  return is_api_destination(arn) || std::find(kServices.begin(), kServices.end(), arn.service) != kServices.end();
}

Error malformed_arn(std::string_view arn) {
  return invalid("Parameter " + std::string(arn) + " is not valid. Reason: Provided Arn is not in correct format.");
}

Error role_required(const Target& target) { return invalid("RoleArn is required for target " + target.arn + "."); }

Result<Arn> check_arn(const BusKey& bus, std::string_view text) {
  // The pseudo target of archives ends in ":::"; it has no resource, so Arn::parse would refuse it with the wrong text.
  if (text.starts_with("arn:aws:events:") && text.ends_with(":::"))
    return invalid("Parameter " + std::string(text) + " is not valid. Reason: Service as target config for ARN: " +
                   std::string(text) + " not found. The API call hasn't been recognized as managed rules call");
  std::optional<Arn> arn = Arn::parse(text);
  if (!arn || !arn->partition.starts_with("aws")) return malformed_arn(text);
  if (!arn->account.empty() && (arn->account.size() != 12 || !all_digits(arn->account))) return malformed_arn(text);
  const bool known_region = arn->region.empty() || arn->region == bus.scope.region || region_shaped(arn->region);
  if (!known_region) return malformed_arn(text);
  if (arn->service == "sqs" && !local_queue(text)) return malformed_arn(text);
  const bool local_service = arn->service == "sqs" || is_bus(*arn);
  if (local_service && (arn->account.empty() || arn->region.empty())) return malformed_arn(text);
  return *std::move(arn);
}

Result<void> check_bus_target(const BusKey& bus, const Target& target, const Arn& arn, const Limits& limits) {
  if (arn.scope() == bus.scope && arn.resource == "event-bus/" + bus.name)
    return invalid("Source EventBus and Target EventBus must not be the same.");
  if (!target.role_arn && !limits.allow_bus_target_without_role) return role_required(target);
  if (target.input.input || target.input.input_path || target.input.transformer)
    return invalid("Modifying the input for target " + target.id + " is not supported.");
  if (target.retry) return invalid("Retry policy is not supported for Event bus targets.");
  return {};
}

Result<void> check_logs_target(const Target& target) {
  if (target.role_arn) return invalid("RoleArn is not supported for target " + target.arn + ".");
  if (target.input.input) return invalid("Input is not supported for target " + target.arn + ".");
  if (target.input.input_path) return invalid("InputPath is not supported for target " + target.arn + ".");
  return {};
}

Result<void> check_ecs_target(const Target& target) {
  if (!target.parameters.contains("EcsParameters"))
    return invalid("Parameter(s) EcsParameters must be specified for target: " + target.id + ".");
  if (target.input.input_path) return invalid("InputPath is not supported for target " + target.arn + ".");
  return {};
}

// No more than that it can be one: the HTTP client is a layer we do not know. What it refuses is dead-lettered.
Result<void> check_http_target(const Target& target, const Limits& limits) {
  const std::string_view rest = std::string_view(target.arn).substr(target.arn.find("://") + 3);
  const bool has_host = !rest.empty() && rest.front() != '/' && rest.front() != '?' && rest.front() != '#';
  const bool printable = std::all_of(rest.begin(), rest.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!limits.allow_http_targets || !has_host || !printable || rest.find('@') != std::string_view::npos)
    return malformed_arn(target.arn);
  return {};
}

Result<void> check_input(const Target& target) {
  const InputFields& input = target.input;
  const int given = (input.input ? 1 : 0) + (input.input_path ? 1 : 0) + (input.transformer ? 1 : 0);
  if (given > 1)
    return invalid("Only one of Input, InputPath, or InputTransformer must be provided for target " + target.id + ".");
  TRY_VOID(compile_input(target.id, input));
  return {};
}

// What every kind of target may have.
Result<void> check_options(const Target& target) {
  if (target.dead_letter && target.dead_letter->arn && !Arn::parse(*target.dead_letter->arn))
    return malformed_arn(*target.dead_letter->arn);
  return check_input(target);
}

}  // namespace

std::optional<Arn> local_queue(std::string_view target_arn) {
  std::optional<Arn> arn = Arn::parse(target_arn);
  const bool queue = arn && arn->service == "sqs" && arn->resource.find_first_of(":/") == std::string::npos;
  return queue ? std::move(arn) : std::nullopt;
}

std::optional<LocalName> local_bus(const Arn& target) {
  if (!is_bus(target) || target.resource.size() == kBusPrefix.size()) return std::nullopt;
  return LocalName{target.scope(), target.resource.substr(kBusPrefix.size())};
}

std::optional<LocalName> local_log_group(const Arn& target) {
  if (target.service != "logs" || !target.resource.starts_with(kLogGroupPrefix)) return std::nullopt;
  std::string name = target.resource.substr(kLogGroupPrefix.size());
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  if (name.empty() || name.find(':') != std::string::npos) return std::nullopt;
  return LocalName{target.scope(), std::move(name)};
}

bool is_http_url(std::string_view target_arn) {
  return target_arn.starts_with("http://") || target_arn.starts_with("https://");
}

Result<void> check_target(const BusKey& bus, const Target& target, const Limits& limits) {
  if (is_http_url(target.arn)) {
    TRY_VOID(check_http_target(target, limits));
    return check_options(target);
  }
  TRY(const Arn arn, check_arn(bus, target.arn));
  if (is_bus(arn)) {
    TRY_VOID(check_bus_target(bus, target, arn, limits));
  }
  if (arn.service == "logs") {
    TRY_VOID(check_logs_target(target));
  }
  if (needs_role(arn) && !target.role_arn) return role_required(target);
  if (arn.service == "ecs") {
    TRY_VOID(check_ecs_target(target));
  }
  if (arn.service == "sqs" && arn.resource.ends_with(".fifo") && !target.sqs)
    return invalid("Parameter(s) SqsParameters must be specified for target: " + target.id + ".");
  return check_options(target);
}

void complete_target(Target& target) {
  boost::json::value* ecs = target.parameters.if_contains("EcsParameters");
  if (ecs && ecs->is_object() && !ecs->get_object().contains("TaskCount")) ecs->get_object()["TaskCount"] = 1;
}

}  // namespace eventbus
