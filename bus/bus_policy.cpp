#include "bus/bus_policy.h"

#include "bus/arn.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::string_view kVersion = "2012-10-17";

// AWS: the fifteen actions that a bus policy admits (behaviour §6); IAM identity policies know more.
constexpr std::array<std::string_view, 15> kAdmittedActions = {
    "events:DeleteRule",        "events:DescribeEventBus",
    "events:DescribeRule",      "events:DisableRule",
    "events:EnableRule",        "events:ListRuleNamesByTarget",
    "events:ListRules",         "events:ListTagsForResource",
    "events:ListTargetsByRule", "events:PutEvents",
    "events:PutRule",           "events:PutTargets",
    "events:RemoveTargets",     "events:TagResource",
    "events:UntagResource"};

// IAM's wildcards: '*' is any run, '?' one character. Without regard to case when asked. Greedy with one retreat point.
bool glob_matches(std::string_view pattern, std::string_view text, bool ignore_case) {
  const auto fold = [&](char c) {
    return ignore_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  };
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || fold(pattern[p]) == fold(text[t]))) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool admitted_action(std::string_view action) {
  return std::any_of(kAdmittedActions.begin(), kAdmittedActions.end(),
                     [&](std::string_view admitted) { return glob_matches(action, admitted, true); });
}

bool account_number(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string root_arn(std::string_view account) { return "arn:aws:iam::" + std::string(account) + ":root"; }

Error unsupported(std::string_view parameter) {
  return invalid("Provided value in parameter '" + std::string(parameter) + "' is not supported.");
}

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }

// An organization's id: "o-" and 10 to 32 lower-case letters and digits (AWS Organizations API, OrganizationId).
bool organization_id(std::string_view text) {
  if (!text.starts_with("o-")) return false;
  text.remove_prefix(2);
  return text.size() >= 10 && text.size() <= 32 &&
         text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
}

Result<json::object> to_statement(const Permission& permission, std::string_view bus_arn) {
  if (!admitted_action(permission.action) || permission.action.find_first_of("*?") != std::string::npos)
    return unsupported("action");
  json::object statement;
  statement["Sid"] = permission.statement_id;
  statement["Effect"] = "Allow";
  if (permission.principal == "*")
    statement["Principal"] = "*";
  else
    statement["Principal"] = json::object{{"AWS", root_arn(permission.principal)}};
  statement["Action"] = permission.action;
  statement["Resource"] = bus_arn;
  if (const auto& condition = permission.condition) {
    if (condition->type != "StringEquals") return unsupported("condition.type");
    if (condition->key != "aws:PrincipalOrgID") return unsupported("condition.key");
    if (!organization_id(condition->value)) return invalid("Provided value in parameter 'condition.value' is invalid.");
    json::object& operation = statement["Condition"].emplace_object()[condition->type].emplace_object();
    operation[condition->key] = condition->value;
  }
  return statement;
}

// A stored document, or the one to begin with.
json::object document_of(const std::optional<std::string>& policy) {
  if (policy) return json::parse(*policy).as_object();
  return {{"Version", kVersion}, {"Statement", json::array()}};
}

// The document's statements, as a list: a single statement object stands for a list of one.
json::array& statements_of(json::object& document) {
  json::value& statement = document.at("Statement");
  if (!statement.is_array()) statement = json::array{statement};
  return statement.get_array();
}

bool has_id(const json::value& statement, std::string_view id) {
  const json::value* sid = statement.as_object().if_contains("Sid");
  return sid && sid->is_string() && view(sid->get_string()) == id;
}

// A member that is one text or a list of texts, as IAM allows everywhere; nullopt for anything else.
std::optional<std::vector<std::string_view>> texts_of(const json::value& value) {
  if (value.is_string()) return std::vector{view(value.get_string())};
  if (!value.is_array()) return std::nullopt;
  std::vector<std::string_view> texts;
  for (const json::value& element : value.get_array()) {
    if (!element.is_string()) return std::nullopt;
    texts.push_back(view(element.get_string()));
  }
  return texts;
}

// Where the n-th element of the document's Statement list begins, for AWS's "line L column N". `text` is valid JSON.
std::string location_of_statement(std::string_view text, std::size_t index) {
  std::size_t depth = 0, seen = 0, line = 1, column = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    ++column;
    const char c = text[i];
    if (c == '\n') ++line, column = 0;
    if (in_string) {
      if (c == '\\')
        ++i, ++column;
      else if (c == '"')
        in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '}' || c == ']') --depth;
    // Statements are the only objects two levels down, in a list.
    if (c == '{' && depth == 2 && seen++ == index) break;
    if (c == '{' || c == '[') ++depth;
  }
  return "line " + std::to_string(line) + " column " + std::to_string(column);
}

