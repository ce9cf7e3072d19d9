#include "logs/json_filter.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace eventbus {

namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 100;

Error wrong(std::string_view what) { return invalid("Invalid filter pattern: " + std::string(what)); }

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<JsonFilter> whole() {
    TRY(JsonFilter filter, condition(0));
    skip_space();
    if (!text_.empty()) return wrong("\"" + std::string(text_) + "\" is not expected.");
    return filter;
  }

 private:
  Result<JsonFilter> condition(std::size_t depth) { return chain(depth, "||", JsonFilter::kOr); }

  // primary && primary …, or conjunction || conjunction …
  Result<JsonFilter> chain(std::size_t depth, std::string_view sign, JsonFilter::Kind kind) {
    if (depth > kDepthMax) return wrong("it is nested too deep.");
    JsonFilter whole;
    whole.kind = kind;
    do {
      TRY(JsonFilter part, kind == JsonFilter::kOr ? chain(depth, "&&", JsonFilter::kAnd) : primary(depth));
      whole.parts.push_back(std::move(part));
    } while (take(sign));
    if (whole.parts.size() > 1) return whole;
    JsonFilter only = std::move(whole.parts.front());
    return only;
  }

  Result<JsonFilter> primary(std::size_t depth) {
    if (!take("(")) return comparison();
    TRY(JsonFilter inner, condition(depth + 1));
    if (!take(")")) return wrong("a closing parenthesis is missing.");
    return inner;
  }

  Result<JsonFilter> comparison() {
    JsonFilter filter;
    TRY(filter.selector, selector());
    if (take_word("IS")) {
      filter.kind = JsonFilter::kIs;
      if (take_word("NULL")) {
        filter.literal = nullptr;
      } else if (take_word("TRUE")) {
        filter.literal = true;
      } else if (take_word("FALSE")) {
        filter.literal = false;
      } else {
        return wrong("NULL, TRUE or FALSE must follow IS.");
      }
      return filter;
    }
    if (take_word("NOT")) {
      if (!take_word("EXISTS")) return wrong("EXISTS must follow NOT.");
      filter.kind = JsonFilter::kNotExists;
      return filter;
    }
    TRY(filter.kind, comparison_sign());
    TRY_VOID(value(filter));
    const bool ordered = filter.kind != JsonFilter::kEqual && filter.kind != JsonFilter::kNotEqual;
    if (ordered && !filter.number) return wrong("only numbers can be less or greater.");
    return filter;
  }

  Result<JsonFilter::Kind> comparison_sign() {
    // The longer sign first.
    if (take("!=")) return JsonFilter::kNotEqual;
    if (take("<=")) return JsonFilter::kLessOrEqual;
    if (take(">=")) return JsonFilter::kGreaterOrEqual;
    if (take("<")) return JsonFilter::kLess;
    if (take(">")) return JsonFilter::kGreater;
    if (take("=")) return JsonFilter::kEqual;
    return wrong("a comparison must follow the selector.");
  }

  Result<std::vector<JsonFilter::Step>> selector() {
    skip_space();
    if (text_.empty() || text_.front() != '$') return wrong("a condition must begin with a selector: $.name");
    text_.remove_prefix(1);
    std::vector<JsonFilter::Step> steps;
    while (!text_.empty() && (text_.front() == '.' || text_.front() == '[')) {
      const bool dot = text_.front() == '.';
      text_.remove_prefix(1);
      if (dot) {
        std::string name;
        while (!text_.empty() && is_name_character(text_.front())) {
          name += text_.front();
          text_.remove_prefix(1);
        }
        if (name.empty()) return wrong("a name must follow the dot of a selector.");
        steps.emplace_back(std::move(name));
      } else {
        const std::size_t end = text_.find(']');
        if (end == std::string_view::npos) return wrong("a closing bracket is missing.");
        std::string_view inside = text_.substr(0, end);
        text_.remove_prefix(end + 1);
        std::size_t index = 0;
        const auto [stop, error] = std::from_chars(inside.data(), inside.data() + inside.size(), index);
        if (error == std::errc() && stop == inside.data() + inside.size()) {
          steps.emplace_back(index);
        } else if (inside.size() >= 2 && (inside.front() == '\'' || inside.front() == '"') &&
                   inside.back() == inside.front()) {
          steps.emplace_back(std::string(inside.substr(1, inside.size() - 2)));
        } else {
          return wrong("an index or a quoted name must stand in brackets.");
        }
      }
    }
    if (steps.empty()) return wrong("a selector names nothing.");
    return steps;
  }

  Result<void> value(JsonFilter& filter) {
    skip_space();
    if (!text_.empty() && text_.front() == '"') {
      text_.remove_prefix(1);
      for (;;) {
        if (text_.empty()) return wrong("a quotation mark is missing.");
        char c = text_.front();
        text_.remove_prefix(1);
        if (c == '"') return {};
        if (c == '\\' && !text_.empty()) {
          c = text_.front();
          text_.remove_prefix(1);
        }
        filter.text += c;
      }
    }
    while (!text_.empty() && !is_space(text_.front()) && text_.front() != ')' && !text_.starts_with("&&") &&
           !text_.starts_with("||")) {
      filter.text += text_.front();
      text_.remove_prefix(1);
    }
    if (filter.text.empty()) return wrong("a value is missing.");
    filter.number = number_in(filter.text);
    return {};
  }

  static bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == ':' || static_cast<unsigned char>(c) >= 0x80;
  }
  void skip_space() {
    while (!text_.empty() && is_space(text_.front())) text_.remove_prefix(1);
  }
  bool take(std::string_view sign) {
    skip_space();
    if (!text_.starts_with(sign)) return false;
    text_.remove_prefix(sign.size());
    return true;
  }
  bool take_word(std::string_view word) {
    skip_space();
    if (!text_.starts_with(word) || (text_.size() > word.size() && is_name_character(text_[word.size()]))) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  std::string_view text_;
};

