#include "rules-engine/condition_text.h"
#include "rules-engine/explanation_text.h"

#include <algorithm>
#include <concepts>
#include <string_view>

namespace eventbus::rules {
namespace {

using Verdict = FieldExplanation::Verdict;
using Failure = BranchExplanation::Failure;

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFits:
      return "fits";
    case Verdict::kMissing:
      return "missing";
    case Verdict::kNoValueFits:
      return "no-value-fits";
    case Verdict::kMustBeMissing:
      return "must-be-missing";
  }
  return "";
}

std::string_view name_of(Failure failure) {
  switch (failure) {
    case Failure::kNone:
      return "none";
    case Failure::kField:
      return "field";
    case Failure::kArrays:
      return "array-elements";
    case Failure::kGaveUp:
      return "given-up";
  }
  return "";
}

// Objects and lists, appended to one text; commas are seen to.
class Json {
 public:
  Json& begin(char bracket) {
    out_ += bracket;
    return *this;
  }
  Json& end(char bracket) {
    if (out_.back() == ',') out_.pop_back();
    out_ += bracket;
    out_ += ',';
    return *this;
  }
  Json& key(std::string_view name) {
    out_ += quoted_json(name) + ":";
    return *this;
  }
  Json& raw(std::string_view json) {
    out_ += json;
    out_ += ',';
    return *this;
  }
  Json& text(std::string_view value) { return raw(quoted_json(value)); }
  Json& number(std::size_t value) { return raw(std::to_string(value)); }
  Json& boolean(bool value) { return raw(value ? "true" : "false"); }

  template <typename Items, typename Write>
  Json& list(std::string_view name, const Items& items, Write write) {
    key(name).begin('[');
    for (const auto& item : items) write(item);
    return end(']');
  }

  std::string take() {
    out_.pop_back();
    return std::move(out_);
  }

 private:
  std::string out_;
};

class Renderer {
 public:
  explicit Renderer(const Explanation& explanation) : explanation_(explanation) {}

  std::string run() {
    json_.begin('{').key("matches").boolean(explanation_.matches);
    json_.list("fields", explanation_.fields, [this](const FieldExplanation& field) { write(field); });
    json_.key("branchCount").number(explanation_.branches.size());
    json_.key("branches").begin('[');
    for (std::size_t i = 0; i < explanation_.branches.size(); ++i) write(explanation_.branches[i], i);
    return json_.end(']').end('}').take();
  }

 private:
  void write_text(const std::string& text) { json_.text(text); }

  void write(const SeenValue& value) {
    json_.begin('{').key("place").text(value.place);
    json_.key("value").raw(value.json);
    if (value.clipped) json_.key("clipped").boolean(true);
    json_.key("fits").boolean(value.fits);
    if (!value.reasons.empty()) {
      json_.list("reasons", value.reasons, [this](const std::string& reason) { write_text(reason); });
    }
    json_.end('}');
  }

  void write(const FieldExplanation& field) {
    json_.begin('{').key("path").text(field.path);
    json_.list("alternatives", field.alternatives, [this](const std::string& alternative) { json_.raw(alternative); });
    json_.key("verdict").text(name_of(field.verdict));
    json_.key("valueCount").number(field.seen_count);
    json_.list("values", field.seen, [this](const SeenValue& value) { write(value); });
    if (field.verdict == Verdict::kMissing) {
      json_.key("missing").begin('{').key("reached").text(field.missing.reached);
      json_.key("reachedIs").text(field.missing.reached_kind);
      json_.key("similar").text(field.missing.similar).end('}');
    }
    json_.end('}');
  }

  // Branches without details are left out: `branchCount` tells that there are more.
  void write(const BranchExplanation& branch, std::size_t index) {
    if (index >= kBranchesMax && branch.chosen.empty()) return;
    json_.begin('{').key("index").number(index);
    json_.key("matches").boolean(branch.failure == Failure::kNone);
    json_.list("fields", branch.fields, [this](std::uint32_t field) { json_.number(field); });
    json_.key("failure").text(name_of(branch.failure));
    if (branch.failure == Failure::kField || branch.failure == Failure::kArrays) {
      json_.key("failedField").number(branch.failed);
      json_.key("failedPath").text(explanation_.fields[branch.failed].path);
    }
    if (branch.failure == Failure::kNone || branch.failure == Failure::kArrays) {
      json_.list("chosen", branch.chosen, [this](const Choice& choice) { write(choice); });
    }
    if (branch.failure == Failure::kArrays) {
      json_.list("obstacles", branch.obstacles, [this](const Obstacle& obstacle) { write(obstacle); });
      json_.list("present", branch.present, [this](const SeenValue& value) { write(value); });
    }
    json_.end('}');
  }

  void write(const Choice& choice) {
    json_.begin('{').key("field").number(choice.field).key("path").text(explanation_.fields[choice.field].path);
    json_.key("absent").boolean(choice.absent);
    if (!choice.absent) {
      json_.key("value");
      write(choice.value);
    }
    json_.end('}');
  }

  void write(const Obstacle& obstacle) {
    json_.begin('{').key("value");
    write(obstacle.value);
    json_.key("element").text(obstacle.element);
    json_.key("chosenElement").text(obstacle.chosen_element);
    json_.key("chosenField").number(obstacle.chosen_field);
    json_.key("chosenPath").text(explanation_.fields[obstacle.chosen_field].path).end('}');
  }

  static constexpr std::size_t kBranchesMax = 20;

  const Explanation& explanation_;
  Json json_;
};

}  // namespace

std::string explanation_json(const Explanation& explanation) { return Renderer(explanation).run(); }

}  // namespace eventbus::rules
