#include "rules-engine/explanation_text.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace eventbus::rules {
namespace {

using Verdict = FieldExplanation::Verdict;
using Failure = BranchExplanation::Failure;

constexpr std::size_t kBranchesMax = 10;

std::string joined(const std::vector<std::string>& items, std::string_view separator) {
  std::string out;
  for (const std::string& item : items) {
    if (!out.empty()) out += separator;
    out += item;
  }
  return out;
}

// A path as people see it; the empty key is one, too.
std::string shown_path(const std::string& path) { return path.empty() ? "\"\"" : path; }

std::string shown_value(const SeenValue& value) {
  if (!value.clipped) return value.json;
  return value.json.substr(0, value.json.size() - 1) + "…\"";
}

class Writer {
 public:
  explicit Writer(const Explanation& explanation) : explanation_(explanation) {}

  std::string run() {
    if (explanation_.matches) {
      write_match();
    } else if (explanation_.branches.size() == 1) {
      line(0, "no match");
      write_branch(explanation_.branches.front(), 1);
    } else if (const auto common = common_failure()) {
      line(0, "no match: every alternative of $or needs this field");
      write_field(field(*common), 1);
    } else {
      write_alternatives();
    }
    return std::move(out_);
  }

 private:
  void line(std::size_t depth, std::string_view text) {
    out_.append(depth * 2, ' ');
    out_ += text;
    out_ += '\n';
  }

  const FieldExplanation& field(std::uint32_t index) const { return explanation_.fields[index]; }
  std::string path(std::uint32_t index) const { return shown_path(field(index).path); }

  void write_match() {
    const auto branch = std::ranges::find(explanation_.branches, Failure::kNone, &BranchExplanation::failure);
    const auto number = branch - explanation_.branches.begin() + 1;
    line(0, explanation_.branches.size() == 1 ? std::string("match")
                                              : "match, by alternative " + std::to_string(number) + " of " +
                                                    std::to_string(explanation_.branches.size()));
    for (const Choice& choice : branch->chosen) line(1, choice_text(choice));
  }

  std::string choice_text(const Choice& choice) const {
    const std::string alternatives = joined(field(choice.field).alternatives, " or ");
    const std::string name = path(choice.field);
    if (choice.absent) return name + ": no value, as " + R"({"exists":false})" + " asks";
    std::string out = name + ": " + shown_value(choice.value) + " fits " + alternatives;
    if (choice.value.place != field(choice.field).path) out += "  (" + choice.value.place + ")";
    return out;
  }

  // A field that fails by itself in every branch is all that there is to say.
  std::optional<std::uint32_t> common_failure() const {
    const std::uint32_t failed = explanation_.branches.front().failed;
    const bool common = std::ranges::all_of(explanation_.branches, [&](const BranchExplanation& branch) {
      return branch.failure == Failure::kField && branch.failed == failed;
    });
    return common ? std::optional(failed) : std::nullopt;
  }

  void write_alternatives() {
    const std::size_t count = explanation_.branches.size();
    line(0, "no match: none of the " + std::to_string(count) + " alternatives of $or holds");
    for (std::size_t i = 0; i < std::min(count, kBranchesMax); ++i) {
      std::string title = "alternative " + std::to_string(i + 1) + ":";
      for (std::uint32_t index : explanation_.branches[i].fields) title += " " + path(index);
      line(1, title);
      write_branch(explanation_.branches[i], 2);
    }
    if (count > kBranchesMax) line(1, "… and " + std::to_string(count - kBranchesMax) + " more alternatives");
  }

  void write_branch(const BranchExplanation& branch, std::size_t depth) {
    if (branch.failure == Failure::kGaveUp) {
      line(depth, "given up: keys repeated inside of array elements allow too many choices, which counts as no match");
      return;
    }
    if (branch.failure == Failure::kField) write_field(field(branch.failed), depth);
    if (branch.failure == Failure::kArrays) write_arrays(branch, depth);
    write_others(branch, depth);
  }

