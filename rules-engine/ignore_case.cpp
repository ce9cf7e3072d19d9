#include "rules-engine/ignore_case.h"

#include "rules-engine/utf8.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace eventbus::rules {
namespace {

struct CaseRun {
  std::uint16_t first;
  std::uint16_t last;
  std::uint8_t stride;
  std::int32_t lower_delta;
  std::int32_t upper_delta;
};

struct SpecialCase {
  std::uint16_t unit;
  char16_t lower[4];  // ends at the first zero
  char16_t upper[4];
};

#include "rules-engine/case_table.inc"

std::string to_utf8(const char16_t (&units)[4]) {
  std::string out;
  for (char16_t unit : units) {
    if (unit == 0) break;
    append_utf8(out, unit);
  }
  return out;
}

std::string to_utf8(std::uint32_t unit) {
  std::string out;
  append_utf8(out, unit);
  return out;
}

}  // namespace

CaseForms case_forms(char16_t unit) {
  const auto special = std::ranges::lower_bound(kSpecialCases, unit, {}, &SpecialCase::unit);
  if (special != std::end(kSpecialCases) && special->unit == unit) {
    return {to_utf8(special->lower), to_utf8(special->upper)};
  }
  // Runs of alternating pairs interleave two by two, so look a few runs back from the last that begins at or before.
  auto run = std::ranges::upper_bound(kCaseRuns, unit, {}, &CaseRun::first);
  for (int back = 0; back < 3 && run != std::begin(kCaseRuns); ++back) {
    --run;
    if (unit <= run->last && (unit - run->first) % run->stride == 0) {
      return {to_utf8(static_cast<std::uint32_t>(unit + run->lower_delta)),
              to_utf8(static_cast<std::uint32_t>(unit + run->upper_delta))};
    }
  }
  return {to_utf8(std::uint32_t{unit}), to_utf8(std::uint32_t{unit})};
}

IgnoreCasePattern::IgnoreCasePattern(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const std::uint32_t code_point = decode_utf8(text, at);
    if (code_point >= 0x10000) {
      const std::string itself(text.substr(start, at - start));
      forms_.push_back({itself, itself});
    } else {
      CaseForms forms = case_forms(static_cast<char16_t>(code_point));
      forms_.push_back({std::move(forms.lower), std::move(forms.upper)});
    }
  }
}

bool IgnoreCasePattern::equals(std::string_view value) const {
  for (const Forms& forms : forms_) {
    if (value.starts_with(forms.lower)) {
      value.remove_prefix(forms.lower.size());
    } else if (value.starts_with(forms.upper)) {
      value.remove_prefix(forms.upper.size());
    } else {
      return false;
    }
  }
  return value.empty();
}

bool IgnoreCasePattern::is_prefix_of(std::string_view value) const {
  for (const Forms& forms : forms_) {
    if (value.starts_with(forms.lower)) {
      value.remove_prefix(forms.lower.size());
    } else if (value.starts_with(forms.upper)) {
      value.remove_prefix(forms.upper.size());
    } else {
      return false;
    }
  }
  return true;
}

bool IgnoreCasePattern::is_suffix_of(std::string_view value) const {
  for (auto forms = forms_.rbegin(); forms != forms_.rend(); ++forms) {
    if (value.ends_with(forms->lower)) {
      value.remove_suffix(forms->lower.size());
    } else if (value.ends_with(forms->upper)) {
      value.remove_suffix(forms->upper.size());
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace eventbus::rules
