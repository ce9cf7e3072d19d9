#include "adapters/aws/events/events_service.h"

#include "adapters/aws/constraints.h"
#include "adapters/aws/events/constraints.h"
#include "adapters/aws/events/operations.h"
#include "adapters/aws/json_protocol.h"

#include <utility>

namespace eventbus::aws {

namespace {

constexpr JsonProtocol kProtocol{"events", "AWSEvents.", "application/x-amz-json-1.1", "", false};

class EventsService final : public Service {
 public:
  explicit EventsService(EventsApi api) : api_(api), constraints_(events_inputs(), events_maxima(api.limits)) {
    check_ = [this](std::string_view operation, json::object& input) { return constraints_.admit(operation, input); };
    api_.put_events.constraints = &check_;
  }

  std::string_view name() const override { return "events"; }

  bool claims(const RequestContext&, const net::Request& request) const override {
    return claims_json(kProtocol, request);
  }

  asio::awaitable<net::Response> handle(RequestContext context, net::Request request) override {
    co_return co_await answer_json(kProtocol, events_operations(), api_, context, request, check_);
  }

 private:
  EventsApi api_;
  const Constraints constraints_;
  InputCheck check_;
};

}  // namespace

std::unique_ptr<Service> make_events_service(EventsApi api) { return std::make_unique<EventsService>(api); }

}  // namespace eventbus::aws
