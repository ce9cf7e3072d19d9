#include "adapters/aws/credentials/profile_file.h"

#include <algorithm>
#include <utility>

namespace eventbus::aws {

namespace {

using ProfileMap = std::map<std::string, Profile, std::less<>>;

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return result;
}

// AWS: the config file says "[profile name]", except of the default; other sections ("[sso-session x]") are no
// profiles.
std::optional<std::string> profile_of(std::string_view section, ProfileFileKind kind) {
  if (kind == ProfileFileKind::kCredentials || section == "default") return std::string(section);
  constexpr std::string_view kPrefix = "profile";
  if (!section.starts_with(kPrefix)) return std::nullopt;
  const std::string_view name = trimmed(section.substr(kPrefix.size()));
  const bool separated =
      section.size() > kPrefix.size() && kBlanks.find(section[kPrefix.size()]) != std::string_view::npos;
  return separated && !name.empty() ? std::optional(std::string(name)) : std::nullopt;
}

// AWS: '#' and ';' after a blank begin a comment within a line.
std::string_view without_comment(std::string_view value) {
  for (std::size_t i = 1; i < value.size(); ++i)
    if ((value[i] == '#' || value[i] == ';') && kBlanks.find(value[i - 1]) != std::string_view::npos)
      return trimmed(value.substr(0, i));
  return value;
}

std::string home_path(const CredentialEnvironment& environment, std::string_view variable,
                      std::string_view below_home) {
  const std::string home = environment.variable("HOME").value_or("");
  std::string path = environment.variable(variable).value_or("~/.aws/" + std::string(below_home));
  if (path.starts_with("~/")) path = home + path.substr(1);
  return path;
}

Result<ProfileMap> read_one(const CredentialEnvironment& environment, const std::string& path, ProfileFileKind kind) {
  const Result<std::string> text = environment.read_file(path);
  if (!text) return ProfileMap();
  return parse_profile_file(path, *text, kind);
}

}  // namespace

Result<ProfileMap> parse_profile_file(const std::string& path, std::string_view text, ProfileFileKind kind) {
  ProfileMap profiles;
  Profile* current = nullptr;
  bool in_profile = false;  // within a section that is none, settings are passed over
  int number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    ++number;
    const std::string where = path + ":" + std::to_string(number) + ": ";
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') continue;
    if (content.front() == '[') {
      const std::size_t end = content.find(']');
      if (end == std::string_view::npos) return invalid(where + "a section has no ']'");
      const std::optional<std::string> name = profile_of(trimmed(content.substr(1, end - 1)), kind);
      current = name ? &profiles[*name] : nullptr;
      in_profile = true;
      continue;
    }
    if (kBlanks.find(line.front()) != std::string_view::npos) continue;  // nested settings, as of s3
    const std::size_t equals = content.find('=');
    if (equals == std::string_view::npos || equals == 0) return invalid(where + "not of the form key = value");
    if (!in_profile) return invalid(where + "a setting before any section");
    if (current)
      (*current)[lower(trimmed(content.substr(0, equals)))] = without_comment(trimmed(content.substr(equals + 1)));
  }
  return profiles;
}

Result<Profiles> Profiles::read(const CredentialEnvironment& environment) {
  const std::string config = home_path(environment, "AWS_CONFIG_FILE", "config");
  const std::string credentials = home_path(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
  Profiles all;
  all.places_ = credentials + " and " + config;
  TRY(all.profiles_, read_one(environment, config, ProfileFileKind::kConfig));
  TRY(ProfileMap secrets, read_one(environment, credentials, ProfileFileKind::kCredentials));
  for (auto& [name, profile] : secrets)
    for (auto& [key, value] : profile) all.profiles_[name][key] = std::move(value);
  return all;
}

const Profile* Profiles::find(std::string_view name) const {
  const auto found = profiles_.find(name);
  return found == profiles_.end() ? nullptr : &found->second;
}

}  // namespace eventbus::aws
