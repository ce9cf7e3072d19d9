#pragma once

#include "base/result.h"
#include "schemas/violation.h"

#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace eventbus::schemas {

struct CompiledSchema;

// Documents against a JSON Schema (draft-07), safe in a daemon that takes both from strangers: a schema is admitted or
// refused as a value (schema_compiler.h says what is refused), and a check is bounded in time and stack
// (schema_limits.h). Patterns run in RE2, formats are exact rules (string_formats.h), an integer may be written 1.0,
// numbers are compared by their value. Why not a library: docs/adr.
//
// Immutable, and cheap to copy: copies share what was compiled. Safe to use from any thread.
class SchemaValidator {
 public:
  // kInvalid: it is not JSON, not draft-07, or must not be admitted; the message names the place.
  static Result<SchemaValidator> compile(std::string_view schema);
  static Result<SchemaValidator> compile_value(boost::json::value schema);

  // Does the document fit? The quick question: nothing is put into words.
  bool fits(const boost::json::value& document) const;
  // What is wrong with it, in the order in which it was found, `most` at most; empty when it fits. What is too large to
  // check does not fit, and says so.
  std::vector<Violation> check(const boost::json::value& document, std::size_t most = 10) const;

  const CompiledSchema& compiled() const { return *schema_; }
  // The schema as it was given, parsed.
  const boost::json::value& document() const;

 private:
  explicit SchemaValidator(std::shared_ptr<const CompiledSchema> schema) : schema_(std::move(schema)) {}

  std::shared_ptr<const CompiledSchema> schema_;
};

// Reads JSON as SchemaValidator wants it, up to `depth_max` levels. kInvalid says what is wrong and where: not JSON,
// nested too deeply, or what a tree cannot hold (a number beyond a double, half of a surrogate pair).
Result<boost::json::value> parse_document(std::string_view text, std::size_t depth_max,
                                          boost::json::storage_ptr memory = {});

}  // namespace eventbus::schemas
