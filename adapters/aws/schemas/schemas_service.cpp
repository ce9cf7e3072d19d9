#include "adapters/aws/schemas/schemas_service.h"

#include "adapters/aws/constraints.h"
#include "adapters/aws/rest_json_protocol.h"
#include "adapters/aws/schemas/schemas_constraints.h"

#include <utility>
#include <vector>

namespace eventbus::aws {

namespace {

// AWS: Schemas has names of its own for what all services answer, and repeats them in the body (client-calls §2).
constexpr RestError kErrors[] = {
    {"ValidationException", "BadRequestException", 400},
    {"SerializationException", "BadRequestException", 400},
    {"ServiceUnavailable", "ServiceUnavailableException", 503},
    {"InternalFailure", "InternalServerErrorException", 500},
};
constexpr RestJsonProtocol kProtocol{
    .service = "schemas", .message_member = "Message", .code_member = "Code", .errors = kErrors};

class SchemasService final : public Service {
 public:
  explicit SchemasService(SchemasApi api)
      : api_(api), routes_(routes_of("schemas", schemas_operations())), constraints_(schemas_inputs()) {
    check_ = [this](std::string_view operation, json::object& input) { return constraints_.admit(operation, input); };
  }

  std::string_view name() const override { return "schemas"; }

  bool claims(const RequestContext& context, const net::Request& request) const override {
    return claims_rest(routes_, "schemas", context.service, request);
  }

  asio::awaitable<net::Response> handle(RequestContext context, net::Request request) override {
    co_return co_await answer_rest(kProtocol, schemas_operations(), routes_, api_, context, request, check_);
  }

 private:
  SchemasApi api_;
  const std::vector<RestRoute> routes_;
  const Constraints constraints_;
  InputCheck check_;
};

}  // namespace

std::unique_ptr<Service> make_schemas_service(SchemasApi api) { return std::make_unique<SchemasService>(api); }

}  // namespace eventbus::aws
