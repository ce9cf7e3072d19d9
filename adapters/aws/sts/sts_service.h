#pragma once

#include "adapters/aws/service.h"

#include <memory>

namespace eventbus::aws {

// STS, which SDKs and Terraform ask first of all who they are. Keeps nothing.
std::unique_ptr<Service> make_sts_service();

}  // namespace eventbus::aws
