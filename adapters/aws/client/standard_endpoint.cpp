#include "adapters/aws/client/standard_endpoint.h"

namespace eventbus::aws {

std::string standard_endpoint(std::string_view service, std::string_view region) {
  std::string url = "https://" + std::string(service) + "." + std::string(region) + ".amazonaws.com";
  if (region.starts_with("cn-")) url += ".cn";
  return url;
}

}  // namespace eventbus::aws
