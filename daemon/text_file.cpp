#include "daemon/text_file.h"

#include <cerrno>
#include <fstream>
#include <ios>
#include <iterator>
#include <sys/stat.h>
#include <system_error>

namespace eventbus {

Result<std::string> read_text_file(std::string_view what, const std::string& path) {
  const auto unreadable = [&](const std::string& why) {
    return invalid("cannot read " + std::string(what) + " " + path + ": " + why);
  };
  std::ifstream stream(path, std::ios::binary);
  if (!stream.is_open()) return unreadable(std::system_category().message(errno));
  std::string text;
  try {
    text.assign(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  } catch (const std::ios_base::failure& problem) {  // a directory can be opened, but not read
    return unreadable(problem.code().message());
  }
  return text;
}

FileStamp FileStamp::of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return {status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec, static_cast<std::uint64_t>(status.st_size),
          status.st_ino, status.st_dev};
}

}  // namespace eventbus
