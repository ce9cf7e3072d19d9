#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::rules {

enum class JsonToken : std::uint8_t {
  kStartObject,
  kEndObject,
  kStartArray,
  kEndArray,
  kFieldName,
  kString,
  kNumber,
  kTrue,
  kFalse,
  kNull,
  kEndOfInput,  // only outside of any object or array
};

// Reads JSON token by token and tells where it stands, in the words and with the line and column that AWS's parser
// (Jackson) reports, because users see both in rejected patterns. Two of its habits show in columns and are kept:
// with a field name the beginning of its value is read too, and a string is read only when it is asked for or passed.
// Stops at the end of the outermost value: what follows is never looked at.
class JsonReader {
 public:
  // `text` must outlive the reader.
  explicit JsonReader(std::string_view text) : text_(text) {}

  // kInvalid with the parser's message and location if the text is no JSON here, or nested deeper than 1,000 levels.
  Result<JsonToken> next();

  // The name last read.
  const std::string& name() const { return name_; }
  // The value of the string token last read, unescaped to UTF-8; a lone surrogate becomes U+FFFD.
  Result<std::string> string();
  // The number token last read, as written.
  std::string_view number() const { return text_.substr(token_start_, position_ - token_start_); }

  // "\n at [Source: (String)"<text>"; line: L, column: C]" for the current position.
  std::string location_line() const { return "\n at " + location(position_); }
  Error error(std::string message) const { return invalid(std::move(message) + location_line()); }

 private:
  struct Scope {
    bool is_object = false;
    bool has_entries = false;
    std::size_t start = 0;
  };

  Result<JsonToken> read_name();
  Result<JsonToken> read_value();
  Result<JsonToken> read_number();
  Result<JsonToken> read_keyword(std::string_view keyword, JsonToken token);
  Result<JsonToken> enter(bool is_object);
  Result<JsonToken> leave(char bracket);
  // Reads the rest of a string whose opening quote has been read. `kind` is "value" or "name".
  Result<void> read_string(std::string& out, std::string_view kind);
  Result<void> read_escape(std::string& out);
  Result<std::uint32_t> read_hex4();
  Result<void> skip_whitespace();

  bool at_end() const { return position_ == text_.size(); }
  char peek() const { return text_[position_]; }
  Error end_of_input(std::string_view what) const;
  Error unexpected(std::string_view comment);  // consumes the character
  Error unexpected_in_number(std::string_view comment);
  Error unrecognized_token(std::size_t start);
  std::string describe_character();  // consumes it
  std::string location(std::size_t offset) const;
  std::string_view scope_name() const;

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t token_start_ = 0;
  std::vector<Scope> scopes_;
  std::string name_;
  bool string_open_ = false;              // a string token whose text has not been read yet
  std::optional<JsonToken> value_ahead_;  // the token behind a field name, already read
};

}  // namespace eventbus::rules
