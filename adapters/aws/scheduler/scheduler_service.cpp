#include "adapters/aws/scheduler/scheduler_service.h"

#include "adapters/aws/constraints.h"
#include "adapters/aws/rest_json_protocol.h"
#include "adapters/aws/scheduler/scheduler_constraints.h"

#include <array>
#include <utility>

namespace eventbus::aws {

namespace {

// The errors of the model and their statuses.
constexpr std::array kErrors = {
    RestError{"ConflictException", "ConflictException", 409},
    RestError{"InternalFailure", "InternalServerException", 500},
    RestError{"ResourceNotFoundException", "ResourceNotFoundException", 404},
    RestError{"ServiceQuotaExceededException", "ServiceQuotaExceededException", 402},
    RestError{"ThrottlingException", "ThrottlingException", 429},
    RestError{"ValidationException", "ValidationException", 400},
};
constexpr RestJsonProtocol kProtocol{"scheduler", "Message", {}, kErrors};

class SchedulerService final : public Service {
 public:
  explicit SchedulerService(SchedulerApi api) : api_(api), constraints_(scheduler_inputs()) {
    check_ = [this](std::string_view operation, json::object& input) { return constraints_.admit(operation, input); };
  }

  std::string_view name() const override { return "scheduler"; }

  bool claims(const RequestContext& context, const net::Request& request) const override {
    return claims_rest(routes_, name(), context.service, request);
  }

  asio::awaitable<net::Response> handle(RequestContext context, net::Request request) override {
    co_return co_await answer_rest(kProtocol, scheduler_operations(), std::span<const RestRoute>(routes_), api_,
                                   context, request, check_);
  }

 private:
  SchedulerApi api_;
  const Constraints constraints_;
  const std::vector<RestRoute> routes_ = routes_of("scheduler", scheduler_operations());
  InputCheck check_;
};

}  // namespace

std::unique_ptr<Service> make_scheduler_service(SchedulerApi api) { return std::make_unique<SchedulerService>(api); }

}  // namespace eventbus::aws
