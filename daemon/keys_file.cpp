#include "daemon/keys_file.h"

#include "adapters/aws/sigv4.h"
#include "daemon/setting_name.h"
#include "daemon/setting_value.h"
#include "daemon/text_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace eventbus {
namespace {

constexpr std::array<std::string_view, 5> kMembers = {"secret", "account", "name", "session_token", "expires"};

// "keys.yaml:3: "
std::string at(const std::string& path, const YAML::Mark& mark) {
  return path + ":" + (mark.is_null() ? "" : std::to_string(mark.line + 1) + ":") + " ";
}

// AWS: what the name of an IAM user may consist of.
bool is_user_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("+=,.@_-").find(c) != std::string_view::npos;
  });
}

bool is_key_id(std::string_view text) {
  return !text.empty() && text.size() <= 128 &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '/' && c != ','; });
}

// "2026-12-31T00:00:00Z", as X-Amz-Date without its punctuation.
std::optional<TimePoint> parse_time(std::string text) {
  const bool punctuated = text.size() == 20 && text[4] == '-' && text[7] == '-' && text[13] == ':' && text[16] == ':';
  if (!punctuated) return std::nullopt;
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return aws::parse_amz_date(text);
}

Result<aws::AccessKey> parse_key(const std::string& where, const YAML::Node& node) {
  if (!node.IsMap()) return invalid(where + " must be a mapping with secret, account and name");
  std::map<std::string, std::string, std::less<>> given;
  for (const auto& member : node) {
    const std::string name = member.first.IsScalar() ? member.first.Scalar() : "";
    if (std::ranges::find(kMembers, name) == kMembers.end()) {
      const auto meant = nearest(name, kMembers);
      return invalid(where + ": unknown key \"" + name + "\"" +
                     (meant ? "; did you mean " + std::string(*meant) + "?" : ""));
    }
    if (!member.second.IsScalar()) return invalid(where + ": " + name + " must be plain text");
    if (!given.emplace(name, member.second.Scalar()).second) return invalid(where + ": " + name + " stands here twice");
  }
  for (const std::string_view needed : {"secret", "account", "name"}) {
    const auto found = given.find(needed);
    if (found == given.end() || found->second.empty())
      return invalid(where + ": " + std::string(needed) + " is missing");
  }
  if (!is_account(given["account"])) return invalid(where + ": account must be 12 digits");
  if (!is_user_name(given["name"])) return invalid(where + ": name may have letters, digits and +=,.@_-, at most 64");
  aws::AccessKey key{given["secret"], given["session_token"], given["account"], given["name"], std::nullopt};
  if (given.contains("expires")) {
    key.expires_at = parse_time(given["expires"]);
    if (!key.expires_at) return invalid(where + ": expires must be a time as 2026-12-31T00:00:00Z");
  }
  return key;
}

Result<aws::AccessKeys> convert(const std::string& path, const YAML::Node& root) {
  if (!root.IsMap() || root.size() == 0)
    return invalid(path + ": must be a mapping of access keys, each with secret, account and name");
  std::map<std::string, aws::AccessKey, std::less<>> keys;
  for (const auto& member : root) {
    const std::string where = at(path, member.first.Mark());
    const std::string id = member.first.IsScalar() ? member.first.Scalar() : "";
    if (!is_key_id(id)) return invalid(where + "an access key id is text without blanks, ',' and '/'");
    TRY(aws::AccessKey key, parse_key(where + id, member.second));
    if (!keys.emplace(id, std::move(key)).second) return invalid(where + id + " stands here twice");
  }
  return aws::AccessKeys(std::move(keys));
}

}  // namespace

Result<aws::AccessKeys> parse_keys_file(const std::string& path, const std::string& text) {
  try {
    return convert(path, YAML::Load(text));
  } catch (const YAML::Exception& problem) {
    return invalid(at(path, problem.mark) + "not YAML: " + problem.msg);
  }
}

Result<aws::AccessKeys> read_keys_file(const std::string& path) {
  TRY(const std::string text, read_text_file("the keys file", path));
  return parse_keys_file(path, text);
}

}  // namespace eventbus
