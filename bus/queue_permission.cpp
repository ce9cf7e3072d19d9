#include "bus/queue_permission.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::size_t kActionsMax = 7;      // AWS: "maximum of seven actions per statement" (AddPermission)
constexpr std::size_t kStatementsMax = 20;  // AWS: SQS quotas, policies
constexpr std::size_t kLabelCharactersMax = 80;

// AWS: actions that a queue owner may grant (SQS developer guide, permissions reference); the rest stay with the owner.
constexpr std::array<std::string_view, 11> kGrantable = {"*",
                                                         "ChangeMessageVisibility",
                                                         "ChangeMessageVisibilityBatch",
                                                         "DeleteMessage",
                                                         "DeleteMessageBatch",
                                                         "GetQueueAttributes",
                                                         "GetQueueUrl",
                                                         "ListDeadLetterSourceQueues",
                                                         "ReceiveMessage",
                                                         "SendMessage",
                                                         "SendMessageBatch"};
constexpr std::array<std::string_view, 12> kOwnerOnly = {"AddPermission",
                                                         "CancelMessageMoveTask",
                                                         "CreateQueue",
                                                         "DeleteQueue",
                                                         "ListMessageMoveTasks",
                                                         "ListQueues",
                                                         "ListQueueTags",
                                                         "RemovePermission",
                                                         "SetQueueAttributes",
                                                         "StartMessageMoveTask",
                                                         "TagQueue",
                                                         "UntagQueue"};

QueueResult<void> check(const QueuePermission& permission) {
  const std::string& label = permission.label;
  const bool plain = std::ranges::all_of(label, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (label.empty() || label.size() > kLabelCharactersMax || !plain)
    return invalid_parameter(label, "Label",
                             "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.");
  if (permission.accounts.empty()) return missing_parameter("PrincipalId");
  if (permission.actions.empty()) return missing_parameter("Actions");
  for (const std::string& account : permission.accounts)
    if (account.size() != 12 || !std::ranges::all_of(account, [](char c) { return c >= '0' && c <= '9'; }))
      return invalid_parameter(account, "PrincipalId", "Unable to verify.");
  for (const std::string& action : permission.actions) {
    if (std::ranges::find(kGrantable, action) != kGrantable.end()) continue;
    const bool known = std::ranges::find(kOwnerOnly, action) != kOwnerOnly.end();
    return invalid_parameter("SQS:" + action, "ActionName",
                             known ? "Only the queue owner is allowed to invoke this action."
                                   : "Please refer to the appropriate WSDL for a list of valid actions.");
  }
  if (permission.actions.size() > kActionsMax)
    return QueueError(QueueErrorCode::kOverLimit,
                      std::to_string(permission.actions.size()) + " Actions were found, maximum allowed is 7.");
  return {};
}

// One entry as a text, several as a list: as AWS writes policies.
json::value one_or_many(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return json::value(texts.front());
  json::array list;
  for (const std::string& text : texts) list.emplace_back(text);
  return list;
}

json::object statement_of(std::string_view queue_arn, const QueuePermission& permission) {
  std::vector<std::string> principals, actions;
  for (const std::string& account : permission.accounts) principals.push_back("arn:aws:iam::" + account + ":root");
  for (const std::string& action : permission.actions) actions.push_back("SQS:" + action);
  json::object statement;
  statement["Sid"] = permission.label;
  statement["Effect"] = "Allow";
  statement["Principal"] = json::object{{"AWS", one_or_many(principals)}};
  statement["Action"] = one_or_many(actions);
  statement["Resource"] = queue_arn;
  return statement;
}

json::object document_of(const std::string* policy) {
  if (!policy) return {};
  boost::system::error_code failure;
  json::value value = json::parse(*policy, failure);
  if (failure || !value.is_object()) return {};
  return std::move(value.as_object());
}

// The statements of a policy, where a single one may stand without a list.
json::array take_statements(json::object& document) {
  json::value* found = document.if_contains("Statement");
  if (!found) return {};
  if (json::array* list = found->if_array()) return std::move(*list);
  json::array list;
  list.push_back(std::move(*found));
  return list;
}

bool has_sid(const json::value& statement, std::string_view label) {
  const json::object* object = statement.if_object();
  const json::value* sid = object ? object->if_contains("Sid") : nullptr;
  const json::string* text = sid ? sid->if_string() : nullptr;
  return text && std::string_view(text->data(), text->size()) == label;
}

}  // namespace

QueueResult<std::string> add_permission(const std::string* policy, std::string_view queue_arn,
                                        const QueuePermission& permission) {
  TRY_VOID(check(permission));
  json::object document = document_of(policy);
  if (document.empty()) {
    document["Version"] = "2008-10-17";
    document["Id"] = std::string(queue_arn) + "/SQSDefaultPolicy";
  }
  json::array statements = take_statements(document);
  for (const json::value& statement : statements)
    if (has_sid(statement, permission.label)) return invalid_parameter(permission.label, "Label", "Already exists.");
  if (statements.size() >= kStatementsMax)
    return QueueError(QueueErrorCode::kOverLimit,
                      std::to_string(statements.size() + 1) + " statements were found, maximum allowed is 20.");
  statements.push_back(statement_of(queue_arn, permission));
  document["Statement"] = std::move(statements);
  return json::serialize(document);
}

QueueResult<std::optional<std::string>> remove_permission(const std::string* policy, std::string_view label) {
  json::object document = document_of(policy);
  json::array statements = take_statements(document);
  const auto found = std::ranges::find_if(statements, [&](const json::value& s) { return has_sid(s, label); });
  if (found == statements.end()) return invalid_parameter(label, "Label", "can't find label.");
  statements.erase(found);
  if (statements.empty()) return std::optional<std::string>();
  document["Statement"] = std::move(statements);
  return std::optional<std::string>(json::serialize(document));
}

}  // namespace eventbus