Result<void> check_actions(const json::value& value) {
  const auto actions = texts_of(value);
  if (!actions || actions->empty()) return invalid("Missing required field Action");
  if (!std::all_of(actions->begin(), actions->end(), admitted_action)) return unsupported("action");
  return {};
}

// The bus itself, rules of it, or a wildcard over them.
Result<void> check_resources(const json::value& value, std::string_view bus_arn) {
  const auto resources = texts_of(value);
  if (!resources || resources->empty()) return invalid("Missing required field Resource");
  const Arn bus = *Arn::parse(bus_arn);
  const std::string name = bus.resource.substr(bus.resource.find('/') + 1);
  const std::string rules = Arn{bus.partition, bus.service, bus.region, bus.account, "rule/"}.to_string();
  for (const std::string_view resource : *resources) {
    if (glob_matches(resource, bus_arn, false) || resource.starts_with(rules)) continue;
    const std::optional<Arn> other = Arn::parse(resource);
    const std::string relative = other ? other->resource : std::string(resource);
    return invalid("The relative-id \"" + relative + "\" is invalid for ARN \"" + std::string(resource) + "\"");
  }
  return {};
}

void normalise_principal(json::value& principal) {
  if (!principal.is_object()) return;
  json::value* aws = principal.get_object().if_contains("AWS");
  if (!aws) return;
  const auto normalise = [](json::value& value) {
    if (value.is_string() && account_number(view(value.get_string()))) value = root_arn(view(value.get_string()));
  };
  normalise(*aws);
  if (aws->is_array()) std::for_each(aws->get_array().begin(), aws->get_array().end(), normalise);
}

Result<void> check_statement(json::object& statement, std::string_view bus_arn) {
  for (const char* field : {"Sid", "Effect", "Principal", "Action", "Resource"}) {
    if (!statement.contains(field)) return invalid(std::string("Missing required field ") + field);
  }
  const json::value& effect = statement["Effect"];
  if (effect != "Allow" && effect != "Deny") return invalid("Invalid effect: " + json::serialize(effect));
  TRY_VOID(check_actions(statement["Action"]));
  TRY_VOID(check_resources(statement["Resource"], bus_arn));
  normalise_principal(statement["Principal"]);
  return {};
}

Result<void> check_statements(json::array& statements, std::string_view text, std::string_view bus_arn) {
  std::set<std::string, std::less<>> ids;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    if (!statements[i].is_object()) return invalid("This policy contains invalid Json");
    json::object& statement = statements[i].get_object();
    TRY_VOID(check_statement(statement, bus_arn));
    const json::value& sid = statement["Sid"];
    if (!sid.is_string()) return invalid("This policy contains invalid Json");
    if (!ids.emplace(view(sid.get_string())).second)
      return invalid("Invalid statement at " + location_of_statement(text, i) +
                     ": The Statement Ids in the policy are not unique");
  }
  return {};
}

}  // namespace

CatalogResult<std::string> add_permission(const std::optional<std::string>& policy, std::string_view bus_arn,
                                          const Permission& permission) {
  TRY(json::object statement, to_statement(permission, bus_arn));
  json::object document = document_of(policy);
  json::array& statements = statements_of(document);
  const auto same = std::find_if(statements.begin(), statements.end(),
                                 [&](const json::value& other) { return has_id(other, permission.statement_id); });
  if (same != statements.end())
    *same = std::move(statement);
  else
    statements.push_back(std::move(statement));
  return json::serialize(document);
}

CatalogResult<std::optional<std::string>> remove_permission(const std::optional<std::string>& policy,
                                                            std::string_view statement_id) {
  json::object document = document_of(policy);
  json::array& statements = statements_of(document);
  const auto found = std::find_if(statements.begin(), statements.end(),
                                  [&](const json::value& statement) { return has_id(statement, statement_id); });
  if (found == statements.end()) return not_found("Statement with the provided id does not exist.");
  statements.erase(found);
  if (statements.empty()) return std::optional<std::string>();
  return std::optional(json::serialize(document));
}

CatalogResult<std::string> check_policy(std::string_view text, std::string_view bus_arn) {
  json::error_code failure;
  json::value document = json::parse(json::string_view(text.data(), text.size()), failure);
  if (failure) return invalid("This policy contains invalid Json");
  if (!document.is_object()) return invalid("This text appears not to be a policy");
  json::object& policy = document.get_object();
  json::value* statement = policy.if_contains("Statement");
  const bool empty = !statement || (statement->is_array() && statement->get_array().empty());
  if (empty) return invalid("Could not parse the policy: Statement is empty!");
  if (!policy.contains("Version")) return invalid("Missing required field Version");
  if (statement->is_array()) {
    TRY_VOID(check_statements(statement->get_array(), text, bus_arn));
  } else if (statement->is_object()) {
    TRY_VOID(check_statement(statement->get_object(), bus_arn));
  } else {
    return invalid("This policy contains invalid Json");
  }
  return json::serialize(document);
}

}  // namespace eventbus
