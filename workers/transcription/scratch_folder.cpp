#include "workers/transcription/scratch_folder.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eventbus::transcription {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "transcription-worker-";

// The lock of a folder, held; -1 when another process holds it.
int take_lock(const std::string& folder) {
  const int lock = open((folder + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
  if (lock >= 0) close(lock);
  return -1;
}

bool is_own_folder(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid();
}

void remove_abandoned(const std::string& parent) {
  std::error_code failure;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, failure)) {
    const std::string path = entry.path().string();
    // One without a lock file is being made at this moment.
    if (!entry.path().filename().string().starts_with(kPrefix) || !is_own_folder(path) ||
        !fs::exists(path + "/lock", failure))
      continue;
    const int lock = take_lock(path);
    if (lock < 0) continue;
    fs::remove_all(path, failure);
    close(lock);
  }
}

}  // namespace

Result<std::unique_ptr<ScratchFolder>> ScratchFolder::make(const std::string& parent, Rng& rng) {
  std::error_code failure;
  fs::create_directories(parent, failure);
  remove_abandoned(parent);
  std::string path = parent + "/" + std::string(kPrefix) + rng.uuid();
  if (mkdir(path.c_str(), 0700) != 0) return unavailable("work_dir: " + path + ": " + std::strerror(errno));
  const int lock = take_lock(path);
  if (lock < 0) return unavailable("work_dir: " + path + " cannot be locked");
  return std::unique_ptr<ScratchFolder>(new ScratchFolder(std::move(path), lock));
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  close(lock_);
}

ScratchFolder::Job::~Job() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<ScratchFolder::Job> ScratchFolder::make_job() {
  std::string path = path_ + "/job-" + std::to_string(++jobs_);
  if (mkdir(path.c_str(), 0700) != 0) return unavailable(path + ": " + std::strerror(errno));
  return Job(std::move(path));
}

}  // namespace eventbus::transcription
