#pragma once

#include "adapters/aws/credentials/sts_client.h"
#include "bus/arn.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::aws {

// The services whose targets can be forwarded, as their ARNs and signatures name them.
inline constexpr std::array<std::string_view, 9> kForwardedServices = {
    "events", "execute-api", "firehose", "kinesis", "lambda", "logs", "sns", "sqs", "states"};

// One entry of the configuration's `forward` section: targets that live elsewhere, and how to get there.
struct ForwardRule {
  std::vector<std::string> accounts;  // never empty
  std::vector<std::string> regions;   // empty: all
  std::vector<std::string> services;  // empty: all of kForwardedServices
  // Where instead of AWS: one URL for everything, or for single services. Without '/' at the end. In that of
  // execute-api {api} stands for the id of the API.
  std::optional<std::string> endpoint;
  std::map<std::string, std::string, std::less<>> endpoints;
  std::optional<std::string> sts_endpoint;
  std::optional<std::string> profile;      // else the credential chain
  std::optional<RoleToAssume> role;        // assumed with it
  std::optional<std::string> map_account;  // what the account of the target's ARN is called there

  bool covers(const Arn& arn) const;
  // The URL that calls for what is named begin with. An API of API Gateway has one of its own.
  std::string endpoint_of(const Arn& arn) const;
  // The ARN as it is called there.
  Arn mapped(Arn arn) const;
};

// All of them. Immutable; nothing leaves the machine for what no rule covers.
class ForwardRules {
 public:
  ForwardRules() = default;
  explicit ForwardRules(std::vector<ForwardRule> rules) : rules_(std::move(rules)) {}

  // The first rule that covers it; nullptr if none does.
  const ForwardRule* find(const Arn& arn) const;
  bool empty() const { return rules_.empty(); }
  const std::vector<ForwardRule>& all() const { return rules_; }

 private:
  std::vector<ForwardRule> rules_;
};

}  // namespace eventbus::aws
