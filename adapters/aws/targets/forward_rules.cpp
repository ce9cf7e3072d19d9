#include "adapters/aws/targets/forward_rules.h"

#include "adapters/aws/client/standard_endpoint.h"

namespace eventbus::aws {

namespace {

constexpr std::string_view kApi = "{api}";

bool names(const std::vector<std::string>& list, std::string_view value) {
  return std::ranges::find(list, value) != list.end();
}

// Of events, buses alone: API destinations of another account are called from there, not from here.
bool is_forwardable(const Arn& arn) {
  if (arn.service == "events") return arn.resource.starts_with("event-bus/");
  return std::ranges::find(kForwardedServices, arn.service) != kForwardedServices.end();
}

}  // namespace

bool ForwardRule::covers(const Arn& arn) const {
  return is_forwardable(arn) && names(accounts, arn.account) && (regions.empty() || names(regions, arn.region)) &&
         (services.empty() || names(services, arn.service));
}

std::string ForwardRule::endpoint_of(const Arn& arn) const {
  std::optional<std::string> url = endpoint;
  if (const auto found = endpoints.find(arn.service); found != endpoints.end()) url = found->second;
  if (arn.service != "execute-api") return url ? *std::move(url) : standard_endpoint(arn.service, arn.region);
  const std::string api = arn.resource.substr(0, arn.resource.find('/'));
  if (!url) return standard_endpoint(api + ".execute-api", arn.region);
  if (const std::size_t place = url->find(kApi); place != std::string::npos) url->replace(place, kApi.size(), api);
  return *std::move(url);
}

Arn ForwardRule::mapped(Arn arn) const {
  if (map_account) arn.account = *map_account;
  return arn;
}

const ForwardRule* ForwardRules::find(const Arn& arn) const {
  const auto found = std::ranges::find_if(rules_, [&arn](const ForwardRule& rule) { return rule.covers(arn); });
  return found == rules_.end() ? nullptr : &*found;
}

}  // namespace eventbus::aws
