// Cases in the manner of the JSON-Schema test suite, in our own words: cases/*.json.
#include "schemas/json_pointer.h"
#include "schemas/schema_validator.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace eventbus::schemas {
namespace {

namespace json = boost::json;

struct Group {
  std::string name;
  json::value content;
};

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<Group> groups() {
  std::vector<Group> all;
  for (const auto& entry : std::filesystem::directory_iterator(EVENTBUS_SOURCE_DIR "/tests/unit/schemas/cases")) {
    const Result<json::value> file = parse_document(read(entry.path()), 32);
    EXPECT_TRUE(file) << entry.path() << ": " << file.error().message;
    if (!file) continue;
    for (const json::value& group : file->as_array())
      all.push_back({entry.path().stem().string() + ": " + std::string(group.at("what").as_string()), group});
  }
  return all;
}

TEST(SchemaCases, AllHaveTheVerdictTheyAskFor) {
  std::size_t cases = 0;
  for (const Group& group : groups()) {
    SCOPED_TRACE(group.name);
    const Result<SchemaValidator> validator = SchemaValidator::compile_value(group.content.at("schema"));
    EXPECT_TRUE(validator) << validator.error().message;
    if (!validator) continue;
    for (const json::value& one : group.content.at("tests").as_array()) {
      ++cases;
      const json::value& data = one.at("data");
      const bool valid = one.at("valid").as_bool();
      EXPECT_EQ(validator->fits(data), valid) << json::serialize(data);
      const std::vector<Violation> violations = validator->check(data);
      EXPECT_EQ(violations.empty(), valid) << json::serialize(data);
      // What is reported points to something: into the document, and into the schema.
      for (const Violation& violation : violations) {
        EXPECT_NE(find_at(data, violation.path), nullptr) << violation.path << " in " << json::serialize(data);
        EXPECT_NE(find_at(group.content.at("schema"), violation.schema_path), nullptr) << violation.schema_path;
        EXPECT_FALSE(violation.reason.empty());
      }
    }
  }
  EXPECT_GT(cases, 200u);
}

}  // namespace
}  // namespace eventbus::schemas
