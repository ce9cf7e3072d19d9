#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// A secret as it is stored: AES-256-GCM, opened only with the key that sealed it and the text it was bound to.
struct SealedSecret {
  std::string key_id;
  std::string nonce;       // 12 bytes, fresh for each seal
  std::string ciphertext;  // as long as the secret, and 16 bytes of tag behind it

  friend bool operator==(const SealedSecret&, const SealedSecret&) = default;
};

// The keys that protect secrets at rest. The first seals, all of them open: a key is replaced by putting a new one
// before it, and removed once nothing is sealed with it any more. Immutable; safe to call from any thread.
class SecretKeys {
 public:
  // The text of a key file: one key a line, 32 bytes in base64, as `openssl rand -base64 32` prints them; empty lines
  // and lines that begin with '#' are passed over. kInvalid names the line, never what stands in it.
  static Result<SecretKeys> parse(std::string_view text);
  // No key at all, and why: nothing can be sealed (kUnavailable, with the reason) or opened.
  static SecretKeys none(std::string reason);
  // A new random key, as a line of such a file.
  static Result<std::string> generate();

  // `bound_to` (an ARN) is not stored, and must be the same when the secret is opened: a sealed secret that is copied
  // to another record is worthless there.
  Result<SealedSecret> seal(std::string_view secret, std::string_view bound_to) const;
  // kNotFound: none of the keys sealed it, or there are none. kInvalid: it was changed, or bound to something else.
  Result<std::string> open(const SealedSecret& sealed, std::string_view bound_to) const;

  // Was it sealed with the key that seals now?
  bool is_current(const SealedSecret& sealed) const { return !keys_.empty() && sealed.key_id == keys_.front().id; }
  // Names a key without telling anything about it: the beginning of its SHA-256. Empty without keys.
  std::string_view current_id() const { return keys_.empty() ? std::string_view() : keys_.front().id; }

 private:
  struct Key {
    std::string id;
    std::string bytes;
  };
  explicit SecretKeys(std::vector<Key> keys) : keys_(std::move(keys)) {}

  std::vector<Key> keys_;
  std::string why_none_;
};

}  // namespace eventbus
