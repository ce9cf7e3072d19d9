#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::schemas {

// What has been seen of the JSON values at one place of a kind of event: a union of JSON types, of which arrays and
// objects know what is in them. Merging only ever widens, so a shape comes to rest however many events it is shown.
// A plain value; two shapes are equal when they say the same, whatever the order of events was.
struct Shape {
  // AWS: "255 levels for discovery" (quotas of schemas). Deeper values have no shape.
  static constexpr std::size_t kDepthMax = 255;
  // An object with more members than this is a dictionary: its keys are data, and what is known of it is its values.
  static constexpr std::size_t kMembersMax = 256;

  bool null = false, boolean = false, number = false, string = false;
  bool date_time = false;  // every string seen was an RFC 3339 date-time
  bool object = false;     // `members`, or when it is a dictionary `values`
  bool dictionary = false;
  bool required = false;        // of a member of an object: every object seen had it
  std::vector<Shape> elements;  // one, if arrays were seen: the shape of all their elements together
  std::vector<Shape> values;    // one, if this is a dictionary
  std::map<std::string, Shape, std::less<>> members;

  bool array() const { return !elements.empty(); }
  // How many types other than null were seen: 0 means nothing is known, more than 1 a mix.
  std::size_t alternatives() const;

  friend bool operator==(const Shape&, const Shape&) = default;
};

// nullopt: nested deeper than Shape::kDepthMax.
std::optional<Shape> shape_of(const boost::json::value& value);

// The shape of what `a` and `b` describe together.
Shape merged(Shape a, const Shape& b);

// "2026-09-13T12:17:30Z", with or without a fraction, in UTC or with an offset: RFC 3339 with all its fields in range.
bool is_date_time(std::string_view text);

// ---- Shapes as schemas ----

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

// Reads schemas that Components wrote back: the shape behind `schema`, whose references are members of `components`.
// nullopt: it uses what Components never writes, loops, or is nested too deeply.
std::optional<Shape> shape_of_schema(const boost::json::object& schema, const boost::json::object& components,
                                     std::string_view prefix);

// "Order placed" → "OrderPlaced", "s3-location" → "S3Location": letters and digits only; what follows another character
// begins with a capital. Never empty.
std::string component_name(std::string_view text);

}  // namespace eventbus::schemas
