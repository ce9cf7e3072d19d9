#include "adapters/aws/sts/get_caller_identity.h"

namespace eventbus::aws {

asio::awaitable<AwsResult<json::object>> get_caller_identity(StsApi&, const RequestContext& context, json::object) {
  json::object output;
  // AWS: an IAM user's id is "AIDA" and 17 characters; ours is derived from the account, so that it stays the same.
  output["UserId"] = "AIDAEVENTBUSD" + context.scope.account.substr(0, 8);
  output["Account"] = context.scope.account;
  output["Arn"] = context.caller_arn;
  co_return output;
}

}  // namespace eventbus::aws