// '*' stands for any run of characters. Linear in the text for each star.
bool like(std::string_view text, std::string_view pattern) {
  std::size_t t = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

const json::value* at(const json::value& event, const std::vector<JsonFilter::Step>& selector) {
  const json::value* here = &event;
  for (const JsonFilter::Step& step : selector) {
    if (const auto* name = std::get_if<std::string>(&step)) {
      here = here->is_object() ? here->get_object().if_contains(*name) : nullptr;
    } else {
      const std::size_t index = std::get<std::size_t>(step);
      const bool inside = here->is_array() && index < here->get_array().size();
      here = inside ? &here->get_array()[index] : nullptr;
    }
    if (!here) return nullptr;
  }
  return here;
}

bool equals(const json::value& value, const JsonFilter& filter) {
  if (value.is_number()) {
    if (filter.number) return value.to_number<double>() == *filter.number;
    if (filter.text.find('*') == std::string::npos) return false;
    // AWS: { $.status = 4* }
    const std::string digits =
        value.is_int64() ? std::to_string(value.get_int64()) : std::to_string(value.to_number<double>());
    return like(digits, filter.text);
  }
  if (value.is_string()) return like(std::string_view(value.get_string()), filter.text);
  if (value.is_bool()) return filter.text == (value.get_bool() ? "true" : "false");
  return false;
}

}  // namespace

bool JsonFilter::matches(const json::value& event) const {
  const auto part_matches = [&](const JsonFilter& part) { return part.matches(event); };
  if (kind == kAnd) return std::ranges::all_of(parts, part_matches);
  if (kind == kOr) return std::ranges::any_of(parts, part_matches);
  const json::value* const found = at(event, selector);
  if (kind == kNotExists) return !found;
  if (!found) return false;
  if (kind == kIs) return *found == literal;
  // AWS: a selector that points to an array or an object does not match.
  if (found->is_structured() || found->is_null()) return false;
  if (kind == kEqual) return equals(*found, *this);
  if (kind == kNotEqual) return !equals(*found, *this);
  if (!found->is_number()) return false;
  const double value = found->to_number<double>();
  if (kind == kLess) return value < *number;
  if (kind == kLessOrEqual) return value <= *number;
  if (kind == kGreater) return value > *number;
  return value >= *number;
}

Result<JsonFilter> parse_json_filter(std::string_view text) { return Parser(text).whole(); }

}  // namespace eventbus
