#pragma once

#include "base/result.h"
#include "rules-engine/json_reader.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::rules {

constexpr std::uint32_t kNoElement = std::numeric_limits<std::uint32_t>::max();

// An element of an array that is an object or an array itself: two values in different ones of one array cannot be
// combined. Values are numbered in the order of the event, so those of an element are a run.
struct EventElement {
  std::uint32_t array = 0;
  std::uint32_t index = 0;            // of all the array's elements, scalars too
  std::uint32_t parent = kNoElement;  // the element that holds the array
  std::uint32_t values_begin = 0;     // values inside: [values_begin, values_end)
  std::uint32_t values_end = 0;
};

struct EventArray {
  std::size_t path_bytes = 0;  // of the path's text, those that lead to the array
  std::uint32_t values_end = 0;
};

struct PlacedValue {
  JsonToken kind = JsonToken::kNull;
  std::string text;                    // a string's text or a number's spelling
  std::uint32_t path = 0;              // index into the wanted paths
  std::uint32_t element = kNoElement;  // the innermost element around it
  std::uint32_t index = kNoElement;    // its own place, if it stands in an array
};

// The values of one event at the paths that a pattern names, and what stands around paths without values: the data that
// explain() reasons about. Immutable once read.
class EventValues {
 public:
  // kInvalid if the event is not one JSON object of valid UTF-8 or is nested deeper than 1,000 levels.
  static Result<EventValues> read(std::string_view event, const std::set<std::string>& paths);

  const std::vector<PlacedValue>& values() const { return values_; }
  // Numbers of the values at a wanted path, ascending.
  const std::vector<std::uint32_t>& at(const std::string& path) const;
  const EventElement& element(std::uint32_t element) const { return elements_[element]; }
  const EventArray& array(std::uint32_t array) const { return arrays_[array]; }
  std::size_t array_count() const { return arrays_.size(); }

  // "detail.items[2].sku", "detail.items[2]".
  std::string place_of(const PlacedValue& value) const;
  std::string place_of_element(std::uint32_t element, const std::string& path) const;

  // What stands at `path`, or empty: "an object", "an empty array", "a string"; of several the first.
  std::string kind_at(const std::string& path) const;
  // A path of the event that differs from `path` only in case, hyphens and underscores, or stands below "detail".
  std::string similar_to(const std::string& path) const;

 private:
  friend class EventValuesReader;

  std::vector<std::string> paths_;
  std::vector<std::vector<std::uint32_t>> by_path_;
  std::vector<PlacedValue> values_;
  std::vector<EventElement> elements_;
  std::vector<EventArray> arrays_;
  std::map<std::string, std::string, std::less<>> kinds_;              // of wanted paths and their beginnings
  std::map<std::string, std::string, std::less<>> by_loose_spelling_;  // loose spelling → the event's path
};

}  // namespace eventbus::rules
