#pragma once

#include "base/result.h"
#include "schemas/type_model.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::schemas {

// Code bindings: the types of a schema in a programming language, with what turns events into them and back. The code
// needs nothing but the language's own library. Pure functions; equal schemas give equal code.

struct SourceFile {
  std::string path;  // "schema/shop/order_placed/AWSEvent.py"
  std::string text;
};

// AWS: Go1, Java8, Python36, TypeScript3.
bool is_binding_language(std::string_view language);

// `language` is one of them.
std::vector<SourceFile> code_binding(const TypeModel& model, std::string_view language);

// ---- One for each language (bindings/) ----
std::vector<SourceFile> go_binding(const TypeModel& model);
std::vector<SourceFile> java_binding(const TypeModel& model);
std::vector<SourceFile> python_binding(const TypeModel& model);
std::vector<SourceFile> typescript_binding(const TypeModel& model);

}  // namespace eventbus::schemas
