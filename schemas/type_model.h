#pragma once

#include "base/result.h"
#include "schemas/schema_type.h"

#include <string>
#include <string_view>
#include <vector>

namespace eventbus::schemas {

// A schema as the types of a program: what code in any language is written from. A plain value.

struct TypeUse {
  enum Kind { kAny, kString, kDateTime, kNumber, kInteger, kBoolean, kList, kMap, kObject };
  Kind kind = kAny;
  std::vector<TypeUse> element;  // one, of a list and of a map (whose keys are strings)
  std::string object;            // of kObject: ObjectType::name
};

struct TypeProperty {
  std::string name;  // in JSON
  TypeUse type;
  bool required = false;
};

struct ObjectType {
  std::string name;  // letters, digits and '_', beginning with a capital; no two are equal but for case
  std::vector<TypeProperty> properties;
};

struct TypeModel {
  // Where the code lives, part by part: lower-case letters, digits and '_', each beginning with a letter.
  std::vector<std::string> package;
  std::string root;  // the event's type
  std::vector<ObjectType> objects;
};

// `schema_name` decides the package: "aws.ec2@EC2InstanceStateChange" is {"schema", "aws", "ec2",
// "ec2_instance_state_change"}. kInvalid: content that no type can be made of (its root is no object).
Result<TypeModel> type_model(std::string_view content, SchemaType type, std::string_view schema_name);

}  // namespace eventbus::schemas
