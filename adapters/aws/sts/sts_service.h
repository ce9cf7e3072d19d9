#pragma once

#include "adapters/aws/operation.h"
#include "adapters/aws/service.h"
#include "adapters/aws/sts/get_caller_identity.h"

#include <memory>
#include <span>

namespace eventbus::aws {

// STS, which SDKs and Terraform ask first of all who they are. Keeps nothing.
std::unique_ptr<Service> make_sts_service();

// All operations of STS, by name.
std::span<const Operation<StsApi>> sts_operations();

}  // namespace eventbus::aws
