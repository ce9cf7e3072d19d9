#pragma once

#include <span>
#include <string_view>

namespace eventbus::aws {

// The API model of SQS as data: what each operation takes and gives, with the names of both protocols. One JSON form is
// used inside; the Query protocol is decoded to it and encoded from it.
struct SqsShape;

struct SqsMember {
  std::string_view name;   // in the JSON model
  std::string_view query;  // in Query and its XML; of a list or map (all are flattened) the name of each element
  const SqsShape* shape;
  bool required = false;
};

struct SqsShape {
  enum Kind { kString, kInteger, kBoolean, kStructure, kList, kMap } kind = kString;
  std::span<const SqsMember> members = {};  // kStructure
  const SqsShape* element = nullptr;        // kList; kMap: of the values
  std::string_view key = {};                // kMap: "Name" or "Key", beside "Value"
};

struct OperationShapes {
  std::string_view operation;
  std::span<const SqsMember> input;
  std::span<const SqsMember> output;
  bool has_output = false;  // a void operation has no …Result element
};

// nullptr for an unknown operation.
const OperationShapes* sqs_shapes(std::string_view operation);

}  // namespace eventbus::aws
