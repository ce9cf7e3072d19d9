#pragma once

#include "base/result.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus::aws {

// What credentials and profiles are looked up in: the process's variables and files, handed in so that nothing here
// reads them by itself.
struct CredentialEnvironment {
  std::map<std::string, std::string, std::less<>> variables;  // AWS_… and HOME
  std::function<Result<std::string>(const std::string& path)> read_file;

  // nullopt when it is not set, or set to nothing.
  std::optional<std::string> variable(std::string_view name) const;
};

// Of environ: the variables that matter here.
std::map<std::string, std::string, std::less<>> read_aws_variables(const char* const* environment);

}  // namespace eventbus::aws
