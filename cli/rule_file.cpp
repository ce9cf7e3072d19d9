#include "cli/rule_file.h"

#include "bus/json_text.h"
#include "rules-engine/pattern_parser.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace eventbus::cli {
namespace {

constexpr std::array<std::string_view, 10> kEnvelope = {"account",     "detail",    "detail-type", "id",   "region",
                                                        "replay-name", "resources", "source",      "time", "version"};

using Members = std::vector<std::pair<std::string, std::string_view>>;

Members members_of(std::string_view object) {
  Members members;
  for_each_member(object,
                  [&](std::string_view key, std::string_view value) { members.emplace_back(unescaped(key), value); });
  return members;
}

std::string_view value_of(const Members& members, std::string_view name) {
  std::string_view found;
  for (const auto& [key, value] : members) {
    if (key == name) found = value;
  }
  return found;
}

// A record's member by AWS's name or by the plain one.
std::string_view value_of(const Members& members, std::string_view name, std::string_view otherwise) {
  const std::string_view found = value_of(members, name);
  return found.empty() ? value_of(members, otherwise) : found;
}

std::string string_of(std::string_view value) {
  if (value.empty() || json_kind(value) != JsonKind::kString) return "";
  JsonCursor cursor(value);
  return unescaped(*cursor.string());
}

// The line at an offset; offsets are asked for in ascending order.
class LineCounter {
 public:
  explicit LineCounter(std::string_view text) : text_(text) {}
  std::size_t line_at(std::size_t offset) {
    line_ += static_cast<std::size_t>(std::ranges::count(text_.substr(counted_, offset - counted_), '\n'));
    counted_ = offset;
    return line_;
  }

 private:
  std::string_view text_;
  std::size_t counted_ = 0;
  std::size_t line_ = 1;
};

class Parser {
 public:
  Parser(std::string_view text, const std::string& source) : text_(text), source_(source) {}

  Result<RuleFile> parse() {
    TRY(const std::vector<Document> documents, split());
    for (const Document& document : documents) {
      line_ = document.line;
      lone_name_ = documents.size() == 1 ? "pattern" : "line-" + std::to_string(document.line);
      read_document(document.text);
    }
    if (out_.rules.empty() && out_.left_out.empty() && faults_.empty()) fault("there are no rules");
    if (!faults_.empty()) return invalid(std::move(faults_));
    return std::move(out_);
  }

 private:
  struct Document {
    std::string_view text;
    std::size_t line;  // that it begins in
  };

  Result<std::vector<Document>> split() {
    std::vector<Document> documents;
    JsonCursor cursor(text_);
    LineCounter lines(text_);
    while (!cursor.at_end()) {
      const std::size_t line = lines.line_at(cursor.offset());
      const auto document = cursor.value();
      if (!document)
        return invalid(source_ + ":" + std::to_string(lines.line_at(cursor.offset())) + ": this is not JSON");
      documents.push_back({*document, line});
    }
    return documents;
  }

  void read_document(std::string_view document) {
    if (json_kind(document) == JsonKind::kArray) return read_records(document);
    if (json_kind(document) != JsonKind::kObject) return fault("expected an object or an array of rules");
    const Members members = members_of(document);
    const std::string_view records = value_of(members, "Rules");
    const bool listing =
        !records.empty() && json_kind(records) == JsonKind::kArray && JsonCursor(records.substr(1)).peek() == '{';
    if (listing || (members.size() == 1 && records == "[]")) return read_records(records);
    if (is_record(members)) return read_record(members);
    if (is_pattern(members)) return add(lone_name_, document);
    for (const auto& [name, pattern] : members) read_named(name, pattern);
  }

  static bool is_record(const Members& members) {
    const std::string_view name = value_of(members, "Name", "name");
    if (name.empty() || json_kind(name) != JsonKind::kString) return false;
    return members.size() == 1 || !value_of(members, "EventPattern", "pattern").empty() ||
           !value_of(members, "ScheduleExpression").empty();
  }

  static bool is_pattern(const Members& members) {
    const bool an_array =
        std::ranges::any_of(members, [](const auto& member) { return json_kind(member.second) == JsonKind::kArray; });
    const bool all_of_envelope = std::ranges::all_of(members, [](const auto& member) {
      return std::ranges::find(kEnvelope, member.first) != kEnvelope.end() &&
             json_kind(member.second) == JsonKind::kObject;
    });
    return an_array || all_of_envelope;
  }

  void read_records(std::string_view array) {
    for_each_element(array, [&](std::string_view element) {
      if (json_kind(element) != JsonKind::kObject) return fault("expected objects with Name and EventPattern");
      read_record(members_of(element));
    });
  }

  void read_record(const Members& record) {
    const std::string name = string_of(value_of(record, "Name", "name"));
    if (name.empty()) return fault("a rule without a Name");
    if (string_of(value_of(record, "State")) == "DISABLED") {
      out_.left_out.push_back(name + ": it is disabled");
      return;
    }
    const std::string_view pattern = value_of(record, "EventPattern", "pattern");
    if (pattern.empty()) {
      out_.left_out.push_back(name + ": it has no event pattern");
      return;
    }
    read_named(name, pattern);
  }

  void read_named(const std::string& name, std::string_view pattern) {
    if (json_kind(pattern) == JsonKind::kObject) return add(name, pattern);
    if (json_kind(pattern) == JsonKind::kString) return add(name, string_of(pattern));
    fault("rule \"" + name + "\": its pattern is neither an object nor a string");
  }

  void add(const std::string& name, std::string_view pattern) {
    auto parsed = rules::parse_event_pattern(pattern);
    if (!parsed) {
      return fault("rule \"" + name + "\": event pattern is not valid. Reason: " + std::move(parsed).error().message);
    }
    if (!names_.insert(name).second) return fault("two rules are called \"" + name + "\"");
    out_.rules.push_back({name, *std::move(parsed)});
  }

  void fault(const std::string& what) {
    if (!faults_.empty()) faults_ += '\n';
    faults_ += source_ + ":" + std::to_string(line_) + ": " + what;
  }

  std::string_view text_;
  const std::string& source_;
  std::size_t line_ = 1;
  std::string lone_name_;
  std::set<std::string> names_;
  std::string faults_;
  RuleFile out_;
};

}  // namespace

Result<RuleFile> parse_rule_file(std::string_view text, const std::string& source) {
  return Parser(text, source).parse();
}

}  // namespace eventbus::cli
