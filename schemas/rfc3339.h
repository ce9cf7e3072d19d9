#pragma once

#include <string_view>

namespace eventbus::schemas {

// Dates and times as RFC 3339 writes them, with every field in range: a day that its month has, and a leap second only
// at the end of a day in UTC.

bool is_date(std::string_view text);       // "2026-09-13"
bool is_time(std::string_view text);       // "12:17:30Z", with or without a fraction, in UTC or with an offset
bool is_date_time(std::string_view text);  // "2026-09-13T12:17:30.5+02:00"

}  // namespace eventbus::schemas
