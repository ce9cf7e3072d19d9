#pragma once

#include "schemas/type_model.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::schemas {

// Names and literals of generated code. Names of properties are whatever somebody wrote into a schema, so nothing of
// them reaches a source text but through these.

// How a language wants the names of an object's properties.
struct Naming {
  std::span<const std::string_view> reserved;  // taken: gets a '_' behind
  bool capital = false;                        // begins with a capital
  bool snake = false;                          // order_id, not orderId
  bool folds_case = false;                     // names that differ in case only clash
};

// An identifier for each property, by index, no two alike: ASCII letters, digits and '_', beginning with a letter.
std::vector<std::string> identifiers(const std::vector<TypeProperty>& properties, const Naming& naming);

// The text in quotes, in ASCII: escapes are \\, \', \", \n, \r, \t and \uXXXX, and beyond those \U00XXXXXX (Python) or
// surrogate pairs (Java, TypeScript). Java reads \uXXXX before everything else, so characters that mean something in a
// literal are never written so.
enum class Beyond { kLongEscape, kSurrogates };
std::string quoted(std::string_view text, char quote, Beyond beyond);

// "schema/shop/order_placed"
std::string folder(const TypeModel& model);

}  // namespace eventbus::schemas
