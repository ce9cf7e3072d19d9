#include "tests/support/schema_peer/schema_peer.h"

#include <boost/json.hpp>

#include <exception>
#include <utility>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

namespace eventbus::testing {

using valijson::adapters::BoostJsonAdapter;

struct SchemaPeer::State {
  boost::json::value document;
  valijson::Schema schema;
};

std::optional<SchemaPeer> SchemaPeer::compile(const boost::json::value& schema) {
  auto state = std::make_shared<State>();
  state->document = schema;
  try {
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(BoostJsonAdapter(state->document), state->schema);
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return SchemaPeer(std::move(state));
}

bool SchemaPeer::fits(const boost::json::value& document) const {
  valijson::Validator validator;  // not const: it keeps the regular expressions it has met
  return validator.validate(state_->schema, BoostJsonAdapter(document), nullptr);
}

}  // namespace eventbus::testing
