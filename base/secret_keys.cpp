#include "base/secret_keys.h"

#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>

namespace eventbus {

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;  // what GCM is made for
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kIdLength = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Error cipher_failed() { return internal("The cipher failed."); }

bool random_bytes(std::string& out, std::size_t count) {
  out.resize(count);
  return RAND_bytes(bytes_of(out), static_cast<int>(count)) == 1;
}

std::string_view trimmed(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

}  // namespace

Result<SecretKeys> SecretKeys::parse(std::string_view text) {
  std::vector<Key> keys;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    std::optional<std::string> bytes = base64_decode(line);
    if (!bytes || bytes->size() != kKeyBytes)
      return invalid("line " + std::to_string(number) +
                     " is not a key: 32 bytes in base64, as `openssl rand -base64 32` "
                     "prints them");
    std::string id = sha256_hex(*bytes).substr(0, kIdLength);
    keys.push_back({std::move(id), *std::move(bytes)});
  }
  if (keys.empty()) return invalid("there is no key in it");
  return SecretKeys(std::move(keys));
}

SecretKeys SecretKeys::none(std::string reason) {
  SecretKeys keys({});
  keys.why_none_ = std::move(reason);
  return keys;
}

Result<std::string> SecretKeys::generate() {
  std::string bytes;
  if (!random_bytes(bytes, kKeyBytes)) return internal("The operating system gives no random bytes.");
  return base64_encode(bytes);
}

Result<SealedSecret> SecretKeys::seal(std::string_view secret, std::string_view bound_to) const {
  if (keys_.empty()) return unavailable("There is no key to protect the secret with: " + why_none_ + ".");
  const Key& key = keys_.front();
  SealedSecret sealed;
  sealed.key_id = key.id;
  if (!random_bytes(sealed.nonce, kNonceBytes)) return internal("The operating system gives no random bytes.");
  sealed.ciphertext.resize(secret.size() + kTagBytes);

  const Context context(EVP_CIPHER_CTX_new());
  unsigned char* out = bytes_of(sealed.ciphertext);
  int length = 0;
  const bool done =
      context &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key.bytes), bytes_of(sealed.nonce)) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &length, bytes_of(bound_to), static_cast<int>(bound_to.size())) == 1 &&
      EVP_EncryptUpdate(context.get(), out, &length, bytes_of(secret), static_cast<int>(secret.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), out + secret.size(), &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, out + secret.size()) == 1;
  if (!done) return cipher_failed();
  return sealed;
}

Result<std::string> SecretKeys::open(const SealedSecret& sealed, std::string_view bound_to) const {
  if (keys_.empty()) return not_found(why_none_);
  const auto key = std::ranges::find(keys_, sealed.key_id, &Key::id);
  if (key == keys_.end())
    return not_found("it was sealed with key " + sealed.key_id + ", which is not in the key file");
  if (sealed.nonce.size() != kNonceBytes || sealed.ciphertext.size() < kTagBytes)
    return invalid("what is stored of it is damaged");

  std::string secret(sealed.ciphertext.size() - kTagBytes, '\0');
  std::string tag = sealed.ciphertext.substr(secret.size());
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool ready =
      context &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key->bytes), bytes_of(sealed.nonce)) ==
          1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &length, bytes_of(bound_to), static_cast<int>(bound_to.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), bytes_of(secret), &length, bytes_of(sealed.ciphertext),
                        static_cast<int>(secret.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, bytes_of(tag)) == 1;
  if (!ready) return cipher_failed();
  if (EVP_DecryptFinal_ex(context.get(), bytes_of(secret) + secret.size(), &length) != 1)
    return invalid("what is stored of it is damaged");
  return secret;
}

}  // namespace eventbus
