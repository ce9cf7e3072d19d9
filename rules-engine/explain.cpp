#include "rules-engine/explain.h"

#include "rules-engine/branch_search.h"
#include "rules-engine/condition_text.h"
#include "rules-engine/event_values.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

namespace eventbus::rules {
namespace {

using Verdict = FieldExplanation::Verdict;
using Failure = BranchExplanation::Failure;

bool is_absent(const Condition& condition) { return std::holds_alternative<Absent>(condition); }

ScalarValue scalar(const PlacedValue& value) { return {value.kind, value.text}; }

bool fits_any(const FieldPattern& field, const PlacedValue& value) {
  return std::ranges::any_of(field.conditions,
                             [&](const Condition& condition) { return fits(condition, scalar(value)); });
}

// The first `size` bytes of valid UTF-8, less a character that would be cut.
std::string_view clip(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

class Explainer {
 public:
  Explainer(const EventPattern& pattern, const EventValues& values, const ExplainLimits& limits)
      : pattern_(pattern), values_(values), limits_(limits), search_(values, limits.search_steps) {}

  Explanation run() {
    for (const FieldPattern& field : pattern_.fields()) {
      candidates_.push_back(candidates_of(field));
      out_.fields.push_back(judge_alone(field, candidates_.back()));
    }
    for (const EventPattern::Branch& branch : pattern_.branches()) {
      BranchExplanation judged = judge(branch);
      const bool first_match = judged.failure == Failure::kNone && !out_.matches;
      if (out_.branches.size() >= limits_.shown_branches && !first_match) forget_details(judged);
      out_.matches = out_.matches || first_match;
      out_.branches.push_back(std::move(judged));
    }
    return std::move(out_);
  }

 private:
  // --- one field -----------------------------------------------------------------------------------------------------

  FieldCandidates candidates_of(const FieldPattern& field) const {
    FieldCandidates out;
    out.present = &values_.at(field.path);
    out.absence_fits = std::ranges::any_of(field.conditions, is_absent);
    for (std::uint32_t value : *out.present) {
      if (fits_any(field, values_.values()[value])) out.fitting.push_back(value);
    }
    return out;
  }

  FieldExplanation judge_alone(const FieldPattern& field, const FieldCandidates& candidates) const {
    FieldExplanation out;
    out.path = field.path;
    for (const Condition& condition : field.conditions) out.alternatives.push_back(condition_json(condition));
    const bool empty = candidates.present->empty();
    if (!candidates.fitting.empty() || (empty && candidates.absence_fits)) {
      out.verdict = Verdict::kFits;
    } else if (empty) {
      out.verdict = Verdict::kMissing;
      out.missing = look_around(field.path);
    } else {
      out.verdict = std::ranges::all_of(field.conditions, is_absent) ? Verdict::kMustBeMissing : Verdict::kNoValueFits;
    }
    const std::vector<std::uint32_t>& shown = out.verdict == Verdict::kFits ? candidates.fitting : *candidates.present;
    out.seen_count = shown.size();
    for (std::uint32_t value : first(shown)) out.seen.push_back(show(value, field));
    return out;
  }

  MissingField look_around(const std::string& path) const {
    MissingField out;
    out.similar = values_.similar_to(path);
    for (std::size_t end = path.size(); end != std::string::npos && end > 0; end = path.rfind('.', end - 1)) {
      const std::string beginning = path.substr(0, end);
      out.reached_kind = values_.kind_at(beginning);
      if (out.reached_kind.empty()) continue;
      out.reached = beginning;
      break;
    }
    return out;
  }

  template <typename T>
  std::span<const T> first(const std::vector<T>& items) const {
    return {items.data(), std::min(items.size(), limits_.shown_values)};
  }

  SeenValue show(std::uint32_t number, const FieldPattern& field) const {
    const PlacedValue& value = values_.values()[number];
    SeenValue out;
    out.place = values_.place_of(value);
    const std::string_view kept = clip(value.text, limits_.shown_bytes);
    out.clipped = kept.size() < value.text.size();
    out.json = out.clipped ? quoted_json(kept) : json_of(value.kind, kept);  // a cut number need not be one
    out.fits = fits_any(field, value);
    if (out.fits) return out;
    const std::string in_sentence = out.clipped ? quoted_json(std::string(kept) + "…") : out.json;
    for (const Condition& condition : field.conditions) {
      if (!is_absent(condition)) out.reasons.push_back(why_not(condition, scalar(value), in_sentence));
    }
    return out;
  }

  static std::string json_of(JsonToken kind, std::string_view text) {
    switch (kind) {
      case JsonToken::kString:
        return quoted_json(text);
      case JsonToken::kNumber:
        return std::string(text);
      case JsonToken::kTrue:
        return "true";
      case JsonToken::kFalse:
        return "false";
      default:
        return "null";
    }
  }

  // --- one branch ----------------------------------------------------------------------------------------------------

  // Fails whatever the other fields are satisfied with: nothing fits, and absence is no way out.
  static bool fails_alone(const EventValues& values, const FieldCandidates& field) {
    if (!field.fitting.empty()) return false;
    if (!field.absence_fits) return true;
    return std::ranges::any_of(*field.present,
                               [&](std::uint32_t value) { return values.values()[value].element == kNoElement; });
  }

  BranchExplanation judge(const EventPattern::Branch& branch) {
    BranchExplanation out;
    out.fields = branch;
    for (std::uint32_t field : branch) {
      if (!fails_alone(values_, candidates_[field])) continue;
      out.failure = Failure::kField;
      out.failed = field;
      return out;
    }
    std::vector<const FieldCandidates*> fields;
    for (std::uint32_t field : branch) fields.push_back(&candidates_[field]);
    const BranchSearch::Outcome found = search_.run(fields);
    if (found.gave_up) {
      out.failure = Failure::kGaveUp;
      return out;
    }
    if (found.choices.size() < branch.size()) describe_failure(out, fields, found);
    if (out.failure != Failure::kField) {
      for (std::size_t i = 0; i < found.choices.size(); ++i) out.chosen.push_back(choice(branch[i], found.choices[i]));
    }
    if (out.failure == Failure::kArrays) describe_obstacles(out, *fields[found.choices.size()], found);
    return out;
  }

  // The field behind the longest run that can be satisfied. It fails by itself if a value that must not be there is in
  // no array of the fields before it: whatever those are satisfied with, it stays in the way.
  void describe_failure(BranchExplanation& out, const std::vector<const FieldCandidates*>& fields,
                        const BranchSearch::Outcome& found) const {
    const std::size_t failed = found.choices.size();
    out.failed = out.fields[failed];
    out.failure = Failure::kArrays;
    if (!fields[failed]->fitting.empty()) return;
    std::set<std::uint32_t> arrays;
    for (std::size_t i = 0; i < failed; ++i) {
      for (std::uint32_t value : fields[i]->fitting) add_arrays(arrays, value);
    }
    const bool always = std::ranges::any_of(*fields[failed]->present, [&](std::uint32_t value) {
      std::set<std::uint32_t> own;
      add_arrays(own, value);
      return std::ranges::none_of(own, [&](std::uint32_t array) { return arrays.contains(array); });
    });
    if (always) out.failure = Failure::kField;
  }

  void add_arrays(std::set<std::uint32_t>& arrays, std::uint32_t value) const {
    for (std::uint32_t e = values_.values()[value].element; e != kNoElement; e = values_.element(e).parent) {
      arrays.insert(values_.element(e).array);
    }
  }

  Choice choice(std::uint32_t field, std::uint32_t value) const {
    if (value == BranchSearch::kAbsent) return {field, true, {}};
    return {field, false, show(value, pattern_.fields()[field])};
  }

  void describe_obstacles(BranchExplanation& out, const FieldCandidates& failed,
                          const BranchSearch::Outcome& found) const {
    const FieldPattern& field = pattern_.fields()[out.failed];
    for (std::uint32_t value : first(failed.fitting)) {
      const auto conflict = search_.conflict(found.choices, value);
      if (!conflict) continue;
      const std::string& path = field.path;
      out.obstacles.push_back({show(value, field), values_.place_of_element(conflict->element, path),
                               values_.place_of_element(conflict->chosen_element, path), out.fields[conflict->choice]});
    }
    if (!failed.absence_fits) return;
    for (std::uint32_t value : *failed.present) {
      if (out.present.size() == limits_.shown_values) break;
      if (!search_.conflict(found.choices, value)) out.present.push_back(show(value, field));
    }
  }

  static void forget_details(BranchExplanation& branch) {
    branch.chosen.clear();
    branch.obstacles.clear();
    branch.present.clear();
  }

  const EventPattern& pattern_;
  const EventValues& values_;
  const ExplainLimits& limits_;
  BranchSearch search_;
  std::vector<FieldCandidates> candidates_;  // of each field of the pattern
  Explanation out_;
};

}  // namespace

Result<Explanation> explain(const EventPattern& pattern, std::string_view event, const ExplainLimits& limits) {
  std::set<std::string> paths;
  for (const FieldPattern& field : pattern.fields()) paths.insert(field.path);
  TRY(const EventValues values, EventValues::read(event, paths));
  return Explainer(pattern, values, limits).run();
}

}  // namespace eventbus::rules
