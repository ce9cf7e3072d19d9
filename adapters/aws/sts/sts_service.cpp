#include "adapters/aws/sts/sts_service.h"

#include "adapters/aws/json_protocol.h"
#include "adapters/aws/query_protocol.h"
#include "adapters/aws/sts/get_caller_identity.h"

#include <algorithm>
#include <array>

namespace eventbus::aws {

namespace {

constexpr std::string_view kXmlNamespace = "https://sts.amazonaws.com/doc/2011-06-15/";
constexpr JsonProtocol kJson{"sts", "AWSSecurityTokenServiceV20110615.", "application/x-amz-json-1.1", "", false};

constexpr std::array kOperations = {
    Operation<StsApi>{"AssumeRole"},
    Operation<StsApi>{"AssumeRoleWithSAML"},
    Operation<StsApi>{"AssumeRoleWithWebIdentity"},
    Operation<StsApi>{"AssumeRoot"},
    Operation<StsApi>{"DecodeAuthorizationMessage"},
    Operation<StsApi>{"GetAccessKeyInfo"},
    Operation<StsApi>{"GetCallerIdentity", get_caller_identity},
    Operation<StsApi>{"GetDelegatedAccessToken"},
    Operation<StsApi>{"GetFederationToken"},
    Operation<StsApi>{"GetSessionToken"},
    Operation<StsApi>{"GetWebIdentityToken"},
};
static_assert(std::ranges::is_sorted(kOperations, {}, &Operation<StsApi>::name));
constexpr std::span<const Operation<StsApi>> kTable(kOperations);

class StsService final : public Service {
 public:
  std::string_view name() const override { return "sts"; }

  bool claims(const RequestContext& context, const net::Request& request) const override {
    if (!request.header("x-amz-target").empty()) return claims_json(kJson, request);
    const std::optional<std::string> action = query_action(request);
    // Unsigned: the name of the action is all there is to go by.
    return action && (context.service == "sts" || (context.service.empty() && find_operation(kTable, *action)));
  }

  asio::awaitable<net::Response> handle(RequestContext context, net::Request request) override {
    if (claims_json(kJson, request))
      co_return co_await answer_json<StsApi>(kJson, kTable, api_, context, request, no_check_);
    const AwsResult<std::vector<FormField>> fields = query_fields(request);
    if (!fields) co_return query_error(kXmlNamespace, context.request_id, fields.error());
    const std::string* action = find_field(*fields, "Action");
    const std::string name = action ? *action : std::string();
    const Operation<StsApi>* operation = find_operation(kTable, name);
    if (!operation || !operation->implemented())
      co_return query_error(kXmlNamespace, context.request_id, unknown_operation("sts", name));
    AwsResult<json::object> output = co_await run_operation(*operation, api_, context, json::object(), no_check_);
    if (!output) co_return query_error(kXmlNamespace, context.request_id, output.error());
    XmlWriter result;
    for (const auto& [member, value] : *output) result.element(member, std::string_view(value.as_string()));
    co_return query_response(name, kXmlNamespace, result.take(), context);
  }

 private:
  StsApi api_;
  const InputCheck no_check_;
};

}  // namespace

std::span<const Operation<StsApi>> sts_operations() { return kTable; }

std::unique_ptr<Service> make_sts_service() { return std::make_unique<StsService>(); }

}  // namespace eventbus::aws
