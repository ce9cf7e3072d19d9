#pragma once

#include <string_view>

namespace eventbus::schemas {

// Does `text` have the format? Exact rules, one pass, no regular expressions.
using FormatCheck = bool (*)(std::string_view text);

// The check of a `format` of draft-07: date-time, date, time, email, hostname, ipv4, ipv6, uri, uri-reference,
// uri-template, json-pointer, relative-json-pointer, regex; and uuid and duration of later drafts. nullptr: a name that
// is not known, which by the standard asks for nothing.
FormatCheck find_format(std::string_view name);

}  // namespace eventbus::schemas
