#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eventbus::rules {

// How a pattern compares with a value ignoring case. AWS does not fold: each UTF-16 unit of the pattern stands for its
// lower- or its upper-case form and nothing else. "straße" matches "STRASSE" and "straSSe", "strasse" does not match
// "straße"; "k" does not match KELVIN SIGN; "ǅ" does not match itself; no normalisation. Characters beyond U+FFFF are
// two units without case, so they match themselves only.
class IgnoreCasePattern {
 public:
  explicit IgnoreCasePattern(std::string_view text);

  bool equals(std::string_view value) const;
  bool is_prefix_of(std::string_view value) const;
  bool is_suffix_of(std::string_view value) const;

 private:
  // One character's forms in UTF-8; equal for a character without case. Neither is a proper prefix or suffix of the
  // other (a test says so for all of Unicode), hence no choice between them ever has to be undone.
  struct Forms {
    std::string lower;
    std::string upper;
  };
  std::vector<Forms> forms_;
};

inline bool is_ascii(std::string_view text) {
  for (char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

inline char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// ASCII patterns need no IgnoreCasePattern: an ASCII pattern matches a value exactly if both are equal in this form,
// which leaves bytes beyond ASCII as they are.
inline std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = ascii_lower(c);
  return out;
}

// The forms of one UTF-16 unit, as UTF-8.
struct CaseForms {
  std::string lower;
  std::string upper;
};
CaseForms case_forms(char16_t unit);

}  // namespace eventbus::rules
