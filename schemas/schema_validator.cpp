#include "schemas/schema_validator.h"

#include "schemas/schema_check.h"
#include "schemas/schema_compiler.h"
#include "schemas/schema_limits.h"

#include <boost/json/parser.hpp>

#include <string>
#include <utility>

namespace eventbus::schemas {

namespace json = boost::json;

Result<json::value> parse_document(std::string_view text, std::size_t depth_max, json::storage_ptr memory) {
  json::parse_options options;
  options.max_depth = depth_max;
  json::parser parser({}, options);
  parser.reset(std::move(memory));
  boost::system::error_code error;
  const std::size_t read = parser.write(text.data(), text.size(), error);
  if (error == json::error::too_deep) return invalid("nests more than " + std::to_string(depth_max) + " levels");
  if (error) return invalid("cannot be read as JSON: " + error.message() + ", at byte " + std::to_string(read));
  return parser.release();
}

Result<SchemaValidator> SchemaValidator::compile(std::string_view schema) {
  if (schema.size() > kSchemaBytesMax)
    return invalid("the schema is larger than " + std::to_string(kSchemaBytesMax) + " bytes");
  Result<json::value> document = parse_document(schema, kSchemaDepthMax);
  if (!document) return invalid("the schema " + document.error().message);
  return compile_value(*std::move(document));
}

Result<SchemaValidator> SchemaValidator::compile_value(json::value schema) {
  TRY(std::shared_ptr<const CompiledSchema> compiled, compile_schema(std::move(schema)));
  return SchemaValidator(std::move(compiled));
}

bool SchemaValidator::fits(const json::value& document) const {
  return SchemaCheck().fits(*schema_->root, document, Place{});
}

std::vector<Violation> SchemaValidator::check(const json::value& document, std::size_t most) const {
  if (fits(document)) return {};
  std::vector<Violation> violations;
  SchemaCheck check(&violations, most);
  check.fits(*schema_->root, document, Place{});
  // It does not fit: there is something to say even where the walk that looks for words came to its end first.
  if (violations.empty()) violations.push_back({"", SchemaCheck::exhaustion(check.too_deep()), ""});
  return violations;
}

const json::value& SchemaValidator::document() const { return schema_->document; }

}  // namespace eventbus::schemas
