#include "adapters/aws/logs/logs_service.h"

#include "adapters/aws/json_protocol.h"
#include "adapters/aws/logs/logs_constraints.h"

#include <utility>

namespace eventbus::aws {

namespace {

constexpr JsonProtocol kProtocol{"logs", "Logs_20140328.", "application/x-amz-json-1.1", "", false};

class LogsService final : public Service {
 public:
  explicit LogsService(LogsApi api) : api_(api), constraints_(logs_inputs()) {
    check_ = [this](std::string_view operation, json::object& input) {
      std::optional<AwsError> violation = constraints_.admit(operation, input);
      // AWS: CloudWatch Logs has its own name for what other services call ValidationException.
      if (violation && violation->type == "ValidationException") violation->type = "InvalidParameterException";
      return violation;
    };
  }

  std::string_view name() const override { return "logs"; }

  bool claims(const RequestContext&, const net::Request& request) const override {
    return claims_json(kProtocol, request);
  }

  asio::awaitable<net::Response> handle(RequestContext context, net::Request request) override {
    co_return co_await answer_json(kProtocol, logs_operations(), api_, context, request, check_);
  }

 private:
  LogsApi api_;
  const Constraints constraints_;
  InputCheck check_;
};

}  // namespace

std::unique_ptr<Service> make_logs_service(LogsApi api) { return std::make_unique<LogsService>(api); }

}  // namespace eventbus::aws
