#include "schemas/code_binding.h"

#include <algorithm>
#include <array>

namespace eventbus::schemas {

namespace {

struct Language {
  std::string_view name;
  std::vector<SourceFile> (*write)(const TypeModel& model);
};

constexpr std::array kLanguages = {
    Language{"Go1", go_binding},
    Language{"Java8", java_binding},
    Language{"Python36", python_binding},
    Language{"TypeScript3", typescript_binding},
};

}  // namespace

bool is_binding_language(std::string_view language) {
  return std::ranges::find(kLanguages, language, &Language::name) != kLanguages.end();
}

std::vector<SourceFile> code_binding(const TypeModel& model, std::string_view language) {
  const auto found = std::ranges::find(kLanguages, language, &Language::name);
  return found == kLanguages.end() ? std::vector<SourceFile>() : found->write(model);
}

}  // namespace eventbus::schemas
