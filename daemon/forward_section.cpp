#include "daemon/forward_section.h"

#include "adapters/aws/request_signer.h"
#include "daemon/setting_name.h"
#include "daemon/setting_value.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 11> kMembers = {"accounts",    "regions",      "services",   "endpoint",
                                                       "endpoints",   "profile",      "role_arn",   "role_session_name",
                                                       "external_id", "sts_endpoint", "map_account"};

using Check = bool (*)(std::string_view);

bool is_service(std::string_view text) {
  return std::ranges::find(aws::kForwardedServices, text) != aws::kForwardedServices.end();
}

bool is_endpoint(std::string_view text) {
  const aws::UrlParts url = aws::UrlParts::of(text);
  const bool bare = (url.path.empty() || url.path == "/") && url.query.empty();
  return (url.scheme == "https" || url.scheme == "http") && !url.host.empty() && bare;
}

bool is_role_arn(std::string_view text) {
  return text.starts_with("arn:") && text.find(":role/") != std::string_view::npos;
}

std::string joined_services() {
  std::string text;
  for (const std::string_view service : aws::kForwardedServices) text.append(text.empty() ? "" : ", ").append(service);
  return text;
}

// One entry, read member by member.
class Entry {
 public:
  Entry(std::string place, const json::object& object) : place_(std::move(place)), object_(object) {}

  Result<void> check_members() const {
    for (const auto& [name, value] : object_) {
      const std::string_view key(name.data(), name.size());
      if (std::ranges::find(kMembers, key) != kMembers.end()) continue;
      std::string problem = place_ + ": unknown key \"" + std::string(key) + "\"";
      if (const auto meant = nearest(key, kMembers)) problem += "; did you mean " + std::string(*meant) + "?";
      return invalid(std::move(problem));
    }
    return {};
  }

  Result<std::optional<std::string>> text(std::string_view key, Check check, std::string_view must_be) const {
    const json::value* value = object_.if_contains(key);
    if (!value) return std::optional<std::string>();
    TRY(std::string read, text_of(*value, at(key), check, must_be));
    return std::optional(std::move(read));
  }

  Result<std::vector<std::string>> list(std::string_view key, Check check, std::string_view must_be) const {
    std::vector<std::string> all;
    const json::value* value = object_.if_contains(key);
    if (!value) return all;
    if (!value->is_array() || value->get_array().empty()) return invalid(at(key) + ": must be a list");
    for (const json::value& item : value->get_array()) {
      TRY(std::string read, text_of(item, at(key), check, must_be));
      all.push_back(std::move(read));
    }
    return all;
  }

  Result<std::map<std::string, std::string, std::less<>>> endpoints(std::string_view key) const {
    std::map<std::string, std::string, std::less<>> all;
    const json::value* value = object_.if_contains(key);
    if (!value) return all;
    if (!value->is_object()) return invalid(at(key) + ": must be a mapping of services and URLs");
    for (const auto& [service, url] : value->get_object()) {
      if (!is_service(service)) return invalid(at(key) + ": a service must be one of " + joined_services());
      TRY(std::string read, text_of(url, at(key), is_endpoint, "a URL without path"));
      all.emplace(service, without_slash(std::move(read)));
    }
    return all;
  }

  static std::string without_slash(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
  }

  const std::string& place() const { return place_; }

 private:
  std::string at(std::string_view key) const { return place_ + "." + std::string(key); }

  static Result<std::string> text_of(const json::value& value, const std::string& where, Check check,
                                     std::string_view must_be) {
    // YAML reads 12 digits without quotes as a number.
    std::string text;
    if (value.is_string()) text = std::string(value.get_string());
    if (value.is_int64()) text = std::to_string(value.get_int64());
    if (text.empty() || !check(text)) return invalid(where + ": must be " + std::string(must_be));
    return text;
  }

  std::string place_;
  const json::object& object_;
};

Result<aws::ForwardRule> parse_rule(const Entry& entry) {
  constexpr std::string_view kAccount = "12 digits (in quotes)";
  constexpr std::string_view kUrl = "a URL without path, as https://bus.example.org:4566";
  TRY_VOID(entry.check_members());
  aws::ForwardRule rule;
  TRY(rule.accounts, entry.list("accounts", is_account, kAccount));
  if (rule.accounts.empty()) return invalid(entry.place() + ": accounts is missing");
  TRY(rule.regions, entry.list("regions", is_region, "a region, as eu-central-1"));
  TRY(rule.services, entry.list("services", is_service, "one of " + joined_services()));
  TRY(rule.endpoint, entry.text("endpoint", is_endpoint, kUrl));
  if (rule.endpoint) rule.endpoint = Entry::without_slash(*std::move(rule.endpoint));
  TRY(rule.endpoints, entry.endpoints("endpoints"));
  TRY(rule.sts_endpoint, entry.text("sts_endpoint", is_endpoint, kUrl));
  if (rule.sts_endpoint) rule.sts_endpoint = Entry::without_slash(*std::move(rule.sts_endpoint));
  TRY(rule.profile, entry.text("profile", is_not_empty, "text"));
  TRY(rule.map_account, entry.text("map_account", is_account, kAccount));
  TRY(const std::optional<std::string> role, entry.text("role_arn", is_role_arn, "the ARN of a role"));
  TRY(const std::optional<std::string> session, entry.text("role_session_name", is_not_empty, "text"));
  TRY(const std::optional<std::string> external, entry.text("external_id", is_not_empty, "text"));
  if (!role && (session || external))
    return invalid(entry.place() + ": role_session_name and external_id need role_arn");
  if (role) {
    rule.role = aws::RoleToAssume{.arn = *role};
    if (session) rule.role->session_name = *session;
    rule.role->external_id = external.value_or("");
  }
  return rule;
}

}  // namespace

Result<aws::ForwardRules> parse_forward_section(const json::array& section) {
  std::vector<aws::ForwardRule> rules;
  for (std::size_t i = 0; i < section.size(); ++i) {
    const std::string place = "forward[" + std::to_string(i) + "]";
    if (!section[i].is_object()) return invalid(place + ": must be a mapping");
    TRY(aws::ForwardRule rule, parse_rule(Entry(place, section[i].get_object())));
    rules.push_back(std::move(rule));
  }
  return aws::ForwardRules(std::move(rules));
}

}  // namespace eventbus
