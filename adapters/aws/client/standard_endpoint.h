#pragma once

#include <string>
#include <string_view>

namespace eventbus::aws {

// Where AWS serves a service in a region: https://events.eu-central-1.amazonaws.com; of China's regions
// ….amazonaws.com.cn.
std::string standard_endpoint(std::string_view service, std::string_view region);

}  // namespace eventbus::aws
