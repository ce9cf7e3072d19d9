#pragma once

#include "base/result.h"

#include <string>
#include <utility>
#include <vector>

namespace eventbus::rules {

// One recorded verdict: does `event` match `pattern`? For artefacts of the reference engine the sensible verdict
// stands here, not the recorded one.
struct PatternVector {
  std::string id;
  std::string group;
  std::string pattern;
  std::string event;
  bool valid = false;
  bool match = false;
  std::string error;  // the reason of an invalid pattern, without location

  // In group bad-json the reason is the JSON parser's and not part of the contract.
  bool error_counts() const { return !valid && group.find("bad-json") == std::string::npos; }
};

// One rule set that changes in phases; after each some events with the names of the rules they match.
struct RuleSetVector {
  struct Operation {
    bool add = false;  // else remove
    std::string name;
    std::string pattern;
  };
  struct Event {
    std::string text;
    std::vector<std::string> match;  // sorted
  };
  struct Phase {
    std::vector<Operation> operations;
    std::vector<Event> events;
  };
  std::string id;
  std::string group;
  std::vector<Phase> phases;
};

struct VectorFile {
  std::vector<PatternVector> patterns;
  std::vector<RuleSetVector> rule_sets;
};

// Reads JSON lines of either kind, plain or gzip. kNotFound if the file cannot be opened, kInvalid with the line if one
// is neither kind.
Result<VectorFile> read_vector_file(const std::string& path);

// `text` followed by the readable bytes that RuleSet::match asks for; the view is of the text alone.
class PaddedText {
 public:
  explicit PaddedText(std::string text) : size_(text.size()), bytes_(std::move(text)) { bytes_.resize(size_ + 64); }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::size_t size_;
  std::string bytes_;
};

}  // namespace eventbus::rules
