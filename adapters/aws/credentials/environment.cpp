#include "adapters/aws/credentials/environment.h"

namespace eventbus::aws {

std::optional<std::string> CredentialEnvironment::variable(std::string_view name) const {
  const auto found = variables.find(name);
  if (found == variables.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::map<std::string, std::string, std::less<>> read_aws_variables(const char* const* environment) {
  std::map<std::string, std::string, std::less<>> variables;
  for (; *environment; ++environment) {
    const std::string_view variable(*environment);
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = variable.substr(0, equals);
    if (name.starts_with("AWS_") || name == "HOME") variables.emplace(name, variable.substr(equals + 1));
  }
  return variables;
}

}  // namespace eventbus::aws
