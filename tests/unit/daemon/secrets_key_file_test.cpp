#include "daemon/secrets_key_file.h"

#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <sys/stat.h>

namespace eventbus {
namespace {

constexpr std::string_view kArn = "arn:aws:events:us-east-1:000000000000:connection/crm/1";

class SecretsKeyFile : public ::testing::Test {
 protected:
  SecretsKeyFile() { config_.data_dir = directory_.path(); }

  SecretKeys load() { return load_secret_keys(config_, log_); }
  std::string read(const std::string& path) const {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void write(const std::string& path, const std::string& text) const { std::ofstream(path) << text; }
  std::string default_path() const { return config_.data_dir + "/secrets.key"; }

  testing::TempDir directory_;
  Config config_;
  std::ostringstream logged_;
  spdlog::logger log_{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(logged_)};
};

TEST_F(SecretsKeyFile, IsMadeOnceInTheDataDirectoryForItsOwnerAlone) {
  const SealedSecret sealed = *load().seal("swordfish", kArn);
  struct stat status {};
  ASSERT_EQ(::stat(default_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  EXPECT_NE(logged_.str().find("was made"), std::string::npos);
  const std::string before = read(default_path());
  EXPECT_EQ(*load().open(sealed, kArn), "swordfish");
  EXPECT_EQ(read(default_path()), before);
  EXPECT_EQ(logged_.str().find(before.substr(before.find('\n') + 1, 20)), std::string::npos) << "the key is not logged";
}

TEST_F(SecretsKeyFile, IsNotWrittenWhereNothingIsKept) {
  config_.durability = Durability::kMemory;
  EXPECT_TRUE(load().seal("swordfish", kArn));
  EXPECT_EQ(read(default_path()), "");
}

TEST_F(SecretsKeyFile, OfTheOperatorIsNotMadeUp) {
  config_.secrets_key_file = config_.data_dir + "/mine";
  EXPECT_FALSE(load().seal("swordfish", kArn));
  EXPECT_NE(logged_.str().find("No such file"), std::string::npos);
  EXPECT_EQ(read(config_.secrets_key_file), "");
  write(config_.secrets_key_file, *SecretKeys::generate());
  EXPECT_TRUE(load().seal("swordfish", kArn));
}

TEST_F(SecretsKeyFile, ThatIsDamagedYieldsNoKeysAndStaysAsItIs) {
  write(default_path(), "no key at all\n");
  const SecretKeys keys = load();
  EXPECT_FALSE(keys.seal("swordfish", kArn));
  EXPECT_NE(logged_.str().find("line 1"), std::string::npos);
  EXPECT_EQ(read(default_path()), "no key at all\n");
}

TEST_F(SecretsKeyFile, ThatOthersMayReadIsWarnedOf) {
  write(default_path(), *SecretKeys::generate());
  ::chmod(default_path().c_str(), 0644);
  EXPECT_TRUE(load().seal("swordfish", kArn));
  EXPECT_NE(logged_.str().find("chmod 600"), std::string::npos);
}

}  // namespace
}  // namespace eventbus
