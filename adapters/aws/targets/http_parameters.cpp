#include "adapters/aws/targets/http_parameters.h"

#include "bus/json_path.h"
#include "bus/json_text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

namespace eventbus::aws {

namespace json = boost::json;

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

// Values of a target, some of which are read from the event.
class Values {
 public:
  explicit Values(std::string_view event) : given_(event) {}

  std::string resolve(std::string_view text) {
    if (!text.starts_with('$')) return std::string(text);
    const std::optional<JsonPath> path = JsonPath::parse(text);
    if (!path) return std::string(text);
    const std::optional<std::string> value = path->find(document());
    if (!value) return {};
    switch (json_kind(*value)) {
      case JsonKind::kNull:
        return {};
      case JsonKind::kString:
        return unescaped(std::string_view(*value).substr(1, value->size() - 2));
      default:
        return *value;
    }
  }

 private:
  // JsonPath reads a little beyond the end.
  std::string_view document() {
    if (padded_.empty()) {
      padded_.reserve(given_.size() + 64);
      padded_ = given_;
    }
    return padded_;
  }

  std::string_view given_;
  std::string padded_;
};

const json::object* object_of(const json::object& members, std::string_view name) {
  const json::value* value = members.if_contains(name);
  return value ? value->if_object() : nullptr;
}

}  // namespace

HttpParameters http_parameters_of(const Target& target, std::string_view event) {
  HttpParameters parameters;
  const json::object* block = object_of(target.parameters, "HttpParameters");
  if (!block) return parameters;
  Values values(event);
  if (const json::value* path = block->if_contains("PathParameterValues"); path && path->is_array()) {
    for (const json::value& value : path->get_array()) {
      if (value.is_string()) parameters.path.push_back(values.resolve(std::string_view(value.get_string())));
    }
  }
  if (const json::object* headers = object_of(*block, "HeaderParameters")) {
    for (const auto& [name, value] : *headers) {
      if (value.is_string())
        parameters.headers.push_back({std::string(name), values.resolve(std::string_view(value.get_string()))});
    }
  }
  if (const json::object* query = object_of(*block, "QueryStringParameters")) {
    for (const auto& [name, value] : *query) {
      if (value.is_string())
        parameters.query.emplace_back(values.resolve(std::string_view(name.data(), name.size())),
                                      values.resolve(std::string_view(value.get_string())));
    }
  }
  return parameters;
}

std::string percent_encoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~';
    if (unreserved) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kHex[byte >> 4];
    encoded += kHex[byte & 0xF];
  }
  return encoded;
}

std::string with_path_values(std::string_view url, const std::vector<std::string>& values) {
  const std::size_t scheme = url.find("://");
  const std::size_t authority = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t path = std::min(url.find('/', authority), url.size());
  const std::size_t query = std::min(url.find('?', path), url.size());
  std::string filled(url.substr(0, path));
  auto value = values.begin();
  for (const char c : url.substr(path, query - path)) {
    if (c == '*' && value != values.end())
      filled += percent_encoded(*value++);
    else
      filled += c;
  }
  return filled.append(url.substr(query));
}

std::string form_encoded(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (!text.empty()) text += '&';
    text += percent_encoded(name) + "=" + percent_encoded(value);
  }
  return text;
}

std::string with_query(std::string url, const std::vector<std::pair<std::string, std::string>>& parameters) {
  if (parameters.empty()) return url;
  const bool has_query = url.find('?') != std::string::npos;
  const bool open = has_query && (url.back() == '?' || url.back() == '&');
  if (!open) url += has_query ? '&' : '?';
  return url + form_encoded(parameters);
}

void set_header(std::vector<net::Header>& headers, std::string name, std::string value) {
  const auto existing = std::ranges::find_if(headers, [&](const auto& header) { return same_name(header.name, name); });
  if (existing == headers.end())
    headers.push_back({std::move(name), std::move(value)});
  else
    *existing = {std::move(name), std::move(value)};
}

bool is_dropped_header(std::string_view name) {
  constexpr std::array<std::string_view, 33> kDropped = {"a-im",
                                                         "accept-charset",
                                                         "accept-datetime",
                                                         "accept-encoding",
                                                         "cache-control",
                                                         "connection",
                                                         "content-encoding",
                                                         "content-length",
                                                         "content-md5",
                                                         "date",
                                                         "expect",
                                                         "forwarded",
                                                         "from",
                                                         "host",
                                                         "http2-settings",
                                                         "if-match",
                                                         "if-modified-since",
                                                         "if-none-match",
                                                         "if-range",
                                                         "if-unmodified-since",
                                                         "max-forwards",
                                                         "origin",
                                                         "pragma",
                                                         "proxy-authorization",
                                                         "range",
                                                         "referer",
                                                         "te",
                                                         "trailer",
                                                         "transfer-encoding",
                                                         "user-agent",
                                                         "upgrade",
                                                         "via",
                                                         "warning"};
  return std::ranges::any_of(kDropped, [&](std::string_view dropped) { return same_name(dropped, name); });
}

bool is_header_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

}  // namespace eventbus::aws
