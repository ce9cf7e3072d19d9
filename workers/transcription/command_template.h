#pragma once

#include "base/result.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::transcription {

// A program with its arguments, as a person writes it: words apart by blanks, '…' and "…" around words that hold some,
// '\' before a character that is to stand for itself. No shell ever sees it.
//
//   whisper-cli -m {model} -f {audio} -l {language} {cpu:-ng} {model:--name=%}
//
// {name} stands for a value; {name:WORD} for WORD where the value is there, with '%' in it for the value, and for
// nothing where it is not. A word of which nothing is left is left out.
class CommandTemplate {
 public:
  using Values = std::map<std::string, std::optional<std::string>, std::less<>>;

  // kInvalid: an open quote or brace, no word at all, or a name that is none of `names`.
  static Result<CommandTemplate> parse(std::string_view text, std::span<const std::string_view> names);

  // A plain {name} without a value stands for nothing.
  std::vector<std::string> expand(const Values& values) const;
  // Whether {name} stands in it somewhere.
  bool mentions(std::string_view name) const;

 private:
  struct Part {
    std::string name;     // empty: `literal` stands there as it is
    std::string literal;  // of {name:WORD} the WORD
    bool conditional = false;
  };
  using Words = std::vector<std::vector<Part>>;
  explicit CommandTemplate(Words words) : words_(std::move(words)) {}
  static Result<std::vector<Part>> parse_word(std::string_view word, std::span<const std::string_view> names);

  Words words_;
};

}  // namespace eventbus::transcription
