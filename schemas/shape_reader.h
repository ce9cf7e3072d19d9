#pragma once

#include "schemas/shape.h"

#include <boost/json/object.hpp>

#include <optional>
#include <string_view>

namespace eventbus::schemas {

// Reads schemas that Components wrote back: the shape behind `schema`, whose references are members of `components`.
// nullopt: it uses what Components never writes, loops, or is nested too deeply.
std::optional<Shape> shape_of_schema(const boost::json::object& schema, const boost::json::object& components,
                                     std::string_view prefix);

}  // namespace eventbus::schemas
