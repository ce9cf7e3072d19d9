#include "base/secret_keys.h"

#include "base/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace eventbus {
namespace {

constexpr std::string_view kArn = "arn:aws:events:us-east-1:000000000000:connection/crm/1";

std::string line_of(char fill) { return base64_encode(std::string(32, fill)); }

SecretKeys keys_of(const std::string& text) {
  Result<SecretKeys> keys = SecretKeys::parse(text);
  EXPECT_TRUE(keys) << keys.error().message;
  return *std::move(keys);
}

TEST(SecretKeys, OpensWhatItSealed) {
  const SecretKeys keys = keys_of(line_of('a'));
  for (const std::string& secret : {std::string(), std::string("swordfish"), std::string(5'000, '\0')}) {
    const Result<SealedSecret> sealed = keys.seal(secret, kArn);
    ASSERT_TRUE(sealed);
    EXPECT_EQ(sealed->ciphertext.size(), secret.size() + 16);
    const Result<std::string> opened = keys.open(*sealed, kArn);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(*opened, secret);
  }
}

TEST(SecretKeys, SealsTheSameSecretDifferentlyEachTime) {
  const SecretKeys keys = keys_of(line_of('a'));
  const SealedSecret one = *keys.seal("swordfish", kArn), two = *keys.seal("swordfish", kArn);
  EXPECT_NE(one.nonce, two.nonce);
  EXPECT_NE(one.ciphertext, two.ciphertext);
  EXPECT_EQ(one.ciphertext.find("swordfish"), std::string::npos);
}

TEST(SecretKeys, RefusesEveryChangedByte) {
  const SecretKeys keys = keys_of(line_of('a'));
  const SealedSecret sealed = *keys.seal("swordfish", kArn);
  for (std::size_t i = 0; i < sealed.ciphertext.size(); ++i) {
    SealedSecret changed = sealed;
    changed.ciphertext[i] = static_cast<char>(changed.ciphertext[i] ^ 1);
    EXPECT_FALSE(keys.open(changed, kArn)) << i;
  }
  for (std::size_t i = 0; i < sealed.nonce.size(); ++i) {
    SealedSecret changed = sealed;
    changed.nonce[i] = static_cast<char>(changed.nonce[i] ^ 1);
    EXPECT_FALSE(keys.open(changed, kArn)) << i;
  }
  SealedSecret shorter = sealed;
  shorter.ciphertext.resize(15);
  EXPECT_FALSE(keys.open(shorter, kArn));
}

TEST(SecretKeys, BindsASecretToItsOwner) {
  const SecretKeys keys = keys_of(line_of('a'));
  const SealedSecret sealed = *keys.seal("swordfish", kArn);
  const Result<std::string> opened = keys.open(sealed, "arn:aws:events:us-east-1:000000000000:connection/other/2");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kInvalid);
}

TEST(SecretKeys, SealsWithTheFirstAndOpensWithAll) {
  const SecretKeys before = keys_of(line_of('a'));
  const SealedSecret old = *before.seal("swordfish", kArn);
  const SecretKeys rotated = keys_of(line_of('b') + "\n" + line_of('a') + "\n");
  EXPECT_EQ(*rotated.open(old, kArn), "swordfish");
  EXPECT_FALSE(rotated.is_current(old));
  const SealedSecret resealed = *rotated.seal("swordfish", kArn);
  EXPECT_TRUE(rotated.is_current(resealed));
  EXPECT_EQ(*keys_of(line_of('b')).open(resealed, kArn), "swordfish");
}

TEST(SecretKeys, NamesTheKeyThatIsMissing) {
  const SealedSecret sealed = *keys_of(line_of('a')).seal("swordfish", kArn);
  const Result<std::string> opened = keys_of(line_of('b')).open(sealed, kArn);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kNotFound);
  EXPECT_NE(opened.error().message.find(sealed.key_id), std::string::npos);
}

TEST(SecretKeys, ReadsCommentsAndBlankLines) {
  const std::string text = "# made on Monday\n\n  " + line_of('a') + " \r\n#" + line_of('b') + "\n";
  EXPECT_EQ(keys_of(text).current_id(), keys_of(line_of('a')).current_id());
}

TEST(SecretKeys, NamesTheBadLineAndNotWhatIsInIt) {
  const Result<SecretKeys> keys = SecretKeys::parse(line_of('a') + "\nbm90IGxvbmcgZW5vdWdo\n");
  ASSERT_FALSE(keys);
  EXPECT_NE(keys.error().message.find("line 2"), std::string::npos);
  EXPECT_EQ(keys.error().message.find("bm90"), std::string::npos);
  EXPECT_FALSE(SecretKeys::parse("# nothing\n"));
}

TEST(SecretKeys, WithoutKeysNothingIsSealedOrOpened) {
  const SealedSecret sealed = *keys_of(line_of('a')).seal("swordfish", kArn);
  const SecretKeys none = SecretKeys::none("the file is gone");
  const Result<SealedSecret> refused = none.seal("swordfish", kArn);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(refused.error().message.find("the file is gone"), std::string::npos);
  EXPECT_FALSE(none.open(sealed, kArn));
  EXPECT_FALSE(none.is_current(sealed));
}

TEST(SecretKeys, GeneratesKeysThatItCanRead) {
  const std::string one = *SecretKeys::generate(), two = *SecretKeys::generate();
  EXPECT_NE(one, two);
  EXPECT_TRUE(SecretKeys::parse(one));
}

}  // namespace
}  // namespace eventbus
