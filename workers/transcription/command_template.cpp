#include "workers/transcription/command_template.h"

#include <algorithm>

namespace eventbus::transcription {

namespace {

Result<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;  // a word, which may be empty: ''
  char quote = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (quote == 0 && blank) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'') {
      if (++at == text.size()) return invalid("a \\ stands at the end");
      words.back() += text[at];
    } else {
      words.back() += c;
    }
  }
  if (quote != 0) return invalid(std::string("a ") + quote + " is not closed");
  return words;
}

}  // namespace

Result<std::vector<CommandTemplate::Part>> CommandTemplate::parse_word(std::string_view word,
                                                                       std::span<const std::string_view> names) {
  std::vector<Part> parts;
  for (std::size_t at = 0; at < word.size();) {
    const std::size_t brace = std::min(word.find('{', at), word.size());
    if (brace > at) parts.push_back({"", std::string(word.substr(at, brace - at)), false});
    if (brace == word.size()) break;
    const std::size_t end = word.find('}', brace);
    if (end == std::string_view::npos) return invalid("a { is not closed in \"" + std::string(word) + "\"");
    const std::string_view inside = word.substr(brace + 1, end - brace - 1);
    const std::size_t colon = std::min(inside.find(':'), inside.size());
    const std::string_view name = inside.substr(0, colon);
    if (std::ranges::find(names, name) == names.end()) {
      std::string known;
      for (const std::string_view each : names) known += (known.empty() ? "{" : ", {") + std::string(each) + "}";
      return invalid("{" + std::string(name) + "} stands for nothing; known are " + known);
    }
    const bool conditional = colon < inside.size();
    parts.push_back({std::string(name), conditional ? std::string(inside.substr(colon + 1)) : "", conditional});
    at = end + 1;
  }
  return parts;
}

Result<CommandTemplate> CommandTemplate::parse(std::string_view text, std::span<const std::string_view> names) {
  TRY(const std::vector<std::string> split, split_words(text));
  if (split.empty()) return invalid("the command is empty");
  Words words;
  for (const std::string& word : split) {
    TRY(std::vector<Part> parts, parse_word(word, names));
    words.push_back(std::move(parts));
  }
  return CommandTemplate(std::move(words));
}

std::vector<std::string> CommandTemplate::expand(const Values& values) const {
  std::vector<std::string> expanded;
  for (const std::vector<Part>& parts : words_) {
    std::string word;
    for (const Part& part : parts) {
      if (part.name.empty()) {
        word += part.literal;
        continue;
      }
      const auto found = values.find(part.name);
      if (found == values.end() || !found->second) continue;
      if (!part.conditional) word += *found->second;
      for (const char c : part.literal) c == '%' ? word += * found->second : word += c;
    }
    if (!word.empty() || parts.empty()) expanded.push_back(std::move(word));  // '' was meant to be empty
  }
  return expanded;
}

bool CommandTemplate::mentions(std::string_view name) const {
  return std::ranges::any_of(words_, [name](const std::vector<Part>& parts) {
    return std::ranges::any_of(parts, [name](const Part& part) { return part.name == name; });
  });
}

}  // namespace eventbus::transcription
