#include "adapters/aws/logs/logs_handlers.h"
#include "adapters/aws/logs/logs_members.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace eventbus::aws {

namespace {

constexpr std::size_t kPageDefault = 50;

// AWS: PutRetentionPolicy takes these numbers of days.
constexpr std::array kRetentions = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                    365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

std::string not_a_retention(std::int64_t days) {
  std::string message = "1 validation error detected: Value '" + std::to_string(days) +
                        "' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [";
  for (const int allowed : kRetentions) message += (allowed == 1 ? "" : ", ") + std::to_string(allowed);
  return message + "]";
}

json::object describe(const LogGroup& group, std::uint64_t stored_bytes) {
  json::object output;
  output["logGroupName"] = group.name;
  output["creationTime"] = log_time(group.created_at);
  if (group.retention_days) output["retentionInDays"] = *group.retention_days;
  output["metricFilterCount"] = 0;
  output["arn"] = group.arn + ":*";
  output["storedBytes"] = stored_bytes;
  if (group.kms_key_id) output["kmsKeyId"] = *group.kms_key_id;
  output["logGroupClass"] = group.group_class;
  output["logGroupArn"] = group.arn;
  output["deletionProtectionEnabled"] = group.deletion_protected;
  return output;
}

// Which groups DescribeLogGroups is asked for.
class Wanted {
 public:
  explicit Wanted(const json::object& input)
      : prefix_(log_text(input, "logGroupNamePrefix")),
        pattern_(log_text(input, "logGroupNamePattern")),
        group_class_(log_text(input, "logGroupClass")) {
    if (const json::value* identifiers = input.if_contains("logGroupIdentifiers"))
      for (const json::value& identifier : identifiers->as_array()) identifiers_.emplace_back(identifier.as_string());
  }

  bool is_contradictory() const { return prefix_ && pattern_; }
  bool takes(const LogGroup& group) const {
    if (prefix_ && !group.name.starts_with(*prefix_)) return false;
    if (pattern_ && !contains_ignoring_case(group.name, *pattern_)) return false;
    if (group_class_ && group.group_class != *group_class_) return false;
    const auto names = [&](const std::string& identifier) {
      return identifier == group.name || identifier == group.arn || identifier == group.arn + ":*";
    };
    return identifiers_.empty() || std::ranges::any_of(identifiers_, names);
  }
  std::string binding(const Scope& scope) const {
    std::string text = "DescribeLogGroups " + scope.account + " " + scope.region + " " + prefix_.value_or("") + " " +
                       pattern_.value_or("") + " " + group_class_.value_or("");
    for (const std::string& identifier : identifiers_) text += " " + identifier;
    return text;
  }

 private:
  // AWS: the pattern is a substring, "case-insensitive".
  static bool contains_ignoring_case(std::string_view text, std::string_view part) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return !std::ranges::search(text, part, {}, lower, lower).empty() || part.empty();
  }

  std::optional<std::string> prefix_, pattern_, group_class_;
  std::vector<std::string> identifiers_;
};

}  // namespace

asio::awaitable<AwsResult<json::object>> create_log_group(LogsApi& api, const RequestContext& context,
                                                          json::object input) {
  LogGroup group;
  group.scope = context.scope;
  group.name = *log_text(input, "logGroupName");
  group.kms_key_id = log_text(input, "kmsKeyId");
  group.group_class = log_text(input, "logGroupClass").value_or("STANDARD");
  group.deletion_protected = log_flag(input, "deletionProtectionEnabled");
  group.tags = log_tags(input);
  if (group.name.starts_with("aws/"))
    co_return invalid_parameter("Log groups starting with AWS/ are reserved for AWS.");
  CO_TRY_VOID(logs_result(co_await api.store.create_group(std::move(group))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> delete_log_group(LogsApi& api, const RequestContext& context,
                                                          json::object input) {
  CO_TRY_VOID(logs_result(co_await api.store.delete_group(context.scope, *log_text(input, "logGroupName"))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> describe_log_groups(LogsApi& api, const RequestContext& context,
                                                             json::object input) {
  const Wanted wanted(input);
  if (wanted.is_contradictory())
    co_return invalid_parameter("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  const std::string binding = wanted.binding(context.scope);
  std::string after;
  if (const std::optional<std::string> token = log_text(input, "nextToken")) {
    CO_TRY(const std::vector<std::string> fields, read_log_token(binding, *token, 1));
    after = fields.front();
  }
  const auto limit = static_cast<std::size_t>(log_number(input, "limit").value_or(kPageDefault));

  json::object output;
  json::array list;
  std::string last;
  for (const LogGroupPtr& group : api.store.groups(context.scope)) {
    if (!wanted.takes(*group) || group->name <= after) continue;
    if (list.size() == limit) {
      output["nextToken"] = make_log_token(binding, {last});
      break;
    }
    CO_TRY(const std::uint64_t bytes, logs_result(co_await api.events.stored_bytes(group)));
    list.push_back(describe(*group, bytes));
    last = group->name;
  }
  output["logGroups"] = std::move(list);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> put_retention_policy(LogsApi& api, const RequestContext& context,
                                                              json::object input) {
  const std::int64_t days = *log_number(input, "retentionInDays");
  if (std::ranges::find(kRetentions, days) == kRetentions.end()) co_return invalid_parameter(not_a_retention(days));
  LogStore::Change change = [days](LogGroup& group) {
    group.retention_days = days;
    return Result<void>();
  };
  CO_TRY_VOID(
      logs_result(co_await api.store.change_group(context.scope, *log_text(input, "logGroupName"), std::move(change))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> delete_retention_policy(LogsApi& api, const RequestContext& context,
                                                                 json::object input) {
  LogStore::Change change = [](LogGroup& group) {
    group.retention_days = std::nullopt;
    return Result<void>();
  };
  CO_TRY_VOID(
      logs_result(co_await api.store.change_group(context.scope, *log_text(input, "logGroupName"), std::move(change))));
  co_return json::object();
}

}  // namespace eventbus::aws
