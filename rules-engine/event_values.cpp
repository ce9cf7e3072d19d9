#include "rules-engine/event_values.h"

#include "rules-engine/ignore_case.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

namespace eventbus::rules {
namespace {

// Longer paths are not proposed to anybody.
constexpr std::size_t kSimilarPathBytesMax = 256;
constexpr std::string_view kBelowDetail = "detail.";

// What people confuse: "detailType" and "detail-type", "State" and "state".
std::string loose_spelling(std::string_view path) {
  std::string out;
  for (char c : path) {
    if (c != '-' && c != '_') out += ascii_lower(c);
  }
  return out;
}

const char* name_of(JsonToken token) {
  switch (token) {
    case JsonToken::kStartObject:
      return "an object";
    case JsonToken::kStartArray:
      return "an array";
    case JsonToken::kString:
      return "a string";
    case JsonToken::kNumber:
      return "a number";
    case JsonToken::kTrue:
    case JsonToken::kFalse:
      return "a boolean";
    default:
      return "null";
  }
}

}  // namespace

class EventValuesReader {
 public:
  EventValuesReader(std::string_view event, const std::set<std::string>& paths) : json_(event) {
    out_.paths_.assign(paths.begin(), paths.end());
    out_.by_path_.resize(out_.paths_.size());
    for (const std::string& path : out_.paths_) {
      if (path.size() <= kSimilarPathBytesMax) {
        const std::string loose = loose_spelling(path);
        out_.by_loose_spelling_.try_emplace(loose);
        out_.by_loose_spelling_.try_emplace(std::string(kBelowDetail) + loose);
      }
      out_.kinds_.try_emplace(path);
      for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', dot + 1)) {
        out_.kinds_.try_emplace(path.substr(0, dot));
      }
    }
  }

  Result<EventValues> run() {
    TRY(const JsonToken first, json_.next());
    if (first != JsonToken::kStartObject) return invalid("The event is not a JSON object");
    TRY_VOID(read_object(true, kNoElement));
    TRY(const JsonToken last, json_.next());
    if (last != JsonToken::kEndOfInput) return invalid("Text behind the event");
    return std::move(out_);
  }

 private:
  Result<void> read_object(bool root, std::uint32_t element) {
    const std::size_t outer = path_.size();
    while (true) {
      TRY(const JsonToken token, json_.next());
      if (token == JsonToken::kEndObject) return {};
      if (!root) path_ += '.';
      path_ += json_.name();
      TRY(const JsonToken value, json_.next());
      note(value);
      TRY_VOID(read_value(value, element, kNoElement));
      path_.resize(outer);
    }
  }

  Result<void> read_array(std::uint32_t parent) {
    const auto array = static_cast<std::uint32_t>(out_.arrays_.size());
    out_.arrays_.push_back({path_.size(), 0});
    for (std::uint32_t index = 0;; ++index) {
      TRY(const JsonToken token, json_.next());
      if (token == JsonToken::kEndArray) {
        if (index == 0) note_empty_array();
        out_.arrays_[array].values_end = values();
        return {};
      }
      if (token == JsonToken::kStartObject || token == JsonToken::kStartArray) {
        const auto element = static_cast<std::uint32_t>(out_.elements_.size());
        out_.elements_.push_back({array, index, parent, values(), 0});
        TRY_VOID(read_value(token, element, index));
        out_.elements_[element].values_end = values();
      } else {
        TRY_VOID(read_value(token, parent, index));
      }
    }
  }

  Result<void> read_value(JsonToken token, std::uint32_t element, std::uint32_t index) {
    if (token == JsonToken::kStartObject) return read_object(false, element);
    if (token == JsonToken::kStartArray) return read_array(element);
    PlacedValue value{token, "", 0, element, index};
    if (token == JsonToken::kString) {
      TRY(value.text, json_.string());
    }
    const auto wanted = std::ranges::lower_bound(out_.paths_, path_);
    if (wanted == out_.paths_.end() || *wanted != path_) return {};
    if (token == JsonToken::kNumber) value.text = json_.number();
    value.path = static_cast<std::uint32_t>(wanted - out_.paths_.begin());
    out_.by_path_[value.path].push_back(values());
    out_.values_.push_back(std::move(value));
    return {};
  }

  std::uint32_t values() const { return static_cast<std::uint32_t>(out_.values_.size()); }

  // Remembers what stands at the current path, if anybody may ask.
  void note(JsonToken token) {
    const auto kind = out_.kinds_.find(path_);
    if (kind != out_.kinds_.end() && kind->second.empty()) kind->second = name_of(token);
    if (path_.size() > kSimilarPathBytesMax + kBelowDetail.size()) return;
    const auto similar = out_.by_loose_spelling_.find(loose_spelling(path_));
    if (similar != out_.by_loose_spelling_.end() && similar->second.empty()) similar->second = path_;
  }

  void note_empty_array() {
    const auto kind = out_.kinds_.find(path_);
    if (kind != out_.kinds_.end() && kind->second == name_of(JsonToken::kStartArray)) kind->second = "an empty array";
  }

  JsonReader json_;
  EventValues out_;
  std::string path_;
};

Result<EventValues> EventValues::read(std::string_view event, const std::set<std::string>& paths) {
  if (!simdjson::validate_utf8(event.data(), event.size())) return invalid("The event is not UTF-8");
  return EventValuesReader(event, paths).run();
}

const std::vector<std::uint32_t>& EventValues::at(const std::string& path) const {
  return by_path_[static_cast<std::size_t>(std::ranges::lower_bound(paths_, path) - paths_.begin())];
}

std::string EventValues::place_of(const PlacedValue& value) const {
  const std::string& path = paths_[value.path];
  std::string place = place_of_element(value.element, path);
  // A scalar of an array stands at the very end of its path.
  const std::size_t shown = value.element == kNoElement ? 0 : arrays_[elements_[value.element].array].path_bytes;
  place += path.substr(shown);
  if (value.index != kNoElement) place += "[" + std::to_string(value.index) + "]";
  return place;
}

std::string EventValues::place_of_element(std::uint32_t element, const std::string& path) const {
  std::vector<std::uint32_t> chain;
  for (std::uint32_t e = element; e != kNoElement; e = elements_[e].parent) chain.push_back(e);
  std::string place;
  std::size_t shown = 0;
  for (auto e = chain.rbegin(); e != chain.rend(); ++e) {
    const std::size_t end = arrays_[elements_[*e].array].path_bytes;
    place += path.substr(shown, end - shown) + "[" + std::to_string(elements_[*e].index) + "]";
    shown = end;
  }
  return place;
}

std::string EventValues::kind_at(const std::string& path) const {
  const auto kind = kinds_.find(path);
  return kind == kinds_.end() ? "" : kind->second;
}

std::string EventValues::similar_to(const std::string& path) const {
  const std::string loose = loose_spelling(path);
  for (const std::string& spelling : {loose, std::string(kBelowDetail) + loose}) {
    const auto similar = by_loose_spelling_.find(spelling);
    if (similar != by_loose_spelling_.end() && !similar->second.empty() && similar->second != path) {
      return similar->second;
    }
  }
  return "";
}

}  // namespace eventbus::rules
