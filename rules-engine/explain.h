#pragma once

#include "base/result.h"
#include "rules-engine/event_pattern.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::rules {

// Why a rule matches an event, or why it does not: which field fails first, what the pattern asks for there, and what
// the event has instead. explanation_text.h and explanation_json.h show it to people and programs.

// A value of the event at a path that the pattern names.
struct SeenValue {
  std::string place;  // the path with indices of arrays: "detail.items[2].sku"
  std::string json;   // as JSON text; of a long string or number its beginning, as a string
  bool clipped = false;
  bool fits = false;
  // If it does not fit: one sentence for each alternative of the field, but for `exists: false`, which no value fits.
  std::vector<std::string> reasons;
};

// What stands in the event around a path that has no value.
struct MissingField {
  std::string reached;       // the longest beginning of the path that is in the event; empty: not even the first step
  std::string reached_kind;  // "an object", "an empty array", "a string" …; empty as `reached` is
  std::string similar;       // a path of the event that may be meant: other case or hyphens, or below `detail`
};

// One field of the pattern judged by itself, whatever the other fields of its branch need.
struct FieldExplanation {
  enum class Verdict : std::uint8_t {
    kFits,           // a value fits, or there is none and `exists: false` is an alternative
    kMissing,        // no value, and the pattern wants one
    kNoValueFits,    // there are values, and none fits any alternative
    kMustBeMissing,  // there are values, and `exists: false` is the only alternative
  };

  std::string path;
  std::vector<std::string> alternatives;  // as JSON text: "\"running\"", "{\"prefix\":\"r\"}"
  Verdict verdict = Verdict::kFits;
  std::vector<SeenValue>
      seen;  // kFits: values that fit. Else: all values. The first ones of many, in the event's order
  std::size_t seen_count = 0;
  MissingField missing;  // of kMissing
};

// A field and what it was satisfied with.
struct Choice {
  std::uint32_t field = 0;  // index into Explanation::fields
  bool absent = false;      // by having no value in the elements chosen
  SeenValue value;          // else
};

// A value of the failing field that cannot be combined with a choice, as they lie in different elements of one array.
struct Obstacle {
  SeenValue value;
  std::string element;         // of the value: "detail.items[1]"
  std::string chosen_element;  // of the choice: "detail.items[0]"
  std::uint32_t chosen_field = 0;
};

// One branch: without `$or`, the whole pattern.
struct BranchExplanation {
  enum class Failure : std::uint8_t {
    kNone,    // it matches
    kField,   // the first failing field fails by itself; Explanation::fields tells how
    kArrays,  // each field could be satisfied, but not all in the same elements of the arrays
    kGaveUp,  // the search for such elements was too long, which counts as no match
  };

  Failure failure = Failure::kNone;
  std::vector<std::uint32_t> fields;  // indices into Explanation::fields, in the order in which AWS judges them
  std::uint32_t failed = 0;  // index into Explanation::fields of the first that fails; nothing if kNone, kGaveUp
  // kNone: what satisfied each field. kArrays: the longest run of fields, in order, that can be satisfied together; the
  // next one is `failed`. No other choice gets further. Of branches beyond ExplainLimits::shown_branches, the first
  // that matches aside, nothing is kept here and below.
  std::vector<Choice> chosen;
  std::vector<Obstacle> obstacles;  // kArrays: why the values that would fit `failed` are out of reach (first ones)
  // kArrays, `exists: false` asked for: values of `failed` that stand within what has been chosen (first ones).
  std::vector<SeenValue> present;
};

struct Explanation {
  bool matches = false;
  std::vector<FieldExplanation> fields;     // those of EventPattern::fields()
  std::vector<BranchExplanation> branches;  // those of EventPattern::branches()
};

struct ExplainLimits {
  std::size_t shown_values = 5;          // of one field
  std::size_t shown_bytes = 200;         // of one value
  std::size_t shown_branches = 20;       // that hold details
  std::size_t search_steps = 1'000'000;  // beyond those that events without duplicate keys need
};

// Explains the verdict on `event`. It is reference_match's, but for patterns and events with duplicate keys inside of
// arrays that need more than `search_steps` (see README.md). Written from the semantics, without the matcher; meant for
// people who wait, not for every event. kInvalid if the event is not one JSON object of valid UTF-8 or is nested deeper
// than 1,000 levels. The event needs no padding.
Result<Explanation> explain(const EventPattern& pattern, std::string_view event, const ExplainLimits& limits = {});

}  // namespace eventbus::rules
