#pragma once

#include <string>

namespace eventbus::schemas {

// What is wrong with one place of a document.
struct Violation {
  std::string path;         // JSON pointer into the document ("" is the whole of it): "/metadata/size"
  std::string reason;       // a phrase that goes on from the path: "must be at least 0"
  std::string schema_path;  // JSON pointer to the schema that says so

  friend bool operator==(const Violation&, const Violation&) = default;
};

// "/metadata/size must be at least 0"; the whole document is called "the document".
std::string to_string(const Violation& violation);

}  // namespace eventbus::schemas
