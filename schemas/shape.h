#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
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
  // Each of these types by itself, in a fixed order. What is null is in none of them.
  std::vector<Shape> parts() const;

  friend bool operator==(const Shape&, const Shape&) = default;
};

// nullopt: nested deeper than Shape::kDepthMax.
std::optional<Shape> shape_of(const boost::json::value& value);

// The shape of what `a` and `b` describe together.
Shape merged(Shape a, const Shape& b);

}  // namespace eventbus::schemas
