#pragma once

#include "base/clock.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace eventbus::aws {

// Somebody who may call: one entry of the keys file (daemon/keys_file.h).
struct AccessKey {
  std::string secret;
  std::string session_token;  // when not empty, requests must carry exactly this one
  std::string account;        // whose resources his requests are about
  std::string name;           // arn:aws:iam::<account>:user/<name>
  std::optional<TimePoint> expires_at;
};

// All who may call, by access key id. Immutable: a changed file is a new object, published whole (base/published.h).
class AccessKeys {
 public:
  AccessKeys() = default;
  explicit AccessKeys(std::map<std::string, AccessKey, std::less<>> keys) : keys_(std::move(keys)) {}

  // nullptr if nobody has it.
  const AccessKey* find(std::string_view id) const {
    const auto found = keys_.find(id);
    return found == keys_.end() ? nullptr : &found->second;
  }
  std::size_t size() const { return keys_.size(); }

 private:
  std::map<std::string, AccessKey, std::less<>> keys_;
};

}  // namespace eventbus::aws
