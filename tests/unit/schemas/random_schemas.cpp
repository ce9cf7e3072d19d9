#include "tests/unit/schemas/random_schemas.h"

#include <string>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

constexpr const char* kNames[] = {"a", "b", "c"};

}  // namespace

json::value random_document(Dice& dice, int depth) {
  switch (dice.below(depth > 0 ? 8 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return dice.chance(2);
    case 2:
    case 3:
      return static_cast<std::int64_t>(dice.below(6)) - 1;
    case 4:
      return static_cast<double>(dice.below(12)) / 2;
    case 5:
      return json::value(std::string(dice.below(4), static_cast<char>('a' + dice.below(3))));
    case 6: {
      json::array items;
      for (std::size_t i = dice.below(4); i > 0; --i) items.push_back(random_document(dice, depth - 1));
      return items;
    }
    default: {
      json::object members;
      for (const char* name : kNames)
        if (dice.chance(2)) members[name] = random_document(dice, depth - 1);
      return members;
    }
  }
}

json::value random_schema(Dice& dice, int depth) {
  constexpr const char* kTypes[] = {"null", "boolean", "object", "array", "string", "number", "integer"};
  if (dice.chance(12)) return dice.chance(3) ? json::value(false) : json::value(true);
  json::object schema;
  const auto nested = [&] { return random_schema(dice, depth - 1); };
  if (dice.chance(2)) schema["type"] = kTypes[dice.below(7)];
  if (dice.chance(8)) schema["type"] = json::array{kTypes[dice.below(7)], kTypes[dice.below(7)]};
  if (dice.chance(8))
    schema["enum"] = json::array{random_document(dice, 1), random_document(dice, 1), random_document(dice, 0)};
  if (dice.chance(5)) schema["minimum"] = dice.below(4);
  if (dice.chance(5)) schema["exclusiveMaximum"] = dice.below(5);
  if (dice.chance(8)) schema["multipleOf"] = dice.chance(2) ? json::value(2) : json::value(0.5);
  if (dice.chance(6)) schema["minLength"] = dice.below(3);
  if (dice.chance(6)) schema["maxLength"] = dice.below(4);
  if (dice.chance(8)) schema["pattern"] = dice.chance(2) ? "^a" : "b$";
  if (dice.chance(6)) schema["minItems"] = dice.below(3);
  if (dice.chance(6)) schema["maxItems"] = dice.below(4);
  if (dice.chance(8)) schema["uniqueItems"] = true;
  if (dice.chance(6)) schema["maxProperties"] = dice.below(4);
  if (dice.chance(4)) schema["required"] = json::array{kNames[dice.below(3)]};
  if (dice.chance(8))
    schema["dependencies"] = json::object{{kNames[dice.below(3)], json::array{kNames[dice.below(3)]}}};
  if (depth <= 0) return schema;
  if (dice.chance(2)) {
    json::object properties;
    for (const char* name : kNames)
      if (dice.chance(2)) properties[name] = nested();
    schema["properties"] = properties;
  }
  if (dice.chance(5)) schema["additionalProperties"] = nested();
  if (dice.chance(8)) schema["patternProperties"] = json::object{{dice.chance(2) ? "^a" : "[bc]", nested()}};
  if (dice.chance(8)) schema["propertyNames"] = nested();
  if (dice.chance(5)) schema["items"] = dice.chance(2) ? nested() : json::value(json::array{nested(), nested()});
  if (dice.chance(8)) schema["additionalItems"] = nested();
  if (dice.chance(8)) schema["contains"] = nested();
  if (dice.chance(8)) schema["allOf"] = json::array{nested(), nested()};
  if (dice.chance(8)) schema["anyOf"] = json::array{nested(), nested()};
  if (dice.chance(8)) schema["oneOf"] = json::array{nested(), nested()};
  if (dice.chance(8)) schema["not"] = nested();
  if (dice.chance(8)) {
    schema["if"] = nested();
    if (dice.chance(2)) schema["then"] = nested();
    if (dice.chance(2)) schema["else"] = nested();
  }
  return schema;
}

}  // namespace eventbus::schemas
