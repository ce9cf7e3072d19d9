#pragma once

#include "base/result.h"
#include "schemas/schema_validator.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::schemas {

// What a schema describes: an event's detail, or the envelope with the detail in it.
enum class Subject { kDetail, kEnvelope };

std::string_view to_string(Subject subject);  // "detail", "envelope"
Result<Subject> parse_subject(std::string_view text);

// A published contract: the schema of the events of one source and detail-type, in one version. In a file
// `<name>.v<version>.json` the schema says itself which events it is about, in a member that JSON Schema ignores:
//   "x-eventbus": {"source": "custom.upload-service", "detailType": "Audio Uploaded", "subject": "detail"}
// `subject` is "detail" unless it is there.
struct Contract {
  std::string name;           // "audio-uploaded"
  std::uint32_t version = 0;  // 1, 2, …
  std::string source, detail_type;
  Subject subject = Subject::kDetail;
  std::string text;  // the file
  SchemaValidator validator;

  std::string label() const { return name + ".v" + std::to_string(version); }
};

// Names are lower-case letters, digits and hyphens, as file names are. kInvalid names what is wrong.
Result<Contract> parse_contract(std::string_view file_name, std::string text);

// All contracts of a directory, by name and version; files that are not called `<name>.v<version>.json` are none.
// kInvalid names the file. What is loaded into a registry at start, or bound to buses, comes from here.
Result<std::vector<Contract>> read_contracts(const std::string& directory);

}  // namespace eventbus::schemas
