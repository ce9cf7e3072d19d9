#pragma once

#include "adapters/aws/credentials/environment.h"
#include "base/result.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus::aws {

// One profile: its keys (lower case) and values.
using Profile = std::map<std::string, std::string, std::less<>>;

// The shared files of AWS's tools (~/.aws/credentials and ~/.aws/config, or what AWS_SHARED_CREDENTIALS_FILE and
// AWS_CONFIG_FILE name), read anew each time: whoever changes them need not restart anything.
class Profiles {
 public:
  // A file that is not there counts as empty. kInvalid: a line that is no setting, with file and line number.
  static Result<Profiles> read(const CredentialEnvironment& environment);

  // Values of the credentials file win over those of the config file. nullptr if neither has the profile.
  const Profile* find(std::string_view name) const;
  std::string places() const { return places_; }  // for messages: the two paths

 private:
  std::map<std::string, Profile, std::less<>> profiles_;
  std::string places_;
};

// `key = value` below `[section]`; '#' and ';' begin comments; indented lines belong to the key above and are passed
// over. `sections` decides the profile's name from a section's, nullopt to pass it over.
enum class ProfileFileKind { kCredentials, kConfig };  // "[name]" / "[profile name]", "[default]"
Result<std::map<std::string, Profile, std::less<>>> parse_profile_file(const std::string& path, std::string_view text,
                                                                       ProfileFileKind kind);

}  // namespace eventbus::aws
