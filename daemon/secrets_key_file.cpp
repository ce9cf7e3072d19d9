#include "daemon/secrets_key_file.h"

#include "base/log_value.h"

#include <spdlog/logger.h>

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace eventbus {

namespace {

std::string why(int error) { return std::system_category().message(error); }

class File {
 public:
  File(const std::string& path, int flags, mode_t mode = 0) : descriptor_(::open(path.c_str(), flags, mode)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// Written and on disk before anything is sealed with it: a key that a power cut takes along would take all secrets too.
Result<void> make_key_file(const std::string& path) {
  TRY(const std::string key, SecretKeys::generate());
  const std::string text =
      "# Keys of eventbusd, one a line: the first seals the secrets of connections, all of them open.\n" + key + "\n";
  {
    const File file(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file.get() < 0) return unavailable(why(errno));
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written != static_cast<ssize_t>(text.size()) || ::fsync(file.get()) != 0) {
      const int error = errno;
      ::unlink(path.c_str());
      return unavailable(why(error));
    }
  }
  const File directory(path.substr(0, path.rfind('/') + 1), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return unavailable(why(errno));
  return {};
}

Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return unavailable(why(errno == 0 ? EIO : errno));
  return text;
}

Result<SecretKeys> read_key_file(const std::string& path) {
  TRY(const std::string text, read_file(path));
  return SecretKeys::parse(text);
}

Result<SecretKeys> ephemeral_keys() {
  TRY(const std::string key, SecretKeys::generate());
  return SecretKeys::parse(key);
}

Result<SecretKeys> keys_of(const Config& config, const std::string& path, spdlog::logger& log) {
  const bool ours = config.secrets_key_file.empty();
  if (ours && config.durability == Durability::kMemory) return ephemeral_keys();
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (ours && !exists && errno == ENOENT) {
    TRY_VOID(make_key_file(path));
    log.info("A key for the secrets of connections was made; whoever has it and the data can read them. file={}",
             log_value(path));
  } else if (exists && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    log.warn("Others than its owner may use the file of keys: chmod 600 would end that. file={}", log_value(path));
  }
  return read_key_file(path);
}

}  // namespace

SecretKeys load_secret_keys(const Config& config, spdlog::logger& log) {
  const std::string path = config.secrets_key_file.empty() ? config.data_dir + "/secrets.key" : config.secrets_key_file;
  Result<SecretKeys> keys = keys_of(config, path, log);
  if (keys) return *std::move(keys);
  log.error(
      "The file of keys cannot be used: connections stay DEAUTHORIZED and none can be made until it can. file={} "
      "reason={}",
      log_value(path), log_value(keys.error().message));
  return SecretKeys::none("the key file " + path + " cannot be used: " + keys.error().message);
}

}  // namespace eventbus
