#include "logs/filter_pattern.h"

#include "logs/json_filter.h"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <utility>

namespace eventbus {

namespace {

Error wrong(std::string_view what) { return invalid("Invalid filter pattern: " + std::string(what)); }

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// AWS: letters, digits and '_' need no quotes, everything else does. What is unambiguous is taken without.
Result<std::string> take_term(std::string_view& text) {
  std::string term;
  if (!text.empty() && text.front() == '"') {
    text.remove_prefix(1);
    for (;;) {
      if (text.empty()) return wrong("a quotation mark is missing.");
      char c = text.front();
      text.remove_prefix(1);
      if (c == '"') break;
      if (c == '\\' && !text.empty() && (text.front() == '"' || text.front() == '\\')) {
        c = text.front();
        text.remove_prefix(1);
      }
      term += c;
    }
  } else {
    while (!text.empty() && !is_space(text.front())) {
      if (text.front() == '"') return wrong("a quotation mark stands inside a term.");
      term += text.front();
      text.remove_prefix(1);
    }
  }
  if (term.empty()) return wrong("a term is empty.");
  return term;
}

bool contains(std::string_view message, const std::string& term) {
  return message.find(term) != std::string_view::npos;
}

}  // namespace

Result<FilterPattern> FilterPattern::parse(std::string_view text) {
  FilterPattern pattern;
  text = trimmed(text);
  if (text.empty()) return pattern;
  if (text.front() == '{') {
    if (text.back() != '}' || text.size() < 2) return wrong("a closing brace is missing.");
    TRY(JsonFilter filter, parse_json_filter(text.substr(1, text.size() - 2)));
    pattern.json_ = std::make_shared<const JsonFilter>(std::move(filter));
    return pattern;
  }
  if (text.front() == '[') return wrong("patterns for space-delimited log events are not supported here.");
  if (text.front() == '%') return wrong("regular expressions are not supported here.");

  while (!text.empty()) {
    std::vector<std::string>* terms = &pattern.required_;
    if (text.front() == '-') terms = &pattern.excluded_;
    if (text.front() == '?') terms = &pattern.any_of_;
    if (terms != &pattern.required_) text.remove_prefix(1);
    TRY(std::string term, take_term(text));
    terms->push_back(std::move(term));
    if (!text.empty() && !is_space(text.front())) return wrong("terms stand together without a space.");
    text = trimmed(text);
  }
  // AWS: "If you combine ? with other filter patterns, … the ? is ignored".
  if (!pattern.required_.empty() || !pattern.excluded_.empty()) pattern.any_of_.clear();
  return pattern;
}

bool FilterPattern::matches(std::string_view message) const {
  if (json_) {
    boost::json::error_code error;
    const boost::json::value event = boost::json::parse({message.data(), message.size()}, error);
    return !error && json_->matches(event);
  }
  const auto is_in = [message](const std::string& term) { return contains(message, term); };
  return std::ranges::all_of(required_, is_in) && std::ranges::none_of(excluded_, is_in) &&
         (any_of_.empty() || std::ranges::any_of(any_of_, is_in));
}

}  // namespace eventbus
