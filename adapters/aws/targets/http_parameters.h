#pragma once

#include "bus/bus_records.h"
#include "net/message.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus::aws {

// The HttpParameters of a target, and what is done with them in a URL. Pure functions.

struct HttpParameters {
  std::vector<std::string> path;  // PathParameterValues: for the '*' of the endpoint, in order
  std::vector<net::Header> headers;
  std::vector<std::pair<std::string, std::string>> query;
};

// As the target has them; values that are wholly a JSON path are read from `event` (behaviour §9): a string as its
// content, other values as JSON text, nothing where the path leads nowhere.
HttpParameters http_parameters_of(const Target& target, std::string_view event);

// All but unreserved characters (RFC 3986) as %XX.
std::string percent_encoded(std::string_view text);
// Each '*' in the path becomes the next value, escaped; a '*' that is left without a value stays.
std::string with_path_values(std::string_view url, const std::vector<std::string>& values);
// `url` with these parameters behind those it has.
std::string with_query(std::string url, const std::vector<std::pair<std::string, std::string>>& parameters);

// name=value&name=value
std::string form_encoded(const std::vector<std::pair<std::string, std::string>>& parameters);

// Sets a header, in place of the one of that name, compared without case.
void set_header(std::vector<net::Header>& headers, std::string name, std::string value);
// A header that users of API destinations cannot set: what they give is dropped (behaviour §13).
bool is_dropped_header(std::string_view name);
// Visible characters, blanks and tabs: nothing that would end the header.
bool is_header_value(std::string_view value);

}  // namespace eventbus::aws
