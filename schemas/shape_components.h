#pragma once

#include "schemas/shape.h"

#include <boost/json/object.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace eventbus::schemas {

// "Order placed" → "OrderPlaced", "s3-location" → "S3Location": letters and digits only; what follows another character
// begins with a capital. Never empty.
std::string component_name(std::string_view text);

// The components of an OpenAPI document, as AWS's discovery writes them: an object has a component of its own, named
// after the property it is the value of ("s3Location" → "S3Location") or after its parent ("OrderPlacedItem", elements
// of an array); what is named alike is told apart by "_1", "_2" … in the order of property names. Numbers are "number",
// what was null is "nullable", a mix of types is "oneOf".
class Components {
 public:
  // `prefix` stands before names in references: "#/components/schemas/".
  explicit Components(std::string prefix) : prefix_(std::move(prefix)) {}

  // Takes a name that is not to be given to anything found in a shape.
  std::string reserve(std::string wanted);
  // Writes the component `name` (reserved before) from an object's shape, and what it refers to.
  void add(const std::string& name, const Shape& object);
  boost::json::object take() { return std::move(schemas_); }
  // The schema of a value, without a component when it is no object; `name` is for one that is.
  boost::json::object schema_of(const Shape& shape, const std::string& name, const std::string& parent);

 private:
  boost::json::object alternative(const Shape& shape, const std::string& name, const std::string& parent);

  std::string prefix_;
  std::map<std::string, bool, std::less<>> taken_;
  boost::json::object schemas_;
};

}  // namespace eventbus::schemas
