#include "rules-engine/tools/vector_file.h"

#include <simdjson.h>
#include <zlib.h>

#include <memory>
#include <string_view>

namespace eventbus::rules {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

Result<std::string> read_all(const std::string& path) {
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };
  const std::unique_ptr<gzFile_s, Close> file(gzopen(path.c_str(), "rb"));  // reads plain files as they are
  if (file == nullptr) return not_found("cannot open " + path);
  std::string text;
  std::string block(1 << 16, '\0');
  while (true) {
    const int read = gzread(file.get(), block.data(), static_cast<unsigned>(block.size()));
    if (read < 0) return invalid("cannot read " + path);
    if (read == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(read));
  }
}

std::string string_of(element row, const char* name) {
  std::string_view text;
  return row[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

bool bool_of(element row, const char* name) {
  bool value = false;
  return row[name].get(value) == simdjson::SUCCESS && value;
}

PatternVector pattern_vector(element row) {
  PatternVector vector{string_of(row, "id"),    string_of(row, "group"), string_of(row, "pattern"),
                       string_of(row, "event"), bool_of(row, "valid"),   bool_of(row, "match"),
                       string_of(row, "error")};
  element tidy;
  if (row["tidy"].get(tidy) == simdjson::SUCCESS && tidy.is_object()) {
    vector.valid = bool_of(tidy, "valid");
    vector.match = bool_of(tidy, "match");
  }
  return vector;
}

RuleSetVector rule_set_vector(element row, array phases) {
  RuleSetVector vector{string_of(row, "id"), string_of(row, "group"), {}};
  for (element phase : phases) {
    RuleSetVector::Phase& out = vector.phases.emplace_back();
    array items;
    if (phase["ops"].get(items) == simdjson::SUCCESS) {
      for (element item : items) {
        std::vector<std::string> parts;
        for (element part : array(item)) parts.emplace_back(std::string_view(part));
        out.operations.push_back({parts.at(0) == "add", parts.at(1), parts.size() > 2 ? parts[2] : ""});
      }
    }
    if (phase["events"].get(items) == simdjson::SUCCESS) {
      for (element item : items) {
        RuleSetVector::Event& event = out.events.emplace_back();
        event.text = string_of(item, "event");
        array names;
        if (item["match"].get(names) != simdjson::SUCCESS) continue;
        for (element name : names) event.match.emplace_back(std::string_view(name));
      }
    }
  }
  return vector;
}

}  // namespace

Result<VectorFile> read_vector_file(const std::string& path) {
  TRY(const std::string text, read_all(path));
  VectorFile file;
  simdjson::dom::parser parser;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line(text.data() + begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    element row;
    if (parser.parse(line.data(), line.size()).get(row) != simdjson::SUCCESS || !row.is_object()) {
      return invalid(path + ": line " + std::to_string(number) + " is not a JSON object");
    }
    array phases;
    std::string_view pattern;
    if (row["phases"].get(phases) == simdjson::SUCCESS) {
      file.rule_sets.push_back(rule_set_vector(row, phases));
    } else if (row["pattern"].get(pattern) == simdjson::SUCCESS) {
      file.patterns.push_back(pattern_vector(row));
    } else {
      return invalid(path + ": line " + std::to_string(number) + " is neither a pattern nor a rule-set vector");
    }
  }
  return file;
}

}  // namespace eventbus::rules