  void write_others(const BranchExplanation& branch, std::size_t depth) {
    std::vector<std::string> holds;
    std::vector<std::string> fails;
    for (std::uint32_t index : branch.fields) {
      if (index == branch.failed) continue;
      (field(index).verdict == Verdict::kFits ? holds : fails).push_back(path(index));
    }
    if (!fails.empty()) line(depth, "fails too: " + joined(fails, ", "));
    if (!holds.empty() && branch.failure == Failure::kField) line(depth, "holds: " + joined(holds, ", "));
  }

  // --- a field by itself ---------------------------------------------------------------------------------------------

  void write_field(const FieldExplanation& failed, std::size_t depth) {
    line(depth, shown_path(failed.path) + ": " + std::string(title(failed.verdict)));
    line(depth + 1, "asked for  " + joined(failed.alternatives, " or "));
    if (failed.verdict == Verdict::kMissing) {
      write_missing(failed, depth + 1);
      return;
    }
    for (const SeenValue& value : failed.seen) {
      line(depth + 1, "seen       " + shown_value(value) + " at " + shown_path(value.place));
      for (const std::string& reason : value.reasons) line(depth + 1, "           " + reason);
    }
    const std::size_t more = failed.seen_count - failed.seen.size();
    if (more > 0) line(depth + 1, "           … and " + std::to_string(more) + " more values, none of which fits");
  }

  static std::string_view title(Verdict verdict) {
    switch (verdict) {
      case Verdict::kMissing:
        return "the event has no value here";
      case Verdict::kNoValueFits:
        return "no value fits";
      case Verdict::kMustBeMissing:
        return "there is a value, and there must be none";
      case Verdict::kFits:
        break;
    }
    return "fits";
  }

  void write_missing(const FieldExplanation& failed, std::size_t depth) {
    const MissingField& missing = failed.missing;
    if (missing.reached.empty()) {
      line(depth, "seen       nothing: the event has no \"" + failed.path.substr(0, failed.path.find('.')) + "\"");
    } else if (missing.reached == failed.path) {
      line(depth, "seen       " + missing.reached_kind + ": only strings, numbers, booleans and null are values");
    } else {
      line(depth, "seen       " + missing.reached + " is " + missing.reached_kind + " without \"" +
                      failed.path.substr(missing.reached.size() + 1) + "\"");
    }
    if (!missing.similar.empty()) line(depth, "the event has " + missing.similar + ": is that meant?");
  }

  // --- fields together -----------------------------------------------------------------------------------------------

  void write_arrays(const BranchExplanation& branch, std::size_t depth) {
    const FieldExplanation& failed = field(branch.failed);
    line(depth, shown_path(failed.path) + ": cannot hold in the same array element as the fields before it");
    line(depth + 1, "asked for  " + joined(failed.alternatives, " or "));
    for (const Obstacle& obstacle : branch.obstacles) {
      line(depth + 1, shown_value(obstacle.value) + " at " + obstacle.value.place + " fits, but lies in " +
                          obstacle.element + ", and " + path(obstacle.chosen_field) + " holds in " +
                          obstacle.chosen_element);
    }
    if (failed.verdict == Verdict::kFits && failed.seen_count > branch.obstacles.size() && !branch.obstacles.empty()) {
      line(depth + 1, "… and so do " + std::to_string(failed.seen_count - branch.obstacles.size()) + " more values");
    }
    for (const SeenValue& value : branch.present) {
      line(depth + 1, shown_value(value) + " at " + value.place + " lies where the fields before it hold, and " +
                          R"({"exists":false})" + " asks for no value there");
      for (const std::string& reason : value.reasons) line(depth + 1, reason);
    }
    if (branch.chosen.empty()) return;
    line(depth, "the fields before it hold together, for example, with");
    for (const Choice& choice : branch.chosen) line(depth + 1, choice_text(choice));
    line(depth, "and no other choice of elements lets " + shown_path(failed.path) + " hold as well");
  }

  const Explanation& explanation_;
  std::string out_;
};

}  // namespace

std::string explanation_text(const Explanation& explanation) { return Writer(explanation).run(); }

}  // namespace eventbus::rules
