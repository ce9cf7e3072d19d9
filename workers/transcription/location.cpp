#include "workers/transcription/location.h"

#include "net/url.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace eventbus::transcription {

namespace {

constexpr std::size_t kKeyBytesMax = 1'024;  // AWS: "Creating object key names"

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    if (at + 2 >= text.size()) return std::nullopt;
    unsigned byte = 0;
    const char* const digits = text.data() + at + 1;
    if (std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) return std::nullopt;
    decoded += static_cast<char>(byte);
    at += 2;
  }
  return decoded;
}

bool has_parent_step(std::string_view path) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (path.substr(begin, end - begin) == "..") return true;
    begin = end + 1;
  }
  return false;
}

Result<Location> parse_s3(std::string_view text, std::string_view rest) {
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || slash + 1 == rest.size())
    return invalid("\"" + std::string(text) + "\" names no object: it must be s3://bucket/key");
  const std::string_view bucket = rest.substr(0, slash), key = rest.substr(slash + 1);
  if (!is_bucket_name(bucket)) return invalid("\"" + std::string(bucket) + "\" is no name of a bucket");
  if (!is_object_key(key)) return invalid("\"" + std::string(key) + "\" is no key of an object");
  return Location::s3(std::string(bucket), std::string(key));
}

Result<Location> parse_file(std::string_view text, std::string_view rest) {
  const std::optional<std::string> path = percent_decoded(rest.starts_with("localhost/") ? rest.substr(9) : rest);
  if (!path || !path->starts_with('/') || path->find('\0') != std::string::npos)
    return invalid("\"" + std::string(text) + "\" is no file of this machine: it must be file:///path");
  if (has_parent_step(*path)) return invalid("\"" + std::string(text) + "\" has a \"..\"");
  return Location::file(*path);
}

Result<Location> parse_http(std::string_view text) {
  TRY(const net::Url url, net::parse_url(text));
  Location location;
  location.scheme = Location::kHttp;
  location.bucket = url.host;
  location.key = url.target.substr(1, url.target.find('?') - 1);
  if (location.key.empty()) location.key = "/";
  location.url = std::string(text);
  return location;
}

}  // namespace

Location Location::s3(std::string bucket, std::string key) {
  Location location;
  location.url = "s3://" + bucket + "/" + key;
  location.bucket = std::move(bucket);
  location.key = std::move(key);
  return location;
}

Location Location::file(std::string path) {
  Location location;
  location.scheme = kFile;
  location.bucket = "file";
  location.url = "file://" + path;
  location.key = std::move(path);
  return location;
}

Location Location::with_key(std::string other) const {
  return scheme == kFile ? file(std::move(other)) : s3(bucket, std::move(other));
}

std::string Location::extension() const {
  const std::string_view name = std::string_view(key).substr(key.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || name.size() - dot > 9) return "";
  std::string extension;
  for (const char c : name.substr(dot + 1)) {
    if (c >= 'A' && c <= 'Z') {
      extension += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      extension += c;
    } else {
      return "";
    }
  }
  return extension;
}

std::string Location::to_string() const { return url.substr(0, url.find('?')); }

Result<Location> parse_location(std::string_view text) {
  if (text.starts_with("s3://")) return parse_s3(text, text.substr(5));
  if (text.starts_with("file://")) return parse_file(text, text.substr(7));
  if (text.starts_with("http://") || text.starts_with("https://")) return parse_http(text);
  return invalid("\"" + std::string(text) + "\" is no place: it must begin with s3://, file:///, http:// or https://");
}

bool is_bucket_name(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'; };
  return text.size() >= 3 && text.size() <= 63 && std::ranges::all_of(text, allowed) &&
         text.find("..") == std::string_view::npos;
}

bool is_object_key(std::string_view text) {
  return !text.empty() && text.size() <= kKeyBytesMax && !has_parent_step(text) &&
         text.find('\0') == std::string_view::npos;
}

}  // namespace eventbus::transcription
