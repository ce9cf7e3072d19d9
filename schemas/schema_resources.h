#pragma once

#include "base/result.h"

#include <boost/json/value.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace eventbus::schemas {

// The resource that a schema belongs to, by the nearest `$id` above it: where its references start from.
struct SchemaBase {
  const boost::json::value* document = nullptr;  // null: the root of everything
  std::string uri, location;
};

// What `$id`s in a document name, and what `$ref`s therefore lead to. Nothing outside the document is ever looked at.
// Of the compiler (schema_compiler.h) alone.
class SchemaResources {
 public:
  // `root` outlives this.
  explicit SchemaResources(const boost::json::value& root) : root_(root) {}

  // Notes the `$id` of the schema `source`, an object, if it has one: the base of what is in it.
  Result<SchemaBase> enter(const boost::json::value& source, const std::string& location, const SchemaBase& base);

  struct Target {
    const boost::json::value* schema;
    std::string location;
    SchemaBase base;
  };
  // Where the `$ref` at `location` leads. kInvalid: nowhere in this document.
  Result<Target> find(const std::string& reference, const SchemaBase& base, const std::string& location) const;

 private:
  struct Resource {
    const boost::json::value* document;
    SchemaBase base;
  };

  const boost::json::value& root_;
  std::map<std::string, Resource, std::less<>> resources_;
};

}  // namespace eventbus::schemas
